import Files

/// The layout of a score file `SHARD.scores`: the P highest classes of every sample of one shard.
///
/// Little-endian, columns in blocks of up to 4096 samples, so that it can be mapped and read in
/// order at the speed of the disk. A sample's position is its row number.
///
/// | offset | bytes | header |
/// |---|---|---|
/// | 0 | 8 | magic `HALSCORE` |
/// | 8 | 4 | version, 1 |
/// | 12 | 4 | P, classes kept of each sample |
/// | 16 | 4 | L, number of classes |
/// | 20 | 4 | samples a block, B |
/// | 24 | 8 | number of samples |
/// | 32 | 4 | bytes a class takes: 2 where L ≤ 65,535, else 4 |
/// | 36 | 20 | zero |
/// | 56 | 8 | XXH64 of bytes 0..<56 |
///
/// Blocks follow without gaps; all hold B samples but the last. A block of n samples:
///
/// | bytes | column |
/// |---|---|
/// | 8·n | hash of the sample's key (`KeyHash`) |
/// | P·4·n | P columns of scores, float32 log-odds, highest first |
/// | P·2·n or P·4·n | P columns of classes; all bits set = no entry |
/// | 0…7 | zero, up to a multiple of 8 |
/// | 8 | XXH64 of the block before it, seeded with the block's number |
///
/// The checksum of a file, in its record, is the sum of its blocks' checksums: they can be added up in
/// any order while the blocks are read, where a hash of the file would take a reading of its own.
///
/// A sample without entries (unreadable, excluded) has no class in any column and scores that are
/// not numbers; a sample whose logits held NaN has classes and scores that are not numbers.
struct ScoreFileLayout: Equatable {
  static let headerBytes = 64
  private static let checked = CheckedHeader(
    of: "score file", letters: "HALSCORE", byteCount: headerBytes)

  var classesPerSample: Int
  var classCount: Int
  var samplesPerBlock = 4096
  var count = 0

  /// Classes are 0..<L and the largest integer means none, so that 65,535 classes fit 16 bits.
  var classBytes: Int { classCount <= 65_535 ? 2 : 4 }

  /// Bytes of a block of `count` samples up to its checksum.
  func blockPayload(_ count: Int) -> Int {
    let bytes = count * (8 + classesPerSample * (4 + classBytes))
    return (bytes + 7) & ~7
  }

  /// Bytes of a block of `count` samples.
  func blockBytes(_ count: Int) -> Int { blockPayload(count) + 8 }

  var blockCount: Int { (count + samplesPerBlock - 1) / samplesPerBlock }

  func blockOffset(_ block: Int) -> Int {
    Self.headerBytes + block * blockBytes(samplesPerBlock)
  }

  func samples(inBlock block: Int) -> Int {
    min(samplesPerBlock, count - block * samplesPerBlock)
  }

  var fileBytes: Int {
    guard blockCount > 0 else { return Self.headerBytes }
    return blockOffset(blockCount - 1) + blockBytes(samples(inBlock: blockCount - 1))
  }

  /// The checksum of a file as its record has it.
  static func checksumText(_ sum: UInt64) -> String {
    Format.padded(String(sum, radix: 16), digits: 16)
  }

  /// The 64 bytes of the header.
  var header: [UInt8] {
    Self.checked.encoded {
      $0.append(UInt32(classesPerSample))
      $0.append(UInt32(classCount))
      $0.append(UInt32(samplesPerBlock))
      $0.append(UInt64(count))
      $0.append(UInt32(classBytes))
    }
  }

  /// Reads the header of the file at `path`, of `fileBytes` bytes in all.
  /// - Throws: `RankingError` naming `path` and what is wrong with it.
  init(header bytes: UnsafeRawBufferPointer, fileBytes: Int, path: String) throws {
    func fail(_ reason: String) -> RankingError {
      .corruptFile(path: path, reason: "\(reason); score this shard again")
    }
    if let reason = Self.checked.refusal(of: bytes) { throw fail(reason) }
    classesPerSample = Int(bytes.integer(at: 12, as: UInt32.self))
    classCount = Int(bytes.integer(at: 16, as: UInt32.self))
    samplesPerBlock = Int(bytes.integer(at: 20, as: UInt32.self))
    let count = bytes.integer(at: 24, as: UInt64.self)
    guard samplesPerBlock > 0, samplesPerBlock <= 1 << 20, classesPerSample <= 1 << 20,
      count <= UInt64(UInt32.max), Int(bytes.integer(at: 32, as: UInt32.self)) == classBytes
    else { throw fail("the header contradicts itself") }
    self.count = Int(count)
    guard fileBytes == self.fileBytes else {
      throw fail("\(fileBytes) bytes where its header promises \(self.fileBytes)")
    }
  }

  init(classesPerSample: Int, classCount: Int, samplesPerBlock: Int = 4096) {
    self.classesPerSample = classesPerSample
    self.classCount = classCount
    self.samplesPerBlock = samplesPerBlock
  }
}
