/// The 128 bits of a fingerprint cut into disjoint blocks, so that near ones agree in one of them
/// but for a bit: multi-index hashing (Norouzi, Punjani, Fleet, "Fast exact search in Hamming space
/// with multi-index hashing", TPAMI 2014, doi:10.1109/TPAMI.2013.231).
///
/// If two differ in at most 2 m − 1 bits, one of m blocks has at most one of them (pigeonhole).
/// With 13 blocks that is every pair within 25 bits: among up to 131,072 fingerprints nothing is
/// missed, as long as no bucket holds more than 1,024 (`mostCompared`). More of them need wider
/// blocks, lest the buckets grow with their number, so there are fewer blocks: 8 are certain up to
/// 15 bits, 7 up to 13, 6 up to 11. Real copies differ in the higher frequencies first, which
/// leaves the blocks of the lower ones clean: of scenes' copies that were cropped, resized and
/// encoded again and are within 24 bits, 8 blocks find 99.8 %, 7 find 99.2 % and 6 find 98.2 %.
struct HashBlocks {
  struct Block {
    let start: Int, width: Int

    @inline(__always)
    func key(_ hash: Fingerprint) -> Int {
      let bits: UInt64
      if start >= 64 {
        bits = hash.high >> UInt64(start - 64)
      } else {
        // A shift by 64 gives 0.
        bits = hash.low >> UInt64(start) | hash.high << UInt64(64 - start)
      }
      return Int(truncatingIfNeeded: bits & (1 << UInt64(width) - 1))
    }
  }

  /// Up to so many rows every near pair is found.
  static let mostExactRows = 1 << 17
  /// A fingerprint is compared with at most so many rows of a bucket, the first ones: with a
  /// million rows of one bucket, work grows no faster than their number.
  static let mostCompared = 1024
  let blocks: [Block]

  /// How to cut the fingerprints of `rows` rows.
  /// - Parameters:
  ///   - rows: How many there are.
  ///   - logPerKey: Of the rows that share a key by chance, the binary logarithm: more of them find
  ///     more, and take longer.
  init(rows: Int, logPerKey: Int) {
    let bits = max(1, Int.bitWidth - max(rows, 1).leadingZeroBitCount - logPerKey)
    let count = rows <= Self.mostExactRows ? 13 : min(13, max(5, 128 / bits))
    blocks = (0..<count).map { index in
      let start = 128 * index / count
      return Block(start: start, width: 128 * (index + 1) / count - start)
    }
  }
}

/// Rows sorted by their key in one block, in their own order where it is the same.
struct HashBuckets {
  let block: HashBlocks.Block
  /// The rows of key k stand at `starts[k] ..< starts[k + 1]`.
  private(set) var starts: [UInt32]
  private(set) var rows: [UInt32]

  /// Sorts `rows` by the keys of their hashes.
  /// - Complexity: O(rows + keys), by counting.
  init(_ block: HashBlocks.Block, of hashes: [Fingerprint], rows unsorted: [UInt32]) {
    self.block = block
    var starts = [UInt32](repeating: 0, count: 1 << block.width + 1)
    var rows = [UInt32](repeating: 0, count: unsorted.count)
    hashes.withUnsafeBufferPointer { hashes in
      starts.withUnsafeMutableBufferPointer { starts in
        rows.withUnsafeMutableBufferPointer { rows in
          for row in unsorted { starts[block.key(hashes[Int(row)])] += 1 }
          var end: UInt32 = 0
          for key in starts.indices {
            end += starts[key]
            starts[key] = end
          }
          // From the back, so that rows of one key keep their order; `starts` end up as starts.
          for row in unsorted.reversed() {
            let key = block.key(hashes[Int(row)])
            starts[key] -= 1
            rows[Int(starts[key])] = row
          }
        }
      }
    }
    self.starts = starts
    self.rows = rows
  }
}
