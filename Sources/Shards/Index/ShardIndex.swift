import Copies
import Files
import Foundation
import ImageData
import Synchronization

/// The index of one shard, mapped into memory: what its samples are called and where they lie.
///
/// Opening looks at the header alone; each block's checksum is compared when something in it is first
/// asked for. Any thread may ask.
final class ShardIndex: Sendable {
  let path: String
  let count: Int
  let problemCount: Int
  let imageBytes: Int
  let isReadInOrder: Bool
  let hasHashes: Bool
  /// Whether it says how the shard ends and what else is in it, which those of earlier versions do not.
  let hasNotes: Bool
  let source: SourceState
  let origin: UInt64
  /// Stands for all that the index says, the source's time excepted.
  let contents: UInt64
  private let file: MappedFile
  private let layout: ShardIndexLayout
  /// A bit for each block, and a last one for the checksums themselves.
  private let verified: CheckedBlocks

  /// Opens the index at `path`.
  /// - Throws: `ImageDataError.dataset` when its header is damaged, `FileError` when it is not there.
  init(path: String) throws {
    self.path = path
    let file = try MappedFile(path: path)
    let bytes = file.bytes
    func damaged(_ reason: String) -> ImageDataError { Self.damaged(path, reason) }
    if let reason = ShardIndexLayout.checked.refusal(of: bytes) { throw damaged(reason) }
    func number(_ offset: Int) -> Int { bytes.integer(at: offset, as: Int.self) }
    let flags = bytes.integer(at: 12, as: UInt32.self)
    count = number(16)
    problemCount = number(24)
    imageBytes = number(32)
    var source = SourceState()
    source.size = number(40)
    source.changed = number(48)
    self.source = source
    origin = bytes.integer(at: 56, as: UInt64.self)
    contents = bytes.integer(at: 104, as: UInt64.self)
    isReadInOrder = flags & ShardIndexLayout.readInOrder != 0
    hasHashes = flags & ShardIndexLayout.withHashes != 0
    hasNotes = flags & ShardIndexLayout.withNotes != 0
    guard
      let layout = ShardIndexLayout(
        samples: number(16), keyBytes: number(64), tagBytes: number(72), nameBytes: number(80),
        problemBytes: number(88), hasHashes: flags & ShardIndexLayout.withHashes != 0),
      layout.blockCount == number(96), layout.bodyStart + layout.bodyBytes == bytes.count
    else { throw damaged("it is cut short or too long") }
    self.layout = layout
    self.file = file
    verified = CheckedBlocks(count: layout.blockCount + 1)
  }

  private static func damaged(_ path: String, _ reason: String) -> ImageDataError {
    .dataset(path: path, reason: "\(reason); run halcyon index again")
  }

  /// Where a picture's bytes begin in the (inflated) archive, and how many they are.
  /// - Throws: `ImageDataError.dataset` when the index is damaged here.
  func place(at index: Int) throws -> (offset: Int, length: Int) {
    let offset = try integer(layout.offsets, index, as: UInt64.self)
    let length = try integer(layout.lengths, index, as: UInt64.self)
    guard let offset = Int(exactly: offset), let length = Int(exactly: length),
      !offset.addingReportingOverflow(length).overflow
    else { throw Self.damaged(path, "sample \(index) lies beyond any file") }
    return (offset, length)
  }

  /// A sample's key without the shard's prefix.
  /// - Throws: `ImageDataError.dataset` when the index is damaged here.
  func key(at index: Int) throws -> UnsafeRawBufferPointer {
    try bytes(layout.keys, endingIn: layout.keyEnds, index)
  }

  /// A sample's hashtags.
  /// - Throws: `ImageDataError.dataset` when the index is damaged here.
  func tags(at index: Int) throws -> [String] {
    Self.lines(try bytes(layout.tags, endingIn: layout.tagEnds, index))
  }

  /// A sample's class, as a position among `classNames()`, or nil.
  /// - Throws: `ImageDataError.dataset` when the index is damaged here.
  func label(at index: Int) throws -> Int? {
    let label = try integer(layout.labels, index, as: Int32.self)
    return label < 0 ? nil : Int(label)
  }

  /// A picture's hash, where hashes were asked for.
  /// - Throws: `ImageDataError.dataset` when the index is damaged here.
  func hash(at index: Int) throws -> ContentHash? {
    guard hasHashes else { return nil }
    let start = layout.hashes.lowerBound + 32 * index
    let bytes = try body(start..<start + 32)
    return bytes.allSatisfy { $0 == 0 } ? nil : ContentHash(bytes: bytes)
  }

