import Files
import Foundation

/// A temporary file whose parts hold the pictures of neighbouring places, in the order in which they
/// came: an external distribution sort in one pass.
final class ScatteredContents: @unchecked Sendable {
  private struct Record: BitwiseCopyable {
    var contentHash: ContentHash.Prefix
    var perceptualHash: PerceptualHash
    var place: UInt64
  }

  let partCount: Int
  private let count: Int
  private let partRows: Int
  private let file: PositionedFile
  private let lock = NSLock()
  private var written: [Int]  // records of each part, under the lock

  init(count: Int, in folder: String) throws {
    self.count = count
    // Small parts fit the processor's cache; more than 256 would need more buffers than that.
    partRows = max(1 << 14, (count + 255) / 256)
    partCount = (count + partRows - 1) / partRows
    written = Array(repeating: 0, count: partCount)
    file = try PositionedFile(temporaryIn: folder)
  }

  /// One thread's buffers, some records for each part.
  final class Writer {
    private let file: ScatteredContents
    private let records: UnsafeMutableBufferPointer<Record>
    private var counts: [Int]
    private static let room = 256

    init(_ file: ScatteredContents) {
      self.file = file
      records = .allocate(capacity: file.partCount * Self.room)
      counts = Array(repeating: 0, count: file.partCount)
    }

    deinit { records.deallocate() }

    @inline(__always)
    func append(_ contents: ImageContents, place: UInt32) throws {
      let part = Int(place) / file.partRows
      records[part * Self.room + counts[part]] = Record(
        contentHash: contents.contentHash, perceptualHash: contents.perceptualHash,
        place: UInt64(place))
      counts[part] += 1
      if counts[part] == Self.room { try flush(part) }
    }

    /// Writes what is left.
    func flush() throws {
      for part in counts.indices where counts[part] > 0 { try flush(part) }
    }

    private func flush(_ part: Int) throws {
      let start = part * Self.room
      try file.append(
        UnsafeBufferPointer(rebasing: records[start..<(start + counts[part])]), to: part)
      counts[part] = 0
    }
  }

  private func append(_ records: UnsafeBufferPointer<Record>, to part: Int) throws {
    let start = lock.withLock {
      defer { written[part] += records.count }
      return written[part]
    }
    try file.write(
      UnsafeRawBufferPointer(records),
      at: (part * partRows + start) * MemoryLayout<Record>.stride)
  }

  /// Writes a part's columns to their places in `target`.
  func gather(_ part: Int, into target: PositionedFile) throws {
    let first = part * partRows
    let rows = min(partRows, count - first)
    let records = UnsafeMutableBufferPointer<Record>.allocate(capacity: rows)
    let contentHashes = UnsafeMutableBufferPointer<ContentHash.Prefix>.allocate(capacity: rows)
    let perceptualHashes = UnsafeMutableBufferPointer<PerceptualHash>.allocate(capacity: rows)
    defer {
      records.deallocate()
      contentHashes.deallocate()
      perceptualHashes.deallocate()
    }
    try file.read(
      UnsafeMutableRawBufferPointer(records), at: first * MemoryLayout<Record>.stride)
    for record in records {
      let row = Int(truncatingIfNeeded: record.place) - first
      // The places are a permutation, unless the disk has changed what was written.
      guard row >= 0, row < rows else {
        throw FileError("read", file.path, code: 0, detail: "it is not what was written to it")
      }
      contentHashes[row] = record.contentHash
      perceptualHashes[row] = record.perceptualHash
    }
    try target.write(UnsafeRawBufferPointer(contentHashes), at: 16 * first)
    try target.write(UnsafeRawBufferPointer(perceptualHashes), at: 16 * count + 32 * first)
  }
}
