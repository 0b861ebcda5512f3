import Copies
import Files
import ImageData
import Shards
import Training

extension Preflight {
  /// Notes what is odd about the classes of D: that they are the parts of a set, or look alike, or that
  /// its list has several splits.
  mutating func warnOfClasses(of source: any ImageDataset, at path: String) {
    if source.splits.count > 1 {
      warn(
        "\(path) has lines of the splits \(source.splits.joined(separator: ", ")), and all of them are "
          + "trained on; name one in data.labelledSplit, and the others with data.validation and "
          + "data.validationSplit, data.test and data.testSplit",
        key: "data.labelledSplit")
    }
    if let splits = SplitFolders(of: source, at: path) {
      warn(splits.warning, key: "data.labelled")
    }
    warnOfLookalikes(in: source)
    warnOfNumbers(in: source, at: path)
  }

  /// Notes which classes of D have names that look alike.
  mutating func warnOfLookalikes(in source: any ImageDataset) {
    guard let line = source.lookalikesLine else { return }
    warn("data.labelled: \(line)", key: "data.labelled")
  }

  /// Notes which classes a set that is measured on has no picture of.
  mutating func warnOfAbsentClasses(_ examples: Examples?, _ set: String) {
    guard let examples else { return }
    let counts = zip(examples.dataset.classes, examples.countPerClass)
    let absent = counts.filter { $1 == 0 }.map(\.0)
    if !absent.isEmpty { warn(RunData.absentLine(set, absent), key: "data.\(set)") }
  }

  /// Notes which pictures of a set are there more than once, and which of them with two labels.
  mutating func warnOfCopies(
    _ set: String, _ dataset: any ImageDataset, _ found: NotedContents.Noted
  ) {
    let repeated = RepeatedImages(
      in: dataset, found.contents.map(\.contentHash), called: "\(set) picture", at: "data.\(set)")
    for line in repeated.lines { warn(line, key: "data.\(set)") }
  }

  /// Notes which numbers between the labels of IDX files or shards are no class, since no picture has
  /// them, and where shards' numbers would get names.
  mutating func warnOfNumbers(in source: any ImageDataset, at path: String) {
    guard let file = source.placeForClassNames else { return }
    let numbers = source.classes.compactMap { Int($0) }.sorted()
    if let least = numbers.first, let most = numbers.last {
      let absent = Set(least...most).subtracting(numbers).sorted().map(String.init)
      if !absent.isEmpty {
        warn(
          "no picture of \(path) has the label \(Format.few(absent)), so that there is no such class; "
            + "the classes are \(Format.few(source.classes))",
          key: "data.labelled")
      }
    }
    guard !source.areClassesDigits else { return }
    warn(
      "the classes of \(path) are numbers (\(Format.few(source.classes))); \(file), one name a line "
        + "from 0 on, would say what they are called",
      key: "data.labelled")
  }

  /// Notes which shards of U, or of W, are cut short: what stands before the cut is used.
  mutating func warnOfCutShards(
    of pictures: any ShardedDataset, called set: String = "unlabelled",
    key: String = "data.unlabelled"
  ) {
    guard let cut = pictures.cutShards, let line = cut.line else { return }
    warn(
      "\(set): \(line); \(set == "tagged" ? "W" : "U") goes without the rest until \(cut.count == 1 ? "it is" : "they are") "
        + "fetched again",
      key: key)
  }
}
