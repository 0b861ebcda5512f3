import Files

/// Writes the score file of one shard, sample after sample (layout: `ScoreFileLayout`).
///
/// ```swift
/// let file = try ScoreFileWriter(path: "scores/00000.scores", classesPerSample: 10, classes: 1000)
/// try file.append(keyHash: KeyHash.hash(of: key), classes: top.classes, scores: top.scores)
/// try file.finish()
/// ```
///
/// Nothing is at `path` before `finish()` returns.
public final class ScoreFileWriter {
  /// How many samples were appended.
  public private(set) var count = 0
  /// What the record of the file says as its checksum, once it is finished.
  public var checksum: String { ScoreFileLayout.checksumText(checksums) }
  private var checksums: UInt64 = 0
  private let file: DurableFile
  private var layout: ScoreFileLayout
  private var rows = 0
  private var keyHashes: [UInt64]
  private var scores: [Float]
  private var classes: [UInt32]

  /// Starts the file of a shard whose samples keep `classesPerSample` of `classes` classes.
  /// - Throws: `FileError` when the folder cannot be written, `RankingError` on sizes out of range.
  public init(
    path: String, classesPerSample: Int, classes: Int, samplesPerBlock: Int = 4096
  ) throws {
    guard (1...(1 << 20)).contains(classesPerSample), (1...Int(UInt32.max)).contains(classes),
      (1...(1 << 20)).contains(samplesPerBlock)
    else {
      throw RankingError.invalidArgument(
        "\(path): cannot keep \(classesPerSample) of \(classes) classes a sample "
          + "in blocks of \(samplesPerBlock)")
    }
    layout = ScoreFileLayout(
      classesPerSample: classesPerSample, classCount: classes, samplesPerBlock: samplesPerBlock)
    keyHashes = Array(repeating: 0, count: samplesPerBlock)
    scores = Array(repeating: .nan, count: samplesPerBlock * classesPerSample)
    self.classes = Array(repeating: .max, count: samplesPerBlock * classesPerSample)
    file = try DurableFile(path: path)
    try layout.header.withUnsafeBytes { try file.write($0) }
  }

  /// Appends the next sample with its highest classes first; fewer than P leave the rest empty.
  /// - Throws: `RankingError` when a class is out of range, `FileError` when writing fails.
  public func append(keyHash: UInt64, classes: [Int], scores: [Float]) throws {
    guard classes.count == scores.count, classes.count <= layout.classesPerSample,
      classes.allSatisfy({ $0 >= 0 && $0 < layout.classCount })
    else {
      throw RankingError.invalidArgument(
        "\(file.path): sample \(count) has classes \(classes) and \(scores.count) scores; "
          + "at most \(layout.classesPerSample) of 0..<\(layout.classCount) fit")
    }
    guard count < Int(UInt32.max) else {
      throw RankingError.invalidArgument(
        "\(file.path): a shard holds at most \(UInt32.max) samples")
    }
    keyHashes[rows] = keyHash
    for column in classes.indices {
      self.scores[column * layout.samplesPerBlock + rows] = scores[column]
      self.classes[column * layout.samplesPerBlock + rows] = UInt32(classes[column])
    }
    rows += 1
    count += 1
    if rows == layout.samplesPerBlock { try flush() }
  }

  /// Appends a sample without entries: unreadable, or excluded.
  /// - Throws: `FileError` when writing fails.
  public func appendEmpty(keyHash: UInt64) throws {
    try append(keyHash: keyHash, classes: [], scores: [])
  }

  /// Writes the rest and makes the file the one at its path, durably.
  /// - Throws: `FileError` when writing fails.
  public func finish() throws {
    if rows > 0 { try flush() }
    layout.count = count
    try layout.header.withUnsafeBytes { try file.write($0, at: 0) }
    try file.commit()
  }

  private func flush() throws {
    let block = UInt64((count - 1) / layout.samplesPerBlock)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(layout.blockBytes(rows))
    keyHashes[..<rows].withUnsafeBytes { bytes.append(contentsOf: $0) }
    for column in 0..<layout.classesPerSample {
      scores[range(ofColumn: column)].withUnsafeBytes { bytes.append(contentsOf: $0) }
    }
    for column in 0..<layout.classesPerSample {
      let column = classes[range(ofColumn: column)]
      if layout.classBytes == 2 {
        column.map(UInt16.init(truncatingIfNeeded:))
          .withUnsafeBytes { bytes.append(contentsOf: $0) }
      } else {
        column.withUnsafeBytes { bytes.append(contentsOf: $0) }
      }
    }
    var payload = ByteColumn(bytes)
    payload.pad(to: layout.blockPayload(rows))
    let checksum = payload.bytes.withUnsafeBytes { XXHash64.hash($0, seed: block) }
    checksums &+= checksum
    payload.append(checksum)
    try payload.bytes.withUnsafeBytes { try file.write($0) }
    rows = 0
    for index in scores.indices {
      scores[index] = .nan
      classes[index] = .max
    }
  }

  private func range(ofColumn column: Int) -> Range<Int> {
    let start = column * layout.samplesPerBlock
    return start..<(start + rows)
  }
}
