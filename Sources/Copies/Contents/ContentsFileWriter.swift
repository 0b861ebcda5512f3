import Files

/// Writes the contents file of one shard, picture after picture (layout: `ContentsFileLayout`).
///
/// ```swift
/// let file = try ContentsFileWriter(path: "scores/00000.contents")
/// for row in batch.contents { try file.append(row) }
/// try file.finish()
/// ```
///
/// Nothing is at `path` before `finish()` returns.
public final class ContentsFileWriter {
  /// How many pictures were appended.
  public private(set) var count = 0
  private let file: DurableFile
  private var layout: ContentsFileLayout
  private var rows: [ImageContents] = []

  /// Starts the file of a shard.
  /// - Throws: `FileError` when the folder cannot be written, `CopiesError.argument` on a block
  ///   that cannot be.
  public init(path: String, rowsPerBlock: Int = 4096) throws {
    guard 1...(1 << 20) ~= rowsPerBlock else {
      throw CopiesError.argument("\(path): no blocks of \(rowsPerBlock) pictures; use 4096")
    }
    layout = ContentsFileLayout(rowsPerBlock: rowsPerBlock)
    file = try DurableFile(path: path)
    try layout.header.withUnsafeBytes { try file.write($0) }
  }

  /// Appends the next picture; `.unreadable` where there is none.
  /// - Throws: `FileError` when writing fails.
  public func append(_ contents: ImageContents) throws {
    guard count < Int(UInt32.max) else {
      throw CopiesError.argument("\(file.path): a shard holds at most \(UInt32.max) pictures")
    }
    rows.append(contents)
    count += 1
    if rows.count == layout.rowsPerBlock { try flush() }
  }

  /// Writes the rest and makes the file the one at its path, durably.
  /// - Throws: `FileError` when writing fails.
  public func finish() throws {
    if !rows.isEmpty { try flush() }
    layout.count = count
    try layout.header.withUnsafeBytes { try file.write($0, at: 0) }
    try file.commit()
  }

  private func flush() throws {
    var block = ByteColumn()
    for row in rows {
      block.append(row.contentHash.first)
      block.append(row.contentHash.second)
    }
    for part in [\PerceptualHash.whole, \.inner] {
      for row in rows {
        block.append(row.perceptualHash[keyPath: part].low)
        block.append(row.perceptualHash[keyPath: part].high)
      }
    }
    for row in rows { block.append(row.width) }
    for row in rows { block.append(row.height) }
    let number = UInt64((count - 1) / layout.rowsPerBlock)
    block.append(block.bytes.withUnsafeBytes { XXHash64.hash($0, seed: number) })
    try block.bytes.withUnsafeBytes { try file.write($0) }
    rows.removeAll(keepingCapacity: true)
  }
}
