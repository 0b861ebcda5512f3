import Files
import Foundation
import ImageData

extension DatasetFacts {
  /// Looks at the pictures of `dataset`, which a recipe will name `path`: the median size of a
  /// hundred of them, spread evenly where that does not mean to read everything.
  init(path: String, of dataset: any ImageDataset) throws {
    let isSpread = (dataset as? any ShardedDataset)?.isRandomAccess ?? true
    let looked = min(dataset.count, 100)
    let stride = isSpread ? max(1, dataset.count / 100) : 1
    let shapes = (0..<looked).map { $0 * stride }.compactMap { index in
      (try? dataset.read(at: index)).flatMap(Self.shape)
    }
    guard !shapes.isEmpty else {
      throw PipelineError.data("\(path): none of its \(dataset.count) pictures can be read")
    }
    func median(_ values: [Int]) -> Int { values.sorted()[values.count / 2] }
    self.init(
      path: path, count: dataset.count, classes: dataset.classes.count,
      channels: shapes.allSatisfy { $0.channels == 1 } ? 1 : 3,
      width: median(shapes.map(\.width)), height: median(shapes.map(\.height)))
  }

  private static func shape(_ image: EncodedImage) -> (channels: Int, width: Int, height: Int)? {
    switch image {
    case .pixels(_, let width, let height, let channels):
      return (channels, width, height)
    case .file(let data):
      // A palette's one component stands for colours.
      guard let header = try? ImageHeader(of: data) else { return nil }
      let isGray = header.format == .jpeg && header.components == 1
      return (isGray ? 1 : 3, header.width, header.height)
    }
  }
}

/// Writes a recipe fitted to the labelled and the unlabelled pictures, and says what speaks against
/// a gain with them. The recipe names the pictures from its own folder. Shards are counted by indexes in a
/// temporary folder: a run makes its own.
/// - Throws: `PipelineError.data` when the pictures cannot be used, `FileError` naming `path`.
public func writeFittedRecipe(
  name: String, labelled: String, unlabelled: String, test: String?, to path: String,
  console: Console = Console(quiet: true)
) throws -> [String] {
  let cores = ProcessInfo.processInfo.activeProcessorCount
  let fitted = try Indexing.temporarily(workers: cores, console) { indexing in
    let labelledSet = try openLabelled(labelled, as: "labelled", indexing)
    let unlabelledSet = try openUnlabelled(
      Recipe.Data(labelled: labelled, unlabelled: unlabelled), indexing)
    var fitted = try InitRecipe(
      name: name,
      labelled: DatasetFacts(path: RecipePath.written(labelled, in: path), of: labelledSet),
      unlabelled: DatasetFacts(path: RecipePath.written(unlabelled, in: path), of: unlabelledSet))
    if let test {
      let testSet = try openLabelled(test, as: "test", indexing)
      try requireSameClasses(
        testSet.classes, "the classes of \(test)", labelledSet.classes, "the labelled set's")
      fitted.measure(onTest: try RecipePath.written(test, in: path))
    }
    return fitted
  }
  try DurableFile.write(fitted.yaml, to: path)
  return fitted.warnings
}
