import Files

/// Reads the contents file of one shard (layout: `ContentsFileLayout`) by way of a buffer that holds
/// one block; for one thread at a time.
///
/// Ascending positions read every block that is needed once. Nothing of the file stays in memory, so
/// the files of a billion pictures pass by in a few hundred kilobytes.
public final class ContentsFileReader {
  /// Number of pictures.
  public var count: Int { layout.count }
  /// The file's path.
  public var path: String { file.path }
  private let file: PositionedFile
  private let layout: ContentsFileLayout
  private let buffer: UnsafeMutableRawBufferPointer
  /// The block in the buffer, once its checksum is verified.
  private var block: Int?

  /// Opens the file at `path` and checks its header and size.
  /// - Throws: `FileError` when it cannot be read, `CopiesError.corruptFile` when it is not a
  ///   whole contents file.
  public init(path: String) throws {
    let file = try PositionedFile(path: path)
    let layout = try withUnsafeTemporaryAllocation(
      byteCount: ContentsFileLayout.headerBytes, alignment: 8
    ) { bytes in
      let header = UnsafeMutableRawBufferPointer(
        rebasing: bytes[..<min(bytes.count, file.byteCount)])
      try file.read(header, at: 0)
      return try ContentsFileLayout(
        header: UnsafeRawBufferPointer(header), fileBytes: file.byteCount, path: path)
    }
    file.expectSequentialReading()
    (self.file, self.layout) = (file, layout)
    // The size of the file is the one that the header promises, so this is no more than there is.
    let rows = layout.blockCount == 0 ? 0 : layout.rows(inBlock: 0)
    buffer = .allocate(byteCount: rows * ContentsFileLayout.rowBytes + 8, alignment: 8)
  }

  deinit { buffer.deallocate() }

  /// What the picture at `position` is.
  /// - Throws: `CopiesError` when there is no such picture or its block is damaged, `FileError`
  ///   when it cannot be read.
  public func contents(at position: Int) throws -> ImageContents {
    guard position >= 0, position < count else {
      throw CopiesError.argument("\(path): there is no picture \(position) of \(count)")
    }
    let block = position / layout.rowsPerBlock
    if block != self.block { try load(block) }
    return row(position - block * layout.rowsPerBlock, of: layout.rows(inBlock: block))
  }

  /// Calls `body` with every picture in order.
  /// - Throws: `CopiesError.corruptFile` naming the first damaged block, `FileError`; what `body`
  ///   throws.
  public func forEach(_ body: (_ position: Int, ImageContents) throws -> Void) throws {
    for position in 0..<count { try body(position, contents(at: position)) }
  }

  /// A row of the block in the buffer.
  private func row(_ index: Int, of rows: Int) -> ImageContents {
    let bytes = UnsafeRawBufferPointer(buffer)
    func words(_ column: Int) -> (UInt64, UInt64) {
      let offset = 16 * (column * rows + index)
      return (
        bytes.integer(at: offset, as: UInt64.self), bytes.integer(at: offset + 8, as: UInt64.self)
      )
    }
    let (hash, whole, inner) = (words(0), words(1), words(2))
    let width = 48 * rows + 4 * index
    return ImageContents(
      contentHash: ContentHash.Prefix(first: hash.0, second: hash.1),
      perceptualHash: PerceptualHash(
        whole: Fingerprint(low: whole.0, high: whole.1),
        inner: Fingerprint(low: inner.0, high: inner.1)),
      width: bytes.integer(at: width, as: UInt32.self),
      height: bytes.integer(at: width + 4 * rows, as: UInt32.self))
  }

  private func load(_ block: Int) throws {
    self.block = nil
    let end = layout.rows(inBlock: block) * ContentsFileLayout.rowBytes
    let bytes = UnsafeMutableRawBufferPointer(rebasing: buffer[..<(end + 8)])
    try file.read(bytes, at: layout.blockOffset(block))
    let payload = UnsafeRawBufferPointer(rebasing: bytes[..<end])
    guard
      XXHash64.hash(payload, seed: UInt64(block))
        == UnsafeRawBufferPointer(bytes).integer(at: end, as: UInt64.self)
    else {
      throw CopiesError.corruptFile(
        path: path,
        reason: "block \(block) (from picture \(block * layout.rowsPerBlock)) is damaged: "
          + "its checksum does not match; score this shard again")
    }
    self.block = block
  }
}
