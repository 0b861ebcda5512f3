import Files
import Foundation

/// Reads the contents file of one shard through a memory map (layout: `ContentsFileLayout`), in any
/// order and from any thread; each block is verified when it is first touched.
public final class ContentsFileReader: @unchecked Sendable {
  /// Number of pictures.
  public var count: Int { layout.count }
  /// The file's path.
  public var path: String { file.path }
  private let file: MappedFile
  private let layout: ContentsFileLayout
  private let lock = NSLock()
  private var verified: [Bool]  // under the lock

  /// Opens the file at `path` and checks its header and size.
  /// - Throws: `FileError` when it cannot be read, `ImageDataError.corruptFile` when it is not a
  ///   whole contents file.
  public init(path: String) throws {
    file = try MappedFile(path: path)
    layout = try ContentsFileLayout(header: file.bytes, path: path)
    verified = Array(repeating: false, count: layout.blockCount)
  }

  /// What the picture at `position` is.
  /// - Throws: `ImageDataError` when there is no such picture or its block is damaged.
  public func contents(at position: Int) throws -> PictureContents {
    guard position >= 0, position < count else {
      throw ImageDataError.argument("\(path): there is no picture \(position) of \(count)")
    }
    let block = position / layout.rowsPerBlock
    try verify(block)
    return row(position - block * layout.rowsPerBlock, ofBlock: block)
  }

  /// Calls `body` with every picture in order.
  /// - Throws: `ImageDataError.corruptFile` naming the first damaged block; what `body` throws.
  public func forEach(_ body: (_ position: Int, PictureContents) throws -> Void) throws {
    for block in 0..<layout.blockCount {
      try verify(block)
      for index in 0..<layout.rows(inBlock: block) {
        try body(block * layout.rowsPerBlock + index, row(index, ofBlock: block))
      }
    }
  }

  private func row(_ index: Int, ofBlock block: Int) -> PictureContents {
    let start = layout.blockOffset(block), rows = layout.rows(inBlock: block)
    let width = start + 48 * rows + 4 * index
    func words(_ column: Int) -> (UInt64, UInt64) {
      let offset = start + 16 * (column * rows + index)
      return (
        file.bytes.integer(at: offset, as: UInt64.self),
        file.bytes.integer(at: offset + 8, as: UInt64.self)
      )
    }
    let (hash, whole, inner) = (words(0), words(1), words(2))
    return PictureContents(
      contentHash: ContentHash.Prefix(first: hash.0, second: hash.1),
      perceptualHash: PerceptualHash(
        whole: Fingerprint(low: whole.0, high: whole.1),
        inner: Fingerprint(low: inner.0, high: inner.1)),
      width: file.bytes.integer(at: width, as: UInt32.self),
      height: file.bytes.integer(at: width + 4 * rows, as: UInt32.self))
  }

  private func verify(_ block: Int) throws {
    lock.lock()
    let isVerified = verified[block]
    lock.unlock()
    if isVerified { return }
    let start = layout.blockOffset(block)
    let end = start + layout.rows(inBlock: block) * ContentsFileLayout.rowBytes
    let bytes = UnsafeRawBufferPointer(rebasing: file.bytes[start..<end])
    guard
      XXHash64.hash(bytes, seed: UInt64(block)) == file.bytes.integer(at: end, as: UInt64.self)
    else {
      throw ImageDataError.corruptFile(
        path: path,
        reason: "block \(block) (from picture \(block * layout.rowsPerBlock)) is damaged: "
          + "its checksum does not match; score this shard again")
    }
    lock.lock()
    verified[block] = true
    lock.unlock()
  }
}
