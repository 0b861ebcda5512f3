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
    layout = try ScoreFileLayout(
      header: file.bytes, fileBytes: file.bytes.count, path: path)
  }

  /// The SHA-256 of the whole file.
  public var sha256: String { Checksum.sha256(file) }

  /// The block with number `index`, once its checksum is verified.
  /// - Throws: `RankingError` naming file and block.
  public func block(_ index: Int) throws -> ScoreBlock {
    guard index >= 0, index < blockCount else {
      throw RankingError.invalidArgument("\(path): there is no block \(index) of \(blockCount)")
    }
    let start = layout.blockOffset(index)
    let end = start + layout.blockBytes(layout.samples(inBlock: index))
    return try layout.verified(
      UnsafeRawBufferPointer(rebasing: file.bytes[start..<end]), block: index, path: path,
      owner: file)
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
