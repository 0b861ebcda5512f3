import Files

/// For every row the first one that is equal to it, in a table of 8 bytes a row.
enum FirstRows {
  /// Looks every row up among the earlier ones.
  /// - Parameters:
  ///   - count: The number of rows.
  ///   - hash: A row's hash, well mixed, or nil where the row is equal to none.
  ///   - areEqual: Whether two rows are equal.
  /// - Returns: The first equal row of each; itself where it is the first or has no hash.
  /// - Complexity: O(count) expected.
  @inline(__always)
  static func find(
    count: Int, hash: (Int) -> UInt64?, areEqual: (Int, Int) -> Bool
  ) -> [UInt32] {
    var first = (0..<UInt32(count)).map { $0 }
    let bits = Int.bitWidth - (2 * count).leadingZeroBitCount
    let mask = 1 << bits - 1
    // Rows from 1, as 0 is what was not written.
    let memory = PageMemory<UInt32>(count: mask + 1)
    let table = memory.values
    first.withUnsafeMutableBufferPointer { first in
      for row in 0..<count {
        guard let hash = hash(row) else { continue }
        var slot = Int(truncatingIfNeeded: hash) & mask
        while table[slot] != 0, !areEqual(Int(table[slot]) - 1, row) { slot = (slot + 1) & mask }
        if table[slot] == 0 { table[slot] = UInt32(row) + 1 } else { first[row] = table[slot] - 1 }
      }
    }
    return withExtendedLifetime(memory) { first }
  }

  /// The first row of the same hash; a hash that says nothing is equal to none.
  static func find(_ hashes: [PerceptualHash]) -> [UInt32] {
    hashes.withUnsafeBufferPointer { hashes in
      find(
        count: hashes.count,
        hash: { hashes[$0].carriesInformation ? hashes[$0].mixed : nil },
        areEqual: { hashes[$0] == hashes[$1] })
    }
  }
}

extension PerceptualHash {
  /// 64 bits that depend on all of them.
  var mixed: UInt64 {
    let mix = SplitMix64.finalized
    return mix(whole.low ^ mix(whole.high ^ mix(inner.low ^ mix(inner.high))))
  }
}

extension ContentHash.Prefix {
  /// 64 bits, none of which is just one of the prefix.
  var mixed: UInt64 { SplitMix64.finalized(first) }
}
