import Files
import Foundation
import ImageData
import SystemPackage

/// What the shards of an index are, mapped into memory: the file `catalogue.bin` of its folder.
///
/// All numbers are little-endian.
///
/// | offset | bytes | what |
/// |---|---|---|
/// | 0 | 8 | `HALCCATA` |
/// | 8 | 4 | version, 1 |
/// | 12 | 4 | flags: 1 labels are numbers |
/// | 16 | 8 | shards, s |
/// | 24 | 8 | samples in all |
/// | 32 | 8 | problems in all |
/// | 40 | 8 | bytes of all pictures |
/// | 48 | 8 | class names |
/// | 56 | 8 | bytes of the texts |
/// | 64 | 32 | SHA-256 of what the index says: its identity |
/// | 96 | 8 | XXH64 of everything after the header |
/// | 104 | 16 | 0 |
/// | 120 | 8 | XXH64 of the 120 bytes above |
/// | 128 | 96 s | a row for each shard |
/// | 128 + 96 s | | the texts |
///
/// A row is twelve 8-byte numbers: first sample, samples, problems, bytes of pictures, bytes of the
/// source, its time of change, the `contents` of the shard's index, the `origin` of it, kind of source
/// (`ShardLocation.Kind`, plus 256 when it is read in order only, 512 when it is cut short and 1024 when
/// it has members that are neither pictures nor read beside them), and where in the texts its name, its
/// prefix and its location end. A shard's texts follow one another in this order; a location is a text,
/// and for a command of a list a zero byte and the name. After the shards' texts come the name of the
/// collection and the class names, each ended by a zero byte.
final class Catalogue: Sendable {
  /// What is known about a shard.
  struct Row: Equatable, Sendable {
    var samples = 0
    var problems = 0
    var imageBytes = 0
    var source = SourceState()
    var contents: UInt64 = 0
    var origin: UInt64 = 0
    var isReadInOrder = false
    /// Whether its bytes end before its archive does.
    var isCutShort = false
    /// Whether it has members that are neither pictures nor read beside them.
    var hasOthers = false
    var name = ""
    var prefix = ""
    var location = ShardLocation(kind: .file, text: "")
  }

  static let fileName = "catalogue.bin"
  static let checked = CheckedHeader(
    of: "catalogue", letters: "HALCCATA", byteCount: headerBytes)
  static let headerBytes = 128
  static let rowBytes = 96

  /// Whether `folder` holds an index.
  static func isIndex(folder: String) -> Bool {
    FilePath(text: folder).joined(fileName).exists
  }

  let path: String
  let shardCount: Int
  let sampleCount: Int
  let problemCount: Int
  let imageBytes: Int
  /// The SHA-256 of what the index says, in hexadecimal digits.
  let identity: String
  /// What the collection is called.
  let name: String
  /// The class names in the order of their labels.
  let classes: [String]
  /// Whether samples' labels are numbers, which count in `classes`, rather than names out of it.
  let labelsAreNumbers: Bool
  private let file: MappedFile
  private let texts: Int

