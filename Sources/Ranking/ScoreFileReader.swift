import Files

/// Reads the score file of one shard through a memory map (layout: `ScoreFileLayout`).
public final class ScoreFileReader {
  /// Classes kept of each sample, P.
  public var classesPerSample: Int { layout.classesPerSample }
  /// Number of classes, L.
  public var classCount: Int { layout.classCount }
  /// Number of samples.
  public var count: Int { layout.count }
  /// Number of blocks.
  public var blockCount: Int { layout.blockCount }
  /// The file's path.
  public var path: String { file.path }

  private let file: MappedFile
  private let layout: ScoreFileLayout

  /// Opens the file at `path` and checks its header and size.
  /// - Throws: `FileError` when it cannot be read, `RankingError` when it is not a whole score file.
  public init(path: String) throws {
    file = try MappedFile(path: path)
    layout = try ScoreFileLayout(header: file.bytes, path: path)
  }

  /// The SHA-256 of the whole file.
  public var sha256: String { Checksum.sha256(file.bytes) }

  /// The block with number `index`, once its checksum is verified.
  /// - Throws: `RankingError` naming file and block.
  public func block(_ index: Int) throws -> ScoreBlock {
    guard index >= 0, index < blockCount else {
      throw RankingError.invalidArgument("\(path): there is no block \(index) of \(blockCount)")
    }
    let samples = layout.samples(inBlock: index)
    let start = layout.blockOffset(index)
    let payload = layout.blockPayload(samples)
    let bytes = UnsafeRawBufferPointer(rebasing: file.bytes[start..<(start + payload)])
    guard
      XXHash64.hash(bytes, seed: UInt64(index))
        == file.bytes.integer(at: start + payload, as: UInt64.self)
    else {
      throw RankingError.corruptFile(
        path: path,
        reason: "block \(index) (from sample \(index * layout.samplesPerBlock)) is damaged: "
          + "its checksum does not match; score this shard again")
    }
    return ScoreBlock(
      firstPosition: index * layout.samplesPerBlock, count: samples, layout: layout, file: file,
      bytes: bytes)
  }

  /// The entries of the sample at `position`, highest first; empty without entries.
  /// - Throws: `RankingError` when there is no such sample or its block is damaged.
  public func entries(at position: Int) throws -> [(class: Int, score: Float)] {
    guard position >= 0, position < count else {
      throw RankingError.invalidArgument("\(path): there is no sample \(position) of \(count)")
    }
    let block = try block(position / layout.samplesPerBlock)
    let row = position - block.firstPosition
    return (0..<classesPerSample).compactMap { column in
      block.class(at: row, column: column).map { ($0, block.score(at: row, column: column)) }
    }
  }
}

/// Up to 4096 samples of a score file, as columns; keeps the file mapped.
public struct ScoreBlock {
  /// The position in the shard of the block's first sample.
  public let firstPosition: Int
  /// How many samples the block holds.
  public let count: Int
  let layout: ScoreFileLayout
  let file: MappedFile
  let bytes: UnsafeRawBufferPointer

  /// The hash of the key of the sample in row `row`.
  public func keyHash(at row: Int) -> UInt64 { keyHashes[row] }

  /// The score of the sample in row `row` in one of the P columns; not a number without an entry.
  public func score(at row: Int, column: Int) -> Float { scores(column: column)[row] }

  /// The class of the sample in row `row` in one of the P columns, nil where there is none.
  public func `class`(at row: Int, column: Int) -> Int? {
    let value =
      layout.classBytes == 2
      ? Int(classes(column: column, as: UInt16.self)[row])
      : Int(classes(column: column, as: UInt32.self)[row])
    return value < layout.classCount ? value : nil
  }

  // The columns below point into the map: they are valid as long as the block is kept alive.

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