  /// A picture's width and height, where hashes were asked for and its header tells.
  /// - Throws: `ImageDataError.dataset` when the index is damaged here.
  func size(at index: Int) throws -> ImageSize? {
    guard hasHashes else { return nil }
    let start = layout.sizes.lowerBound + 8 * index
    let bytes = try body(start..<start + 8)
    return ImageSize(
      width: Int(bytes.integer(at: 0, as: UInt32.self)),
      height: Int(bytes.integer(at: 4, as: UInt32.self)))
  }

  /// The classes that occur in this shard, in bytewise order.
  /// - Throws: `ImageDataError.dataset` when the index is damaged here.
  func classNames() throws -> [String] { Self.lines(try body(layout.names)) }

  /// What was passed over: the first thousand.
  /// - Throws: `ImageDataError.dataset` when the index is damaged here.
  func problems() throws -> [(key: String, reason: String)] {
    let lines = try body(layout.problems).split(separator: UInt8(ascii: "\n"))
    return lines.lazy.filter { $0.first != ShardNotes.mark }.map { line in
      let parts = PathText.text(of: line)
        .split(separator: "\t", maxSplits: 1, omittingEmptySubsequences: false)
      return (String(parts[0]), parts.count > 1 ? String(parts[1]) : "")
    }
  }

  /// What is noted of the shard as a whole.
  /// - Throws: `ImageDataError.dataset` when the index is damaged here.
  func notes() throws -> ShardNotes {
    guard hasNotes, !layout.problems.isEmpty else { return ShardNotes() }
    return ShardNotes(lines: try body(layout.problems).split(separator: UInt8(ascii: "\n")))
  }

  /// Compares every checksum.
  /// - Throws: `ImageDataError.dataset` when the index is damaged.
  func verify() throws { _ = try body(0..<layout.bodyBytes) }

  private static func lines(_ bytes: UnsafeRawBufferPointer) -> [String] {
    bytes.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
  }

  private func integer<Value: FixedWidthInteger & BitwiseCopyable>(
    _ column: Range<Int>, _ index: Int, as type: Value.Type
  ) throws -> Value {
    let start = column.lowerBound + MemoryLayout<Value>.size * index
    return try body(start..<start + MemoryLayout<Value>.size).integer(at: 0, as: type)
  }

  private func bytes(
    _ column: Range<Int>, endingIn ends: Range<Int>, _ index: Int
  ) throws -> UnsafeRawBufferPointer {
    let start = index == 0 ? 0 : Int(try integer(ends, index - 1, as: UInt32.self))
    let end = Int(try integer(ends, index, as: UInt32.self))
    guard start <= end, end <= column.count else {
      throw Self.damaged(path, "the text of sample \(index) has no place")
    }
    return try body(column.lowerBound + start..<column.lowerBound + end)
  }

  /// A part of the body, its blocks verified.
  private func body(_ range: Range<Int>) throws -> UnsafeRawBufferPointer {
    let bytes = file.bytes
    if !range.isEmpty {
      let size = ShardIndexLayout.blockBytes
      for block in range.lowerBound / size...(range.upperBound - 1) / size
      where !verified.contains(block) {
        try verify(block: block)
      }
    }
    return UnsafeRawBufferPointer(
      rebasing: bytes[layout.bodyStart + range.lowerBound..<layout.bodyStart + range.upperBound])
  }

  private func verify(block: Int) throws {
    let bytes = file.bytes
    let sums = ShardIndexLayout.headerBytes..<layout.bodyStart
    if !verified.contains(layout.blockCount) {
      guard XXHash64.hash(UnsafeRawBufferPointer(rebasing: bytes[sums])) == contents else {
        throw Self.damaged(path, "its checksums are damaged")
      }
      verified.insert(layout.blockCount)
    }
    let start = layout.bodyStart + block * ShardIndexLayout.blockBytes
    let end = min(start + ShardIndexLayout.blockBytes, bytes.count)
    let stated = bytes.integer(at: ShardIndexLayout.headerBytes + 8 * block, as: UInt64.self)
    guard XXHash64.hash(UnsafeRawBufferPointer(rebasing: bytes[start..<end])) == stated else {
      throw Self.damaged(path, "block \(block) of it is damaged")
    }
    verified.insert(block)
  }
}

/// A set of small numbers that any thread may look at and add to.
final class CheckedBlocks: @unchecked Sendable {
  private let words: UnsafeMutablePointer<Atomic<UInt64>>
  private let wordCount: Int

  init(count: Int) {
    wordCount = count / 64 + 1
    words = .allocate(capacity: wordCount)
    for word in 0..<wordCount { (words + word).initialize(to: Atomic(0)) }
  }

  deinit {
    words.deinitialize(count: wordCount)
    words.deallocate()
  }

  func contains(_ number: Int) -> Bool {
    words[number / 64].load(ordering: .acquiring) >> UInt64(number % 64) & 1 != 0
  }

  func insert(_ number: Int) {
    words[number / 64].bitwiseOr(1 << UInt64(number % 64), ordering: .acquiringAndReleasing)
  }
}
