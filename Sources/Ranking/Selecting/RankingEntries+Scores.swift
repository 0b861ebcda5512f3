/// Which of many ranges of scores, all of the same width, a rank key falls into, the highest first.
///
/// Scores crowd in a small part of the bit patterns of floating-point numbers, so ranges of these
/// would mostly be empty. Rounding never changes the order, so the ranges are in order too.
private struct ScoreRanges {
  private let highest: Float
  private let scale: Float

  /// At most 65,535 of them; nil where a bound is not finite, or all scores are equal.
  init?(_ bounds: EntryBounds, count: Int) {
    highest = RankKey.score(of: bounds.least)
    let span = highest - RankKey.score(of: bounds.greatest)
    scale = Float(count - 1) / span
    guard span.isFinite, span > 0, scale.isFinite else { return nil }
  }

  @inline(__always)
  subscript(entry: RankingEntry) -> UInt16 {
    // At most count − 1 and a hundredth; beside 2^23 only the integer nearest to it is left.
    let range = (highest - RankKey.score(of: entry.first)) * scale + 0x1p23
    return UInt16(truncatingIfNeeded: range.bitPattern)
  }
}

extension UnsafeMutableBufferPointer<RankingEntry> {
  /// Moves the first `kept` entries of the order to the front and sorts them; what stands behind them
  /// is then undefined.
  ///
  /// Up to 32,767 entries are put into twice as many ranges of scores, by way of a copy that fits the
  /// processor's cache, and come back by insertion up to the range of rank `kept`.
  /// - Precondition: `kept` is in `0...self.count`.
  /// - Complexity: O(entries) expected.
  func sortFirst(_ kept: Int, _ ties: some TieBreak) {
    guard kept > 0 else { return }
    guard count > 32, count <= Int(Int16.max), let ranges = ScoreRanges(bounds, count: 2 * count)
    else {
      if kept < count { _ = keepFirst(kept, ties) }
      return part(0..<kept).sort(ties)
    }
    withUnsafeTemporaryAllocation(of: UInt16.self, capacity: 3 * count) { numbers in
      let places = UnsafeMutableBufferPointer<UInt16>(rebasing: numbers[count...])
      places.initialize(repeating: 0)
      for index in 0..<count {
        let range = ranges[self[index]]
        numbers[index] = range
        places[Int(range)] &+= 1
      }
      var sum: UInt16 = 0
      var most: UInt16 = 0
      for range in places.indices {
        most = Swift.max(most, places[range])
        (places[range], sum) = (sum, sum &+ places[range])
      }
      withUnsafeTemporaryAllocation(of: RankingEntry.self, capacity: count) { sorted in
        for index in 0..<count {
          let range = Int(numbers[index])
          sorted[Int(places[range])] = self[index]
          places[range] &+= 1
        }
        let end = Int(places[Int(ranges[sorted[kept - 1]])])
        if most > 16 { sorted.sortRanges(places, upTo: end, ties) }
        takeBack(sorted, upTo: end, ties)
      }
    }
  }

  /// Sorts the entries of each range that holds many.
  private func sortRanges(
    _ ends: UnsafeMutableBufferPointer<UInt16>, upTo last: Int, _ ties: some TieBreak
  ) {
    var start = 0
    for end in ends where start < last {
      if Int(end) - start > 16 { part(start..<Int(end)).sort(ties) }
      start = Int(end)
    }
  }

  /// Takes over the first `end` entries of others, which lie close to their places, in order.
  ///
  /// Of two neighbours the later is carried on to the next without a branch, which puts most in order;
  /// the rest are inserted.
  private func takeBack(_ sorted: RankingEntries, upTo end: Int, _ ties: some TieBreak) {
    var carried = sorted[0]
    var last: UInt64 = 0
    for index in 0..<end {
      // The last round carries nothing on.
      let next = index + 1 < end ? sorted[index + 1] : RankingEntry(first: .max, second: .max)
      let isEarlier = index + 1 < end && next.first < carried.first
      let entry = RankingEntry(
        first: isEarlier ? next.first : carried.first,
        second: isEarlier ? next.second : carried.second)
      carried = RankingEntry(
        first: isEarlier ? carried.first : next.first,
        second: isEarlier ? carried.second : next.second)
      self[index] = entry
      if entry.first <= last, index > 0 { insert(index, ties) }
      last = self[index].first
    }
  }

  /// Moves an entry down to its place among those before it, which are in order.
  @inline(never)
  private func insert(_ index: Int, _ ties: some TieBreak) {
    let entry = self[index]
    var place = index
    while place > 0, ties.isOrdered(entry, self[place &- 1]) {
      self[place] = self[place &- 1]
      place &-= 1
    }
    self[place] = entry
  }
}
