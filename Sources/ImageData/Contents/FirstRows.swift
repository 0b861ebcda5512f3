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
    var table = [UInt32](repeating: .max, count: mask + 1)
    first.withUnsafeMutableBufferPointer { first in
      table.withUnsafeMutableBufferPointer { table in
        for row in 0..<count {
          guard let hash = hash(row) else { continue }
          var slot = Int(truncatingIfNeeded: hash) & mask
          while table[slot] != .max, !areEqual(Int(table[slot]), row) { slot = (slot + 1) & mask }
          if table[slot] == .max { table[slot] = UInt32(row) } else { first[row] = table[slot] }
        }
      }
    }
    return first
  }

  /// The first row of the same hash; a hash that says nothing is equal to none.
  static func find(_ hashes: [PerceptualHash]) -> [UInt32] {
    hashes.withUnsafeBufferPointer { hashes in
      find(
        count: hashes.count,
        hash: { row in
          let hash = hashes[row]
          guard hash.carriesInformation else { return nil }
          return mixed(
            hash.whole.low ^ mixed(hash.whole.high ^ mixed(hash.inner.low ^ mixed(hash.inner.high)))
          )
        },
        areEqual: { hashes[$0] == hashes[$1] })
    }
  }

  /// The first row of the same encoded bytes; a picture that could not be read is equal to none.
  static func find(_ contents: [PictureContents]) -> [UInt32] {
    contents.withUnsafeBufferPointer { contents in
      find(
        count: contents.count,
        hash: { row in
          let hash = contents[row].contentHash
          return hash == .none ? nil : mixed(hash.first)
        },
        areEqual: { contents[$0].contentHash == contents[$1].contentHash })
    }
  }

  /// SplitMix64's finaliser.
  private static func mixed(_ value: UInt64) -> UInt64 { KeyedPermutation.mix(value) }
}
