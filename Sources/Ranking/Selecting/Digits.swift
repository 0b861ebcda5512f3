/// The least and the greatest first half of some entries.
struct EntryBounds {
  var least: UInt64
  var greatest: UInt64
}

/// The highest bits in which the first halves of some entries differ: which of a few ranges of the
/// same width each falls into.
struct Digits {
  private let least: UInt64
  private let shift: UInt64
  /// How many ranges there are, at least 2 where the bounds differ.
  let count: Int

  init(_ bounds: EntryBounds, bits: Int) {
    let span = bounds.greatest - bounds.least
    least = bounds.least
    shift = UInt64(max(0, span.bitWidth - span.leadingZeroBitCount - bits))
    count = Int(span >> shift) + 1
  }

  /// The range of an entry, in `0..<count`.
  @inline(__always)
  subscript(entry: RankingEntry) -> Int {
    Int(truncatingIfNeeded: (entry.first &- least) &>> shift)
  }
}
