import Files

/// The layout of a contents file `SHARD.contents`: what each picture of one shard is.
///
/// Little-endian, columns in blocks of up to 4096 pictures. A picture's position is its row number,
/// the same as in the shard's score file. A picture that could not be read is a row of zeros.
///
/// | offset | bytes | header |
/// |---|---|---|
/// | 0 | 8 | magic `HALCONTS` |
/// | 8 | 4 | version, 1 |
/// | 12 | 4 | pictures a block, B |
/// | 16 | 8 | number of pictures |
/// | 24 | 4 | version of the perceptual hash, 1 |
/// | 28 | 28 | zero |
/// | 56 | 8 | XXH64 of bytes 0..<56 |
///
/// Blocks follow without gaps; all hold B pictures but the last. A block of n pictures:
///
/// | bytes | column |
/// |---|---|
/// | 16·n | the first 16 bytes of the SHA-256 of the encoded bytes |
/// | 16·n | fingerprint of the whole picture (`Fingerprint`): the lower 64 bits, then the higher |
/// | 16·n | fingerprint of its inner part |
/// | 4·n | width of the upright picture in pixels |
/// | 4·n | height |
/// | 8 | XXH64 of the block before it, seeded with the block's number |
struct ContentsFileLayout: Equatable {
  static let hashVersion: UInt32 = 1
  static let headerBytes = 64
  private static let checked = CheckedHeader(
    of: "contents file", letters: "HALCONTS", byteCount: headerBytes)
  static let rowBytes = 56

  var rowsPerBlock = 4096
  var count = 0

  init(rowsPerBlock: Int) { self.rowsPerBlock = rowsPerBlock }

  var blockCount: Int { (count + rowsPerBlock - 1) / rowsPerBlock }

  func blockOffset(_ block: Int) -> Int {
    Self.headerBytes + block * (rowsPerBlock * Self.rowBytes + 8)
  }

  func rows(inBlock block: Int) -> Int { min(rowsPerBlock, count - block * rowsPerBlock) }

  var fileBytes: Int { Self.headerBytes + count * Self.rowBytes + blockCount * 8 }

  /// The 64 bytes of the header.
  var header: [UInt8] {
    Self.checked.encoded {
      $0.append(UInt32(rowsPerBlock))
      $0.append(UInt64(count))
      $0.append(Self.hashVersion)
    }
  }

  /// Reads the header of the file at `path` from its first bytes, at least 64 where it has so many.
  /// - Throws: `CopiesError.corruptFile` naming `path` and what is wrong with it.
  init(header bytes: UnsafeRawBufferPointer, fileBytes size: Int, path: String) throws {
    func fail(_ reason: String) -> CopiesError {
      .corruptFile(path: path, reason: "\(reason); score this shard again")
    }
    if let reason = Self.checked.refusal(of: bytes) { throw fail(reason) }
    let hashVersion = bytes.integer(at: 24, as: UInt32.self)
    guard hashVersion == Self.hashVersion else {
      throw fail("hashes of version \(hashVersion); this program reads \(Self.hashVersion)")
    }
    rowsPerBlock = Int(bytes.integer(at: 12, as: UInt32.self))
    let count = bytes.integer(at: 16, as: UInt64.self)
    guard 1...(1 << 20) ~= rowsPerBlock, count <= UInt64(UInt32.max) else {
      throw fail("the header contradicts itself")
    }
    self.count = Int(count)
    guard size == fileBytes else {
      throw fail("\(size) bytes where its header promises \(fileBytes)")
    }
  }
}
