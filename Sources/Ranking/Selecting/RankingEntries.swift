import Files

/// Entries in memory that are cut and sorted by their first halves in place.
typealias RankingEntries = UnsafeMutableBufferPointer<RankingEntry>

extension UnsafeMutableBufferPointer<RankingEntry> {
  /// The entries of a range as a buffer of their own.
  @inline(__always)
  func part(_ range: Range<Int>) -> RankingEntries { RankingEntries(rebasing: self[range]) }

  /// The least and the greatest first half.
  var bounds: EntryBounds {
    var bounds = EntryBounds(least: .max, greatest: .min)
    for entry in self {
      bounds.least = Swift.min(bounds.least, entry.first)
      bounds.greatest = Swift.max(bounds.greatest, entry.first)
    }
    return bounds
  }

  /// Moves the first `count` entries of the order to the front, in no particular order; what stands
  /// behind them is then undefined.
  ///
  /// Counts how many entries fall into each of up to 2048 ranges of the first half, keeps those below
  /// the range that holds rank `count`, and goes on inside that range.
  /// - Returns: The first half of the last entry kept.
  /// - Precondition: `count` is in `1...self.count`.
  /// - Complexity: O(entries) unless most share their first halves, whatever their order; memory for
  ///   the entries of one range.
  func keepFirst(_ count: Int, _ ties: some TieBreak) -> UInt64 {
    // [0, low) is kept, [low, high) is undecided, the rest is dropped.
    var (low, high) = (0, self.count)
    while count < high, high - low > 32 {
      let undecided = part(low..<high)
      let bounds = undecided.bounds
      guard bounds.least < bounds.greatest else { break }
      let bits = Swift.min(11, Int.bitWidth - (high - low).leadingZeroBitCount)
      let kept = undecided.keepRanges(upTo: count - low, Digits(bounds, bits: bits))
      high = low + kept.end
      low += kept.decided
    }
    if count < high { part(low..<high).sort(ties) }
    return part(low..<count).bounds.greatest
  }

  /// Moves what lies below the range of rank `count` to the front and that range behind it.
  private func keepRanges(
    upTo count: Int, _ digits: Digits
  ) -> (decided: Int, end: Int) {
    withUnsafeTemporaryAllocation(of: UInt32.self, capacity: digits.count) { counts in
      counts.initialize(repeating: 0)
      for entry in self { counts[digits[entry]] &+= 1 }
      var (range, below) = (0, 0)
      while below + Int(counts[range]) < count {
        below += Int(counts[range])
        range += 1
      }
      let inside = Int(counts[range])
      // Every entry is written to both places, one of which moves on: no branch to mispredict.
      withUnsafeTemporaryAllocation(of: RankingEntry.self, capacity: inside + 1) { undecided in
        var (front, back) = (0, 0)
        for entry in self {
          let digit = digits[entry]
          self[front] = entry
          undecided[back] = entry
          // 1 where the digit is less than the range, and where they are equal.
          front &+= Int(bitPattern: UInt(bitPattern: digit &- range) >> 63)
          back &+= Int(bitPattern: (UInt(bitPattern: digit ^ range) &- 1) >> 63)
          if back == inside, front == below { break }
        }
        for index in 0..<inside { self[below + index] = undecided[index] }
      }
      return (below, below + inside)
    }
  }

  /// Sorts by the first half, then by `ties`.
  ///
  /// Entries are put into as many ranges of the first half as there are entries, then inside the
  /// ranges that hold many; one insertion over all of them puts the others in order. Many entries
  /// are moved in place: an American flag sort (McIlroy, Bostic, McIlroy, "Engineering Radix Sort",
  /// 1993).
  /// - Complexity: O(entries) expected; a copy of at most 65,536 of them.
  func sort(_ ties: some TieBreak) {
    guard count > 32 else { return insertionSort(ties) }
    let bounds = bounds
    guard bounds.least < bounds.greatest else {
      var entries = self
      return entries.sort(by: ties.isOrdered)
    }
    let bits = Swift.min(12, Int.bitWidth - count.leadingZeroBitCount)
    let digits = Digits(bounds, bits: bits)
    if count > 1 << 16 {
      distribute(digits) { part($0).sort(ties) }
    } else {
      scatter(digits) { if $0.count > 16 { part($0).sort(ties) } }
      insertionSort(ties)
    }
  }

  /// Puts the entries into the order of their digits, by way of a copy that fits the processor's
  /// cache, and calls `body` with each range that holds some.
  private func scatter(_ digits: Digits, _ body: (Range<Int>) -> Void) {
    withUnsafeTemporaryAllocation(of: UInt32.self, capacity: digits.count) { places in
      places.initialize(repeating: 0)
      for entry in self { places[digits[entry]] &+= 1 }
      var sum: UInt32 = 0
      for digit in 0..<digits.count { (places[digit], sum) = (sum, sum &+ places[digit]) }
      withUnsafeTemporaryAllocation(of: RankingEntry.self, capacity: count) { sorted in
        for entry in self {
          let digit = digits[entry]
          sorted[Int(places[digit])] = entry
          places[digit] &+= 1
        }
        for index in 0..<count { self[index] = sorted[index] }
      }
      var start = 0
      for digit in 0..<digits.count {
        let end = Int(places[digit])
        if end > start + 1 { body(start..<end) }
        start = end
      }
    }
  }

  /// Puts the entries into the order of their digits in place and calls `body` with each range of
  /// several.
  func distribute(_ digits: Digits, _ body: (Range<Int>) -> Void) {
    withUnsafeTemporaryAllocation(of: Int.self, capacity: 2 * digits.count) { places in
      // places[d] is where the next entry with digit d goes, places[count + d] where they end.
      let ends = UnsafeMutableBufferPointer<Int>(rebasing: places[digits.count...])
      places.initialize(repeating: 0)
      for entry in self { ends[digits[entry]] &+= 1 }
      var sum = 0
      for digit in 0..<digits.count {
        places[digit] = sum
        sum += ends[digit]
        ends[digit] = sum
      }
      for digit in 0..<digits.count {
        while places[digit] < ends[digit] {
          var entry = self[places[digit]]
          var target = digits[entry]
          while target != digit {
            swap(&entry, &self[places[target]])
            places[target] &+= 1
            target = digits[entry]
          }
          self[places[digit]] = entry
          places[digit] &+= 1
        }
      }
      var start = 0
      for digit in 0..<digits.count {
        if ends[digit] > start + 1 { body(start..<ends[digit]) }
        start = ends[digit]
      }
    }
  }

  private func insertionSort(_ ties: some TieBreak) {
    for index in 1..<Swift.max(count, 1) {
      let entry = self[index]
      var place = index
      while place > 0, ties.isOrdered(entry, self[place - 1]) {
        self[place] = self[place - 1]
        place &-= 1
      }
      self[place] = entry
    }
  }
}

extension RankingEntries {
  /// Sorts by the first half, then by `ties`, on several threads.
  func sort(_ ties: some TieBreak & Sendable, threads: Int) {
    guard threads > 1, count > 1 << 16 else { return sort(ties) }
    let digits = Digits(bounds, bits: 11)
    var ranges: [Range<Int>] = []
    distribute(digits) { ranges.append($0) }
    let all = SendableEntries(entries: self)
    Threads.perform(threads, parts: ranges.count) { [ranges] index in
      all.entries.part(ranges[index]).sort(ties)
    }
  }
}

/// Entries of which several threads sort different parts.
private struct SendableEntries: @unchecked Sendable {
  let entries: RankingEntries
}
