/// Two rows in one integer, whose order is the order of the first and then of the second.
struct RowPair: Hashable, Comparable, Sendable, BitwiseCopyable {
  let bits: UInt64

  init(_ row: UInt32, _ original: UInt32) { bits = UInt64(row) << 32 | UInt64(original) }

  /// The later row.
  var row: Int { Int(bits >> 32) }
  /// The earlier one.
  var original: Int { Int(bits & 0xFFFF_FFFF) }

  @inline(__always)
  static func < (left: Self, right: Self) -> Bool { left.bits < right.bits }
}

extension [RowPair] {
  /// Where the pair of a row stands in the sorted array, which has at most one for each.
  func index(ofRow row: Int) -> Int? {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if self[middle].row < row { low = middle + 1 } else { high = middle }
    }
    return low < count && self[low].row == row ? low : nil
  }
}

/// Pairs as (row, earlier row), of which every row keeps the 8 with the earliest partners.
struct PairList {
  private(set) var pairs: [RowPair] = []
  private var limit = 1 << 20
  private static let mostPerRow = 8

  mutating func append(_ left: UInt32, _ right: UInt32) {
    append(RowPair(max(left, right), min(left, right)))
  }

  mutating func append(_ pair: RowPair) {
    pairs.append(pair)
    if pairs.count >= limit { compact() }
  }

  mutating func append(_ other: PairList) {
    pairs += other.pairs
    if pairs.count >= limit { compact() }
  }

  /// Sorts, and drops what is twice there or one too many.
  mutating func compact() {
    pairs.sort()
    var kept = 0, inRow = 0
    for index in pairs.indices {
      let pair = pairs[index]
      if kept > 0, pairs[kept - 1] == pair { continue }
      inRow = kept > 0 && pairs[kept - 1].row == pair.row ? inRow + 1 : 0
      guard inRow < Self.mostPerRow else { continue }
      pairs[kept] = pair
      kept += 1
    }
    pairs.removeSubrange(kept...)
    limit = max(1 << 20, 2 * kept)
  }
}
