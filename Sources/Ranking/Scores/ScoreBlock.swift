import Files

/// Some samples of a score file, 4096 of them if it is not the last block, as columns.
public struct ScoreBlock: @unchecked Sendable {
  /// The position in the shard of the block's first sample.
  public let firstPosition: Int
  /// How many samples the block holds.
  public let count: Int
  let layout: ScoreFileLayout
  let bytes: UnsafeRawBufferPointer
  /// XXH64 of the bytes, seeded with the block's number.
  let checksum: UInt64
  /// The path of the file that the block is from.
  let path: String
  /// What keeps the bytes where they are.
  private let owner: AnyObject

  init(
    firstPosition: Int, count: Int, layout: ScoreFileLayout, bytes: UnsafeRawBufferPointer,
    checksum: UInt64, path: String, owner: AnyObject
  ) {
    self.firstPosition = firstPosition
    self.count = count
    self.layout = layout
    self.bytes = bytes
    self.checksum = checksum
    self.path = path
    self.owner = owner
  }

  /// How many classes a sample has at most, P.
  public var columnCount: Int { layout.classesPerSample }

  /// The hash of the key of the sample in row `row`.
  public func keyHash(at row: Int) -> UInt64 { keyHashes[row] }

  /// The score of the sample in row `row` in one of the P columns; not a number without an entry.
  public func score(at row: Int, column: Int) -> Float { scores(column: column)[row] }

  /// The class of the sample in row `row` in one of the P columns, nil where there is none.
  public func `class`(at row: Int, column: Int) -> Int? {
    let value = storedClass(at: row, column: column)
    return value < layout.classCount ? value : nil
  }

  /// The class as it is stored; beyond the classes there is none, or the file is damaged.
  func storedClass(at row: Int, column: Int) -> Int {
    layout.classBytes == 2
      ? Int(classes(column: column, as: UInt16.self)[row])
      : Int(classes(column: column, as: UInt32.self)[row])
  }

  // The columns below point into the bytes: they are valid as long as the block is kept alive.

  var keyHashes: UnsafeBufferPointer<UInt64> {
    bytes.column(at: 0, count: count, as: UInt64.self)
  }

  func scores(column: Int) -> UnsafeBufferPointer<Float> {
    bytes.column(at: count * (8 + 4 * column), count: count, as: Float.self)
  }

  /// The classes of one of the P columns in the width that the file has.
  func classes<Class: FixedWidthInteger & BitwiseCopyable>(
    column: Int, as type: Class.Type
  ) -> UnsafeBufferPointer<Class> {
    let start = count * (8 + 4 * layout.classesPerSample + layout.classBytes * column)
    return bytes.column(at: start, count: count, as: type)
  }
}

/// Memory that columns of 64-bit numbers may begin in.
final class AlignedBytes: @unchecked Sendable {
  let bytes: UnsafeMutableRawBufferPointer

  init(count: Int) { bytes = .allocate(byteCount: count, alignment: 64) }

  deinit { bytes.deallocate() }
}