  /// Opens the catalogue in `folder`.
  /// - Throws: `ImageDataError.dataset` when there is none or it is damaged.
  init(folder: String) throws {
    let path = FilePath(text: folder).joined(Self.fileName).text
    self.path = path
    guard FilePath(text: path).exists else {
      throw ImageDataError.dataset(
        path: folder, reason: "no index in it; make one with halcyon index")
    }
    let file = try MappedFile(path: path)
    let bytes = file.bytes
    func damaged(_ reason: String) -> ImageDataError {
      .dataset(path: path, reason: "\(reason); run halcyon index again")
    }
    func number(_ offset: Int) -> Int { bytes.integer(at: offset, as: Int.self) }
    if let reason = Self.checked.refusal(of: bytes) { throw damaged(reason) }
    let rest = UnsafeRawBufferPointer(rebasing: bytes[Self.headerBytes...])
    let shards = number(16)
    guard shards >= 0, shards <= rest.count / Self.rowBytes,
      number(56) == rest.count - shards * Self.rowBytes
    else { throw damaged("it is cut short or too long") }
    guard XXHash64.hash(rest) == bytes.integer(at: 96, as: UInt64.self) else {
      throw damaged("it is damaged")
    }
    labelsAreNumbers = bytes.integer(at: 12, as: UInt32.self) & 1 != 0
    shardCount = shards
    sampleCount = number(24)
    problemCount = number(32)
    imageBytes = number(40)
    identity = bytes[64..<96].map { byte in
      (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }.joined()
    texts = Self.headerBytes + shards * Self.rowBytes
    guard let last = Self.lastEnd(in: bytes, shards: shards) else {
      throw damaged("its rows contradict each other")
    }
    let words = bytes[(texts + last)...].split(
      separator: 0, omittingEmptySubsequences: false
    ).map { String(decoding: $0, as: UTF8.self) }
    guard words.count >= 2, words.count - 2 == number(48) else {
      throw damaged("its class names are damaged")
    }
    name = words[0]
    classes = Array(words[1..<words.count - 1])
    self.file = file
  }

  /// Where the shards' texts end; nil where the rows do not count up to the totals or their texts have
  /// no place, which no checksum shows when somebody wrote them so.
  private static func lastEnd(in bytes: UnsafeRawBufferPointer, shards: Int) -> Int? {
    var first = 0
    var end = 0
    let room = bytes.count - headerBytes - shards * rowBytes
    for shard in 0..<shards {
      func number(_ column: Int) -> Int {
        bytes.integer(at: headerBytes + shard * rowBytes + 8 * column, as: Int.self)
      }
      let samples = number(1)
      guard number(0) == first, 0...Int(Int32.max) ~= samples else { return nil }
      first += samples
      for column in 9...11 {
        guard number(column) >= end, number(column) <= room else { return nil }
        end = number(column)
      }
    }
    return first == bytes.integer(at: 24, as: Int.self) ? end : nil
  }

  /// The samples of a shard, as indices into the collection.
  func range(ofShard shard: Int) -> Range<Int> {
    let first = number(shard, 0)
    return first..<first + number(shard, 1)
  }

  /// All that is known about a shard.
  func row(_ shard: Int) -> Row {
    var row = Row()
    row.samples = number(shard, 1)
    row.problems = number(shard, 2)
    row.imageBytes = number(shard, 3)
    row.source.size = number(shard, 4)
    row.source.changed = number(shard, 5)
    row.contents = UInt64(bitPattern: Int64(number(shard, 6)))
    row.origin = UInt64(bitPattern: Int64(number(shard, 7)))
    let kind = number(shard, 8)
    row.isReadInOrder = kind & 256 != 0
    row.isCutShort = kind & 512 != 0
    row.hasOthers = kind & 1024 != 0
    row.name = name(ofShard: shard)
    row.prefix = text(from: number(shard, 9), to: number(shard, 10))
    let parts = text(from: number(shard, 10), to: number(shard, 11))
      .split(separator: "\0", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    row.location = ShardLocation(
      kind: ShardLocation.Kind(rawValue: UInt32(truncatingIfNeeded: kind & 255)) ?? .file,
      text: parts.first ?? "", variable: parts.count > 1 ? parts[1] : nil)
    return row
  }

  /// The shell commands that give shards.
  var commands: some Sequence<ShardLocation> {
    (0..<shardCount).lazy.filter {
      self.number($0, 8) & 255 == Int(ShardLocation.Kind.pipe.rawValue)
    }
    .map { self.row($0).location }
  }

  /// A shard's name.
  func name(ofShard shard: Int) -> String {
    text(from: shard == 0 ? 0 : number(shard - 1, 11), to: number(shard, 9))
  }

  /// Whether all shards can be read in any order.
  var isRandomAccess: Bool {
    (0..<shardCount).allSatisfy { number($0, 8) & 256 == 0 }
  }

  /// The shards that are cut short.
  var cutShards: some Sequence<Int> {
    (0..<shardCount).lazy.filter { self.number($0, 8) & 512 != 0 }
  }

  private func number(_ shard: Int, _ column: Int) -> Int {
    file.bytes.integer(
      at: Self.headerBytes + shard * Self.rowBytes + 8 * column, as: Int.self)
  }

  private func text(from start: Int, to end: Int) -> String {
    String(decoding: file.bytes[texts + start..<texts + end], as: UTF8.self)
  }
}
