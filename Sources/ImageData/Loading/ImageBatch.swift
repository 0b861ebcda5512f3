public import Copies

/// Pictures in a row: `count` × size × size × channels bytes.
///
/// The bytes belong to the batch; when it goes away they go back to the loader and are written over.
public final class ImageBatch: @unchecked Sendable {
  /// The bytes, picture by picture, row by row, pixel by pixel.
  public let pixels: UnsafeMutableRawBufferPointer
  /// How many pictures there are.
  public let count: Int
  /// The side of every picture in pixels.
  public let size: Int
  /// Bytes a pixel: 1 or 3.
  public let channels: Int
  /// The positions in the loader's order.
  public let positions: Range<Int>
  /// Every row's sample in the data set; the substitute where one stands in.
  public let indices: [Int]
  /// Every row's label, or nil where the sample has none.
  public let labels: [Int?]
  /// What every row is made of, where neighbours were mixed; empty where they were not.
  public let mixed: [MixedPicture]
  /// The rows that could not be read and hold zeros.
  public let unreadable: [Int]
  /// Why each of these rows could not be read.
  public let reasons: [Int: String]
  /// Every row's content hash, or nil where it was not asked for or the row is unreadable.
  public let hashes: [ContentHash?]
  /// What every row's picture is, `.unreadable` where it could not be read; empty where it was not
  /// asked for.
  public let contents: [ImageContents]
  /// What a cache keeps of every row's picture, nil where it could not be read; empty where it was not
  /// asked for.
  public let copies: [EncodedImage?]
  private let pool: BufferPool
  private let buffer: UnsafeMutableRawBufferPointer

  init(
    buffer: UnsafeMutableRawBufferPointer, pool: BufferPool, rows: [SampleRow],
    mixed: [MixedPicture] = [], notesContents: Bool, isCopying: Bool = false, size: Int,
    channels: Int,
    positions: Range<Int>
  ) {
    self.buffer = buffer
    self.pool = pool
    self.size = size
    self.channels = channels
    self.positions = positions
    count = rows.count
    pixels = UnsafeMutableRawBufferPointer(
      rebasing: buffer[..<(rows.count * size * size * channels)])
    indices = rows.map(\.index)
    labels = rows.map(\.label)
    self.mixed = mixed
    let unreadable = rows.indices.filter { !rows[$0].isReadable }
    self.unreadable = unreadable
    reasons = Dictionary(
      uniqueKeysWithValues: unreadable.map { ($0, rows[$0].failures.last?.reason ?? "unreadable") })
    hashes = rows.map(\.hash)
    contents = notesContents ? rows.map { $0.contents ?? .unreadable } : []
    copies = isCopying ? rows.map { $0.isReadable ? $0.copy : nil } : []
  }

  deinit { pool.giveBack(buffer) }
}
