import Files
import Foundation
public import ImageData

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
/// a gain with them.
/// - Throws: `PipelineError.data` when the pictures cannot be used, `FileError` naming `path`.
public func writeFittedRecipe(
  name: String, labelled: String, unlabelled: String, test: String?,
  commands: CommandPermission? = nil, to path: String
) throws -> [String] {
  let labelledSet = try openDataset(labelled)
  var data = Recipe.Data(labelled: labelled, unlabelled: unlabelled)
  data.commands = commands
  let unlabelledSet = try openUnlabelled(data, nil)
  var fitted = try InitRecipe(
    name: name, labelled: DatasetFacts(path: labelled, of: labelledSet),
    unlabelled: DatasetFacts(path: unlabelled, of: unlabelledSet))
  if let test {
    let testSet = try openDataset(test)
    try requireSameClasses(
      testSet.classes, "the classes of \(test)", labelledSet.classes, "the labelled set's")
    fitted.measure(onTest: test)
  }
  try DurableFile.write(fitted.yaml, to: path)
  return fitted.warnings
}
