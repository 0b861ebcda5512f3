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
      throw PipelineError.data(
        "\(path): none of the \(looked) pictures looked at can be read, of \(dataset.count)")
    }
    func median(_ values: [Int]) -> Int { values.sorted()[values.count / 2] }
    self.init(
      path: path, count: dataset.count, classes: dataset.classes.count,
      channels: shapes.allSatisfy { $0.channels == 1 } ? 1 : 3,
      width: median(shapes.map(\.width)), height: median(shapes.map(\.height)))
    (self.looked, unreadable) = (looked, looked - shapes.count)
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
  name: String, labelled: String, unlabelled: String, test: String?, to path: String
) throws -> [String] {
  let labelledSet = try openDataset(labelled)
  let unlabelledSet = try openUnlabelled(
    Recipe.Data(labelled: labelled, unlabelled: unlabelled), nil)
  var unreadable = try lookOver("labelled", labelledSet, isLearned: true)
  var fitted = try InitRecipe(
    name: name, labelled: DatasetFacts(path: labelled, of: labelledSet),
    unlabelled: DatasetFacts(path: unlabelled, of: unlabelledSet))
  if let test {
    let testSet = try openDataset(test, allowsEmptyClasses: true)
    let inOrder = try inClassOrder(
      testSet, "the classes of \(test)", labelledSet.classes, "the labelled set's")
    unreadable += try lookOver("test", inOrder, isLearned: false)
    let absent = zip(inOrder.classes, inOrder.samplesPerClass).filter { $1 == 0 }.map(\.0)
    if !absent.isEmpty { unreadable.append(RunData.absentLine("test", absent)) }
    fitted.measure(onTest: test)
  }
  try DurableFile.write(fitted.yaml, to: path)
  return fitted.warnings + unreadable
}

/// What is to be said of pictures that cannot be read, of some spread over a set where it is large.
/// - Throws: `PipelineError.data` where none can be, or none of a class that is to be learned.
private func lookOver(_ set: String, _ dataset: any ImageDataset, isLearned: Bool) throws
  -> [String]
{
  let noting = NotedContents(
    dataset: dataset, alike: false, trusting: false, maxPixels: ImageDecoder.defaultMaxPixels,
    workers: ProcessInfo.processInfo.activeProcessorCount)
  let (looked, noted, lost) = try noting.sampled()
  let found = UnreadablePictures(set: set, of: [(looked, noted)])
  if let problem = found.problem(.none, list: nil, lost: isLearned ? lost : []) {
    throw PipelineError.data(problem)
  }
  let most = looked.count < dataset.count ? " (of those that were looked at)" : ""
  let problem = found.problem(BadSamples.Limit(), list: nil).map { $0 + most }
  return [problem ?? (found.count > 0 ? "\(set): \(found.line)\(most)" : nil)].compactMap { $0 }
}
