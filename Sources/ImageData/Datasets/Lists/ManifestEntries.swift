import Files
import Foundation

/// What a list of pictures says line by line, whatever the list's format.
struct ManifestEntries {
  /// The paths of the lines that are kept.
  private(set) var paths = PathTable()
  /// Their hashtags; without lines when the list has none.
  private(set) var tags = TagTable()
  /// The first splits that its lines are of.
  private(set) var splits: [[UInt8]] = []
  /// What its columns are called; nil where it has no header.
  var header: [String]?
  /// What the column of its labels is called, if there is one; empty without a header.
  var labelColumn: String?
  /// The folder that paths are relative to.
  let root: String
  private let split: String?
  private var names: [String] = []
  private var numbers: [[UInt8]: Int32] = [:]
  /// The number of each line's label; empty as long as no line has one.
  private var labels: [Int32] = []
  private var recent = RecentLabels()
  private var backslashes: Backslashes

  /// Keeps the lines of `split`, or all, of a list in the folder `root`.
  init(root: String, split: String?) {
    self.root = root
    self.split = split
    backslashes = Backslashes(root: root)
  }

  /// Whether the list has to say which split its lines are of.
  var needsSplits: Bool { split != nil }

  /// Takes one line in: its path, label, split and tags, each nil where the list has no such column.
  ///
  /// A label counts as a class whether or not the line is kept.
  /// - Returns: What is wrong with the line, if anything.
  mutating func append(
    path: UnsafeRawBufferPointer, label: UnsafeRawBufferPointer?, split: UnsafeRawBufferPointer?,
    tags: TagTable.Words?
  ) -> String? {
    guard !path.isEmpty else { return "the path is empty" }
    guard !path.contains(0) else { return "the path holds a zero byte" }
    var number: Int32 = -1
    if let label, !label.isEmpty {
      guard let known = self.number(of: label) else {
        return label.contains(where: { $0 == 10 || $0 == 13 })
          ? "the label goes over several lines; close its quote" : Self.notUTF8("the label", label)
      }
      number = known
    }
    if let split, !split.isEmpty, splits.count < 5,
      !splits.contains(where: { split.elementsEqual($0) })
    {
      splits.append(Array(split))
    }
    if let wanted = self.split, let split, !split.elementsEqual(wanted.utf8) { return nil }
    if let tags {
      switch tags {
      case .list(let list): self.tags.append(list)
      case .text(let text):
        guard self.tags.append(text) else { return Self.notUTF8("the tags", text) }
      }
    }
    if number >= 0, labels.isEmpty {
      labels = [Int32](repeating: -1, count: paths.count)
    }
    if !labels.isEmpty || number >= 0 { labels.append(number) }
    if let file = FileURL.path(of: path) {
      file.withUnsafeBytes { paths.append($0) }
    } else if path.contains(Backslashes.backslash) {
      let path = backslashes.resolved([UInt8](path))
      path.withUnsafeBytes { paths.append($0) }
    } else {
      paths.append(path)
    }
    return nil
  }

  /// The number of a label's class, -1 where it says nothing; nil where it is no name.
  private mutating func number(of label: UnsafeRawBufferPointer) -> Int32? {
    if let number = recent.number(of: label) { return number }
    let bytes = Array(label)
    let number: Int32
    if let known = numbers[bytes] {
      number = known
    } else {
      guard !bytes.contains(where: { $0 == 10 || $0 == 13 }),
        let text = String(validating: bytes, as: UTF8.self)
      else { return nil }
      let name = ClassName.trimmed(text)
      if name.isEmpty {
        number = -1
      } else if let known = numbers[Array(name.utf8)] {
        number = known
      } else {
        number = Int32(names.count)
        names.append(name)
        numbers[Array(name.utf8)] = number
      }
      numbers[bytes] = number
    }
    recent.note(bytes, number)
    return number
  }

  private static func notUTF8(_ what: String, _ bytes: UnsafeRawBufferPointer) -> String {
    "\(what) \(PathText.text(of: Array(bytes.prefix(60)))) is not UTF-8; save the list as UTF-8"
  }

  /// The labels in bytewise order, and the number of each line's among them or -1; no numbers where no
  /// line has a label.
  consuming func numberedLabels() -> (classes: [String], labels: [Int32]) {
    let order = names.indices.sorted { names[$0].utf8.lexicographicallyPrecedes(names[$1].utf8) }
    var places = [Int32](repeating: 0, count: names.count)
    for (place, number) in order.enumerated() { places[number] = Int32(place) }
    for line in labels.indices where labels[line] >= 0 { labels[line] = places[Int(labels[line])] }
    return (order.map { names[$0] }, labels)
  }
}

/// Paths that are written as `file:///pictures/a%20b.png`.
private enum FileURL {
  private static let scheme = Array("file://".utf8)

  /// The path that `text` means; nil where it is written otherwise.
  static func path(of text: UnsafeRawBufferPointer) -> [UInt8]? {
    guard text.count > scheme.count,
      zip(text, scheme).allSatisfy({ NameEndings.lowered($0) == $1 }),
      let slash = text[scheme.count...].firstIndex(of: UInt8(ascii: "/"))
    else { return nil }
    let server = String(decoding: text[scheme.count..<slash], as: UTF8.self)
    guard ["", "localhost"].contains(server.lowercased()) else { return nil }
    var path: [UInt8] = []
    var place = slash
    while place < text.count {
      let digits = text[place...].dropFirst().prefix(2)
      if text[place] == UInt8(ascii: "%"), digits.count == 2,
        let byte = UInt8(String(decoding: digits, as: UTF8.self), radix: 16), byte != 0
      {
        path.append(byte)
        place += 3
      } else {
        path.append(text[place])
        place += 1
      }
    }
    return path
  }
}

/// Whether the backslashes of a list's paths part folders, as in a list that was written on Windows.
///
/// That is so as soon as a path with them leads nowhere, but leads to a file with slashes for them.
private struct Backslashes {
  static let backslash = UInt8(ascii: "\\")
  let root: String
  /// Nil until a path has told.
  private var areSlashes: Bool?
  private var tries = 0
  private static let mostTries = 1000

  init(root: String) { self.root = root }

  mutating func resolved(_ path: [UInt8]) -> [UInt8] {
    if areSlashes == false { return path }
    let slashed = path.map { $0 == Self.backslash ? UInt8(ascii: "/") : $0 }
    if areSlashes == true { return slashed }
    if ManifestDataset.isFile(path, in: root) {
      areSlashes = false
      return path
    }
    if ManifestDataset.isFile(slashed, in: root) {
      areSlashes = true
      return slashed
    }
    tries += 1
    if tries == Self.mostTries { areSlashes = false }
    return path
  }
}
