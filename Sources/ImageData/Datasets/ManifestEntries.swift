import Files

/// What a list of pictures says line by line, whatever the list's format.
struct ManifestEntries {
  /// The paths of the lines that are kept.
  private(set) var paths = PathTable()
  /// Their hashtags; without lines when the list has none.
  private(set) var tags = TagTable()
  private let split: String?
  private var names: [String] = []
  private var numbers: [String: Int32] = [:]
  private var labels: [Int32] = []

  /// Keeps the lines of `split`, or all.
  init(split: String?) { self.split = split }

  /// Whether the list has to say which split its lines are of.
  var needsSplits: Bool { split != nil }

  /// Takes one line in: its path, label, split and tags, each nil where the list has no such column.
  ///
  /// A label counts as a class whether or not the line is kept.
  /// - Returns: What is wrong with the line, if anything.
  mutating func append(
    path: String, label: String?, split: String?, tags: [Substring]?
  ) -> String? {
    guard !path.isEmpty, !path.utf8.contains(0) else { return "the path is empty" }
    var number: Int32 = -1
    if let label, !label.isEmpty { number = self.number(of: label) }
    if let wanted = self.split, wanted != split { return nil }
    paths.append([], PathText.bytes(of: path))
    labels.append(number)
    if let tags { self.tags.append(tags) }
    return nil
  }

  private mutating func number(of label: String) -> Int32 {
    if let number = numbers[label] { return number }
    let number = Int32(names.count)
    names.append(label)
    numbers[label] = number
    return number
  }

  /// The labels in bytewise order, and the number of each line's among them or -1.
  func numberedLabels() -> (classes: [String], labels: [Int32]) {
    let order = names.indices.sorted { names[$0].utf8.lexicographicallyPrecedes(names[$1].utf8) }
    var places = [Int32](repeating: 0, count: names.count)
    for (place, number) in order.enumerated() { places[number] = Int32(place) }
    return (order.map { names[$0] }, labels.map { $0 < 0 ? -1 : places[Int($0)] })
  }
}
