import Files
import Foundation

/// Pictures whose hashtags stand in a list of their own: a CSV or Parquet file with the columns `key` and
/// `tags`, the latter parted by spaces or commas or, in Parquet, a list.
///
/// What a picture is called is the set's own matter, so that pictures without a file each (IDX) and
/// samples of shards have tags, too. Tags that the set itself has are not asked for.
/// - Complexity: 4 bytes a picture and what the tags take; where the lines are not in the pictures' order,
///   a table of all keys while they are read.
public struct KeyedTags: ImageDataset {
  /// The data set that the pictures are from.
  public let base: any ImageDataset
  /// How many lines are of keys that no picture has.
  public let strayCount: Int
  private let tagTable: TagTable
  /// The line of each picture from 1 on; 0 for one that has none.
  private let lines: [UInt32]

  /// Gives the pictures of `base` the tags of the list at `path`.
  /// - Throws: `ImageDataError.line` or `.dataset` naming the list and what is wrong with it.
  public init(_ base: any ImageDataset, tagsFrom path: String) throws {
    var reading = KeyedTagsReading(base, path: path)
    do {
      if ManifestDataset.isParquet(path) {
        try reading.readParquet()
      } else {
        try reading.readCSV()
      }
    } catch let error as CSVError {
      throw ImageDataError.line(path: path, line: error.line, reason: error.reason)
    } catch let error as FileError {
      throw ImageDataError.dataset(path: path, reason: error.reason)
    } catch let error as ParquetError {
      throw ImageDataError.dataset(path: path, reason: error.description)
    }
    guard reading.isAnyKnown else {
      let example = base.count > 0 ? "; its first key is \(base.key(at: 0))" : ""
      throw ImageDataError.dataset(
        path: path,
        reason: "none of its \(counted(reading.strayCount, "key")) is one of \(base.name)\(example)"
      )
    }
    self.base = base
    strayCount = reading.strayCount
    tagTable = reading.tags.sealed()
    lines = reading.lines
  }

  /// The hashtags of the sample, without their `#`.
  public func tags(at index: Int) -> [String] {
    lines[index] == 0 ? [] : tagTable[Int(lines[index]) - 1]
  }

  /// What messages call it.
  public var name: String { base.name }

  /// The class names in the order of their labels.
  public var classes: [String] { base.classes }

  /// How many samples there are.
  public var count: Int { base.count }

  /// What lies among the pictures and is none.
  public var passedOver: PassedOver { base.passedOver }

  /// The sample's key.
  public func key(at index: Int) -> String { base.key(at: index) }

  /// The sample's class, or nil when it has no label.
  public func label(at index: Int) -> Int? { base.label(at: index) }

  /// The state of the sample's file.
  public func fileState(at index: Int) -> UInt64 { base.fileState(at: index) }

  /// Why the pictures cannot be read any more.
  public var absence: String? { base.absence }

  /// Whether any sample can be read at any time.
  public var isRandomAccess: Bool { base.isRandomAccess }

  /// The sample's picture.
  /// - Throws: `ImageDataError.unreadable` when this picture alone is at fault.
  public func read(at index: Int) throws -> EncodedImage { try base.read(at: index) }
}

/// The lines of a list of tags as they are given to the pictures of a set.
private struct KeyedTagsReading {
  private(set) var tags = TagTable()
  private(set) var lines: [UInt32]
  private(set) var strayCount = 0
  private(set) var isAnyKnown = false
  private let base: any ImageDataset
  private let path: String
  private var lineCount = 0
  /// The picture whose line is expected next: most lists are in the pictures' order.
  private var next = 0
  /// The picture of each key, once a line was not the expected one.
  private var places: [[UInt8]: Int]?

  init(_ base: any ImageDataset, path: String) {
    self.base = base
    self.path = path
    lines = Array(repeating: 0, count: base.count)
  }

  private static func column(_ wanted: [String], _ names: [String], _ path: String) throws -> Int {
    let plain = names.map { $0.trimmingCharacters(in: .whitespaces).lowercased() }
    guard let place = wanted.lazy.compactMap({ plain.firstIndex(of: $0) }).first else {
      throw ImageDataError.dataset(
        path: path,
        reason: "no column is named \(wanted.joined(separator: " or ")); columns found: "
          + names.prefix(20).joined(separator: ", "))
    }
    return place
  }

  mutating func readCSV() throws {
    let reader = try CSVReader(path: path)
    guard try reader.next() else {
      throw ImageDataError.dataset(path: path, reason: "the file is empty; give key,tags lines")
    }
    let names = reader.texts
    let key = try Self.column(["key"], names, path)
    let words = try Self.column(["tags", "hashtags"], names, path)
    while try reader.next() {
      guard reader.count == names.count else {
        throw ImageDataError.line(
          path: path, line: reader.line,
          reason: "\(counted(reader.count, "field")) under a header of \(names.count)")
      }
      let wrong = take(Self.text(reader[key]), .text(reader[words]))
      if let wrong { throw ImageDataError.line(path: path, line: reader.line, reason: wrong) }
    }
  }

  mutating func readParquet() throws {
    let file = try ParquetReader(path: path)
    let names = file.columns.map(\.name)
    let key = try Self.column(["key"], names, path)
    let words = try Self.column(["tags", "hashtags"], names, path)
    var row = 0
    try file.forEachBatch(of: [names[key], names[words]]) { batch in
      for index in 0..<batch.count {
        row += 1
        let none = UnsafeRawBufferPointer(start: nil, count: 0)
        let entry =
          batch.strings(1, at: index).map { TagTable.Words.list($0.map { $0[...] }) }
          ?? .text(batch.bytes(1, at: index) ?? none)
        let name = Self.text(batch.bytes(0, at: index) ?? none)
        guard let wrong = take(name, entry) else { continue }
        throw ImageDataError.dataset(path: path, reason: "row \(row): \(wrong)")
      }
    }
  }

  /// A key as data sets have it.
  private static func text(_ bytes: UnsafeRawBufferPointer) -> String {
    String(validating: bytes, as: UTF8.self) ?? PathText.text(of: Array(bytes))
  }

  /// Gives the picture called `key` its tags.
  /// - Returns: What is wrong with the line, if anything is.
  private mutating func take(_ key: String, _ words: TagTable.Words) -> String? {
    guard lineCount < UInt32.max - 1 else { return "more than \(UInt32.max) lines" }
    guard let index = index(of: key) else {
      strayCount += 1
      return nil
    }
    guard lines[index] == 0 else { return "\(key) has a line above already" }
    switch words {
    case .list(let list): tags.append(list)
    case .text(let text):
      guard tags.append(text) else { return "its tags are not UTF-8; save the list as UTF-8" }
    }
    lineCount += 1
    lines[index] = UInt32(lineCount)
    isAnyKnown = true
    return nil
  }

  private mutating func index(of key: String) -> Int? {
    if next < base.count, base.key(at: next).utf8.elementsEqual(key.utf8) {
      next += 1
      return next - 1
    }
    if places == nil {
      places = Dictionary(
        (0..<base.count).map { (Array(base.key(at: $0).utf8), $0) },
        uniquingKeysWith: { first, _ in first })
    }
    guard let found = places?[Array(key.utf8)] else { return nil }
    next = found + 1
    return found
  }
}
