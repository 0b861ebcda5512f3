import Files
import Foundation

/// Reads a score file block after block into one buffer: what a selection reads.
///
/// Unlike a map, the buffer stays in the processor's cache between the checksum and the comparison of
/// its scores, takes no memory that grows with the file, and a file that is cut short while it is read
/// is an error instead of a fault.
final class ScoreFileStream {
  let path: String
  let layout: ScoreFileLayout
  private let file: PositionedFile
  private var buffer: AlignedBytes

  /// Opens the file at `path` and checks its header and size.
  /// - Throws: `FileError` when it cannot be read, `RankingError` when it is not a whole score file.
  init(path: String) throws {
    self.path = path
    file = try PositionedFile(path: path)
    buffer = AlignedBytes(count: ScoreFileLayout.headerBytes)
    let header = UnsafeMutableRawBufferPointer(
      rebasing: buffer.bytes[..<min(file.byteCount, ScoreFileLayout.headerBytes)])
    try file.read(header, at: 0)
    layout = try ScoreFileLayout(
      header: UnsafeRawBufferPointer(header), fileBytes: file.byteCount, path: path)
    if layout.blockCount > 0 {
      buffer = AlignedBytes(count: layout.blockBytes(layout.samples(inBlock: 0)))
    }
    file.expectSequentialReading()
  }

  /// The block with number `index`, once its checksum is verified; valid until the next is read.
  /// - Throws: `FileError` or `RankingError` naming file and block.
  func block(_ index: Int) throws -> ScoreBlock {
    let samples = layout.samples(inBlock: index)
    let bytes = UnsafeMutableRawBufferPointer(
      rebasing: buffer.bytes[..<layout.blockBytes(samples)])
    try file.read(bytes, at: layout.blockOffset(index))
    return try layout.verified(
      UnsafeRawBufferPointer(bytes), block: index, path: path, owner: buffer)
  }

  /// The hashes of a block that was just read, to be changed.
  func keyHashes(of block: ScoreBlock) -> UnsafeMutableBufferPointer<UInt64> {
    UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[..<(8 * block.count)])
      .assumingMemoryBound(to: UInt64.self)
  }

  /// All scores of a block that was just read, to be changed.
  func scores(of block: ScoreBlock) -> UnsafeMutableBufferPointer<Float> {
    let start = 8 * block.count
    let end = start + 4 * block.count * layout.classesPerSample
    return UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[start..<end])
      .assumingMemoryBound(to: Float.self)
  }
}

extension ScoreFileLayout {
  /// A block, from its `bytes` with the checksum at their end.
  /// - Throws: `RankingError` naming file and block when the checksum does not match.
  func verified(
    _ bytes: UnsafeRawBufferPointer, block index: Int, path: String, owner: AnyObject
  ) throws -> ScoreBlock {
    let samples = samples(inBlock: index)
    let payload = UnsafeRawBufferPointer(rebasing: bytes[..<blockPayload(samples)])
    let checksum = bytes.integer(at: payload.count, as: UInt64.self)
    guard XXHash64.hash(payload, seed: UInt64(index)) == checksum else {
      throw RankingError.corruptFile(
        path: path,
        reason: "block \(index) (from sample \(index * samplesPerBlock)) is damaged: "
          + "its checksum does not match; score this shard again")
    }
    return ScoreBlock(
      firstPosition: index * samplesPerBlock, count: samples, layout: self, bytes: payload,
      checksum: checksum, path: path, owner: owner)
  }
}
