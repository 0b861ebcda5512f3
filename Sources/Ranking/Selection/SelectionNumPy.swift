import Files
import Foundation

extension Selection {
  /// Writes the images as DataComp's list of chosen samples: `selected.npy`, a sorted array of 128-bit
  /// uids in NumPy's format 1.0.
  ///
  /// The uid of an image is its key's last component up to the first dot where these are 32
  /// hexadecimal digits, as in DataComp's shards; else the first 16 bytes of the SHA-256 of its key.
  ///
  /// | offset | bytes | contents |
  /// |---|---|---|
  /// | 0 | 6 | 0x93, `NUMPY` |
  /// | 6 | 2 | 1, 0: the version |
  /// | 8 | 2 | bytes of the next part, little-endian |
  /// | 10 | to a multiple of 64 | dtype `[('f0', '<u8'), ('f1', '<u8')]` and shape, spaces, a newline |
  /// | | 16 · n | the upper and the lower 64 bits of each uid, ascending |
  /// - Parameters:
  ///   - path: Where the file is written.
  ///   - key: The key of a sample.
  /// - Throws: `FileError` naming `path`, what `key` throws.
  /// - Complexity: O(images · log images) time, memory for 16 bytes an image.
  public func writeNumPy(to path: String, key: (SampleID) throws -> String) throws {
    let region = EntryRegion(capacity: images.count)
    for (row, id) in images.enumerated() {
      let uid = SampleUID(key: try key(id))
      region.entries[row] = RankingEntry(first: uid.upper, second: uid.lower)
    }
    region.entries.sort(SecondHalf())
    let file = try DurableFile(path: path)
    try file.write(Self.numPyHeader(count: images.count))
    // A little-endian machine holds the entries as they are written.
    try file.write(UnsafeRawBufferPointer(region.entries))
    try file.commit()
  }

  private static func numPyHeader(count: Int) -> Data {
    var text = "{'descr': [('f0', '<u8'), ('f1', '<u8')], 'fortran_order': False, "
    text += "'shape': (\(count),), }"
    let bytes = (10 + text.utf8.count + 1 + 63) / 64 * 64
    text += String(repeating: " ", count: bytes - 10 - text.utf8.count - 1) + "\n"
    var header = ByteColumn([0x93] + Array("NUMPY".utf8) + [1, 0])
    header.append(UInt16(text.utf8.count))
    return Data(header.bytes + Array(text.utf8))
  }
}

/// The 128-bit name of a sample in DataComp's lists.
struct SampleUID: Equatable {
  var upper: UInt64
  var lower: UInt64

  init(key: String) {
    let name = key.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
    let stem = name.prefix { $0 != "." }
    self = Self(hexadecimal: stem) ?? Self(digestOf: key)
  }

  private init(digestOf key: String) {
    let digest = Checksum.sha256(Data(key.utf8)).prefix(32)
    self = Self(hexadecimal: digest) ?? Self(upper: 0, lower: 0)
  }

  private init(upper: UInt64, lower: UInt64) {
    self.upper = upper
    self.lower = lower
  }

  private init?(hexadecimal digits: Substring) {
    guard digits.utf8.count == 32, digits.allSatisfy(\.isHexDigit), digits.count == 32,
      let upper = UInt64(digits.prefix(16), radix: 16),
      let lower = UInt64(digits.suffix(16), radix: 16)
    else { return nil }
    self.init(upper: upper, lower: lower)
  }
}

/// Orders uids with equal upper halves.
private struct SecondHalf: TieBreak {
  @inline(__always)
  func precedes(_ left: RankingEntry, _ right: RankingEntry) -> Bool { left.second < right.second }
}
