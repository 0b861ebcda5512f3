import Files

/// The layout of `selected.bin`, little-endian:
///
/// | offset | bytes | contents |
/// |---|---|---|
/// | 0 | 8 | magic `HALSELEC` |
/// | 8 | 4 | version: 1, or 2 where images are repeated |
/// | 12 | 4 | L, number of classes |
/// | 16 | 4 | K, images per class at most |
/// | 20 | 4 | P, classes of a sample that took part |
/// | 24 | 8 | n, number of images |
/// | 32 | 8 | m, number of labels |
/// | 40 | 16 | zero |
/// | 56 | 8 | XXH64 of bytes 0..<56 |
/// | 64 | 4·n | shard of each image, sorted by (shard, position) |
/// | | 4·n | position of each image |
/// | | 8·(n + 1) | where the labels of each image begin, then m |
/// | | 4·m | class of each label, ascending inside an image |
/// | | 4·m | score of each label, float32 log-odds |
/// | | 4·m | rank of each label in its class, from 1 |
/// | | 0 or 4·n | version 2: how often each image stands in one pass, at least 1 |
/// | | 0 or 4 | zero, up to a multiple of 8 |
/// | | 8 | XXH64 of everything from 64 on |
struct SelectionLayout: Equatable {
  static let headerBytes = 64
  private static let checked = CheckedHeader(
    of: "selection file", letters: "HALSELEC", versions: 1...2, byteCount: headerBytes)
  /// More classes than this would need gigabytes for their counts alone.
  static let mostClasses = 1 << 24

  var classCount: Int
  var imagesPerClass: Int
  var classesPerSample: Int
  var images = 0
  var labels = 0
  /// Whether there is a column of repetitions.
  var repeats = false

  /// Bytes between the header and the last checksum.
  var bodyBytes: Int {
    (8 * images + 8 * (images + 1) + 12 * labels + (repeats ? 4 * images : 0) + 7) & ~7
  }

  /// Where each column begins in the file, and where the last one ends.
  var columns: Columns {
    var columns = Columns()
    var offset = Self.headerBytes
    func next(_ bytes: Int) -> Int {
      defer { offset += bytes }
      return offset
    }
    columns.shards = next(4 * images)
    columns.positions = next(4 * images)
    columns.labelOffsets = next(8 * (images + 1))
    columns.classes = next(4 * labels)
    columns.scores = next(4 * labels)
    columns.ranks = next(4 * labels)
    columns.repeats = next(repeats ? 4 * images : 0)
    columns.end = offset
    return columns
  }

  /// Places in a file, in bytes.
  struct Columns {
    var shards = 0, positions = 0, labelOffsets = 0, classes = 0, scores = 0, ranks = 0
    var repeats = 0, end = 0
  }

  var fileBytes: Int { Self.headerBytes + bodyBytes + 8 }

  /// The 64 bytes of the header.
  var header: [UInt8] {
    Self.checked.encoded(version: repeats ? 2 : 1) {
      $0.append(UInt32(clamping: classCount))
      $0.append(UInt32(clamping: imagesPerClass))
      $0.append(UInt32(clamping: classesPerSample))
      $0.append(UInt64(images))
      $0.append(UInt64(labels))
    }
  }

  init(classCount: Int, imagesPerClass: Int, classesPerSample: Int) {
    self.classCount = classCount
    self.imagesPerClass = imagesPerClass
    self.classesPerSample = classesPerSample
  }

  /// Reads the header of the file at `path`.
  /// - Throws: `RankingError` naming `path` and what is wrong with it.
  init(bytes: UnsafeRawBufferPointer, path: String) throws {
    func fail(_ reason: String) -> RankingError {
      .corruptFile(path: path, reason: reason + "; select again")
    }
    if let reason = Self.checked.refusal(of: bytes) { throw fail(reason) }
    self.init(
      classCount: Int(bytes.integer(at: 12, as: UInt32.self)),
      imagesPerClass: Int(bytes.integer(at: 16, as: UInt32.self)),
      classesPerSample: Int(bytes.integer(at: 20, as: UInt32.self)))
    guard classCount <= Self.mostClasses else {
      throw fail("\(classCount) classes where \(Self.mostClasses) are the most")
    }
    let imageCount = bytes.integer(at: 24, as: UInt64.self)
    let labelCount = bytes.integer(at: 32, as: UInt64.self)
    // No count exceeds the file's size, so the sums above cannot overflow.
    guard imageCount <= UInt64(bytes.count), labelCount <= UInt64(bytes.count) else {
      throw fail("\(bytes.count) bytes are too few for what its header promises")
    }
    (images, labels, repeats) = (
      Int(imageCount), Int(labelCount), bytes.integer(at: 8, as: UInt32.self) == 2
    )
    guard bytes.count == fileBytes else {
      throw fail("\(bytes.count) bytes where its header promises \(fileBytes)")
    }
  }
}
