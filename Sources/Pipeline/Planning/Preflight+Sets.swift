import ImageData

extension Preflight {
  /// Notes what is odd about the classes of D: that they are the parts of a set, or look alike, or that
  /// its list has several splits.
  mutating func warnOfClasses(of source: any ImageDataset, at path: String) {
    if let list = source as? ManifestDataset, list.splits.count > 1 {
      warn(
        "\(path) has lines of the splits \(list.splits.joined(separator: ", ")), and all of them are "
          + "trained on; name one in data.labelledSplit, and the others with data.validation and "
          + "data.validationSplit, data.test and data.testSplit",
        key: "data.labelledSplit")
    }
    if let splits = SplitFolders(of: source, at: path) {
      warn(splits.warning, key: "data.labelled")
    }
    warnOfLookalikes(in: source)
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
    let repeated = RepeatedPictures(
      in: dataset, found.contents.map(\.contentHash), called: "\(set) picture", at: "data.\(set)")
    for line in repeated.lines { warn(line, key: "data.\(set)") }
  }
}
