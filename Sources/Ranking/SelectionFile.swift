import Files

extension Selection {
  private static let magic: [UInt8] = Array("HALSELEC".utf8)
  private static let version: UInt32 = 1
  private static let headerBytes = 64

  /// Writes the selection to `path` as one durable file `selected.bin`, little-endian:
  ///
  /// | offset | bytes | contents |
  /// |---|---|---|
  /// | 0 | 8 | magic `HALSELEC` |
  /// | 8 | 4 | version, 1 |
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
  /// | | 0 or 4 | zero, up to a multiple of 8 |
  /// | | 8 | XXH64 of everything from 64 on |
  /// - Throws: `FileError` naming `path`.
  public func write(to path: String) throws {
    var header = ByteColumn(Self.magic)
    header.append(Self.version)
    header.append(UInt32(classCount))
    header.append(UInt32(imagesPerClass))
    header.append(UInt32(classesPerSample))
    header.append(UInt64(images.count))
    header.append(UInt64(classes.count))
    header.pad(to: 56)
    header.append(header.bytes.withUnsafeBytes { XXHash64.hash($0) })

    var body: [UInt8] = []
    body.reserveCapacity(Self.bodyBytes(images: images.count, labels: classes.count))
    images.map(\.shard).withUnsafeBytes { body.append(contentsOf: $0) }
    images.map(\.position).withUnsafeBytes { body.append(contentsOf: $0) }
    labelOffsets.map(UInt64.init).withUnsafeBytes { body.append(contentsOf: $0) }
    classes.withUnsafeBytes { body.append(contentsOf: $0) }
    scores.withUnsafeBytes { body.append(contentsOf: $0) }
    ranks.withUnsafeBytes { body.append(contentsOf: $0) }
    var column = ByteColumn(body)
    column.pad(to: Self.bodyBytes(images: images.count, labels: classes.count))
    column.append(column.bytes.withUnsafeBytes { XXHash64.hash($0) })

    let file = try DurableFile(path: path)
    try header.bytes.withUnsafeBytes { try file.write($0) }
    try column.bytes.withUnsafeBytes { try file.write($0) }
    try file.commit()
  }

  private static func bodyBytes(images: Int, labels: Int) -> Int {
    (8 * images + 8 * (images + 1) + 12 * labels + 7) & ~7
  }

  /// Reads and verifies the selection in the file at `path`.
  /// - Throws: `FileError` when it cannot be read, `RankingError` naming `path` when it is damaged.
  public init(path: String) throws {
    let bytes = try MappedFile(path: path)
    self = try withExtendedLifetime(bytes) { try Selection(bytes: bytes.bytes, path: path) }
  }

  private init(bytes: UnsafeRawBufferPointer, path: String) throws {
    func fail(_ reason: String) -> RankingError {
      .corruptFile(path: path, reason: reason + "; select again")
    }
    guard bytes.count >= Self.headerBytes, bytes[..<8].elementsEqual(Self.magic) else {
      throw fail("not a selection file (it does not start with HALSELEC)")
    }
    let version = bytes.integer(at: 8, as: UInt32.self)
    guard version == Self.version else {
      throw fail("selection file of version \(version), this program reads \(Self.version)")
    }
    guard
      XXHash64.hash(UnsafeRawBufferPointer(rebasing: bytes[..<56]))
        == bytes.integer(at: 56, as: UInt64.self)
    else { throw fail("the header's checksum does not match") }
    classCount = Int(bytes.integer(at: 12, as: UInt32.self))
    imagesPerClass = Int(bytes.integer(at: 16, as: UInt32.self))
    classesPerSample = Int(bytes.integer(at: 20, as: UInt32.self))
    let imageCount = bytes.integer(at: 24, as: UInt64.self)
    let labelCount = bytes.integer(at: 32, as: UInt64.self)
    // No count exceeds the file's size, so the sums below cannot overflow.
    guard imageCount <= UInt64(bytes.count), labelCount <= UInt64(bytes.count) else {
      throw fail("\(bytes.count) bytes are too few for what its header promises")
    }
    let (images, labels) = (Int(imageCount), Int(labelCount))
    let end = Self.headerBytes + Self.bodyBytes(images: images, labels: labels)
    guard bytes.count == end + 8 else {
      throw fail("\(bytes.count) bytes where its header promises \(end + 8)")
    }
    guard
      XXHash64.hash(UnsafeRawBufferPointer(rebasing: bytes[Self.headerBytes..<end]))
        == bytes.integer(at: end, as: UInt64.self)
    else { throw fail("the checksum does not match") }

    var offset = Self.headerBytes
    func column<Value: BitwiseCopyable>(_ count: Int, as type: Value.Type)
      -> UnsafeBufferPointer<Value>
    {
      defer { offset += count * MemoryLayout<Value>.stride }
      return bytes.column(at: offset, count: count, as: type)
    }
    let shards = column(images, as: UInt32.self)
    let positions = column(images, as: UInt32.self)
    self.images = zip(shards, positions).map { SampleID(shard: $0, position: $1) }
    labelOffsets = column(images + 1, as: UInt64.self).map { Int(truncatingIfNeeded: $0) }
    classes = Array(column(labels, as: UInt32.self))
    scores = Array(column(labels, as: Float.self))
    ranks = Array(column(labels, as: UInt32.self))
    guard let violation = violatedInvariant() else { return }
    throw fail(violation)
  }

  /// What contradicts the documented order of a selection, nil when nothing does.
  func violatedInvariant() -> String? {
    guard labelOffsets.first == 0, labelOffsets.last == classes.count,
      zip(labelOffsets, labelOffsets.dropFirst()).allSatisfy({ $0 < $1 })
    else { return "the label offsets do not rise from 0 to the number of labels" }
    guard zip(images, images.dropFirst()).allSatisfy({ $0 < $1 }) else {
      return "the images are not sorted"
    }
    guard classes.allSatisfy({ $0 < classCount }) else {
      return "a class is beyond the \(classCount) classes"
    }
    guard ranks.allSatisfy({ $0 >= 1 && $0 <= imagesPerClass }) else {
      return "a rank is not in 1...\(imagesPerClass)"
    }
    return nil
  }
}
