import Files
import Foundation

/// Where things are in the index file of one shard. All numbers are little-endian.
///
/// | offset | bytes | what |
/// |---|---|---|
/// | 0 | 8 | `HALCSHRD` |
/// | 8 | 4 | version, 2 |
/// | 12 | 4 | flags: 1 read in order only; 2 content hashes and picture sizes are there; 4 notes are |
/// | 16 | 8 | samples, n |
/// | 24 | 8 | problems met, of which the first 1,000 are listed |
/// | 32 | 8 | bytes of all pictures |
/// | 40 | 8 | bytes of the source, -1 where nobody knows |
/// | 48 | 8 | when the source last changed, nanoseconds since 1970; of others see below |
/// | 56 | 8 | XXH64 of where the source is and of what was asked of it |
/// | 64 | 8 | bytes of keys |
/// | 72 | 8 | bytes of tags |
/// | 80 | 8 | bytes of class names |
/// | 88 | 8 | bytes of problems |
/// | 96 | 8 | blocks of the body, b |
/// | 104 | 8 | XXH64 of the blocks' checksums |
/// | 112 | 8 | 0 |
/// | 120 | 8 | XXH64 of the 120 bytes above |
/// | 128 | 8 b | XXH64 of each 65,536 bytes of the body; the last block is shorter |
/// | 128 + 8 b | | the body |
///
/// Of an address 48 holds the XXH64 of its ETag, or where there is no strong one of its Last-Modified,
/// shifted right by one bit and its last bit set; 0 where there is neither. Of pictures that are files of
/// their own it holds, with flag 2, the XXH64 of their keys, lengths and times of change in the same way.
///
/// The body's columns follow one another, each padded with zeros to a multiple of 8 bytes:
///
/// | bytes | what |
/// |---|---|
/// | 8 n | offset of each picture in the (inflated) archive |
/// | 8 n | length of each picture |
/// | 4 n | where each key ends |
/// | 4 n | where each sample's tags end |
/// | 4 n | label: a position among the class names, -1 for none |
/// | 32 n | SHA-256 of each picture, with flag 2; zeros where it could not be read |
/// | 8 n | width and height of each picture, 4 bytes each, with flag 2; 0 × 0 where unknown |
/// | | keys, without the shard's prefix |
/// | | tags, each ended by a newline |
/// | | class names, each ended by a newline, in bytewise order |
/// | | with flag 4 notes (`ShardNotes`), a line each; problems, each a key, a tab, a reason and a newline |
struct ShardIndexLayout: Equatable {
  static let headerBytes = 128
  static let checked = CheckedHeader(
    of: "shard's index", letters: "HALCSHRD", versions: 2...2, byteCount: headerBytes)
  static let blockBytes = 1 << 16
  static let mostListedProblems = 1000
  static let readInOrder: UInt32 = 1
  static let withHashes: UInt32 = 2
  static let withNotes: UInt32 = 4

  let offsets: Range<Int>
  let lengths: Range<Int>
  let keyEnds: Range<Int>
  let tagEnds: Range<Int>
  let labels: Range<Int>
  let hashes: Range<Int>
  let sizes: Range<Int>
  let keys: Range<Int>
  let tags: Range<Int>
  let names: Range<Int>
  let problems: Range<Int>
  let bodyBytes: Int

  /// Lays the body out, or nil when it would be larger than any file.
  init?(
    samples: Int, keyBytes: Int, tagBytes: Int, nameBytes: Int, problemBytes: Int,
    hasHashes: Bool
  ) {
    let most = 1 << 40
    for count in [samples, keyBytes, tagBytes, nameBytes, problemBytes] {
      guard count >= 0, count <= most else { return nil }
    }
    var end = 0
    func column(_ bytes: Int) -> Range<Int> {
      defer { end += (bytes + 7) / 8 * 8 }
      return end..<end + bytes
    }
    offsets = column(8 * samples)
    lengths = column(8 * samples)
    keyEnds = column(4 * samples)
    tagEnds = column(4 * samples)
    labels = column(4 * samples)
    hashes = column(hasHashes ? 32 * samples : 0)
    sizes = column(hasHashes ? 8 * samples : 0)
    keys = column(keyBytes)
    tags = column(tagBytes)
    names = column(nameBytes)
    problems = column(problemBytes)
    bodyBytes = end
  }

  /// How many blocks the body has.
  var blockCount: Int { (bodyBytes + Self.blockBytes - 1) / Self.blockBytes }

  /// Where the body begins in the file.
  var bodyStart: Int { Self.headerBytes + 8 * blockCount }
}
