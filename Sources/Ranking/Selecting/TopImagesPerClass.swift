import Files
import Foundation

/// The K images with the highest scores of every class, exactly, from rows in any order.
///
/// Threads compare rows with the limits of the classes, each through a `ScoreFilter` of its own, and
/// write what passes into the room of its class. A class has room for up to 5/4·K entries of 16 bytes.
/// When it is full, all threads stop, a selection in linear time keeps the first K of the total order
/// (score descending, hash of the key ascending, key ascending), and what stands at rank K becomes the
/// limit that later rows are compared with. What is kept depends on the set of rows alone, not on
/// their order or on the number of threads.
///
/// Invariants, whenever the threads have stopped and `settle(_:)` has run: a class holds every row seen
/// that belongs to its first K, unless `begin` left it out; no held score is NaN.
/// - Complexity: amortised O(1) expected a row; at most 20·L·K bytes.
final class TopImagesPerClass: @unchecked Sendable {
  /// How many classes there are, L.
  let classCount: Int
  /// How many images each class keeps at most, K.
  let quotas: [Int]
  let order: RankingOrder
  /// The highest rank key that is selected.
  private let lastKey: UInt64
  /// Room for every class, in address space that takes memory only where it is written to.
  let region: EntryRegion
  /// What the classes hold; `count` entries of each lie in `slice(of:)`.
  private let states: UnsafeMutableBufferPointer<State>
  /// One lock for each stripe of classes, held by a thread that takes some room of one of them.
  private let locks: [NSLock]
  /// Classes of one stripe differ only in their lowest bits, so many of them.
  private let stripeShift: Int

  /// What a class holds.
  private struct State {
    /// Where its entries begin in the region, and how many fit.
    var start: Int
    var limit: Int
    var count = 0
    /// The rank key at rank K; no key above it is selected.
    var lastKey: UInt64
  }

  /// Keeps the first `quotas[c]` images of class c.
  /// - Parameters:
  ///   - quotas: The number of images kept of each class.
  ///   - minimumScore: The lowest score that may be selected; −∞ admits every number, nil whatever a key is made of.
  ///   - rows: No class gets more rows than this.
  ///   - order: The total order.
  init(quotas: [Int], minimumScore: Float?, rows: Int, order: RankingOrder) {
    classCount = quotas.count
    self.quotas = quotas
    lastKey = minimumScore.map { RankKey.of(score: $0, keyHash: .max) } ?? .max
    self.order = order
    states = .allocate(capacity: quotas.count)
    var start = 0
    for (index, quota) in quotas.enumerated() {
      let limit = quota == 0 ? 0 : Self.limit(quota, rows: rows)
      let state = State(start: start, limit: limit, lastKey: lastKey)
      states.initializeElement(at: index, to: state)
      start += limit
    }
    region = EntryRegion(
      capacity: start, spacing: Self.limit(quotas.max() ?? 0, rows: rows))
    stripeShift = max(0, Int.bitWidth - max(0, quotas.count - 1).leadingZeroBitCount - 3)
    locks = (0...(max(0, quotas.count - 1) >> stripeShift)).map { _ in NSLock() }
  }

  deinit { states.deallocate() }

  /// How many entries a class with a quota holds before it is cut to it again.
  private static func limit(_ quota: Int, rows: Int) -> Int {
    min(quota + max(quota / 4, 16), max(rows, 1))
  }

  /// The score below which no row of a class can be selected any more.
  ///
  /// +∞ for a class that takes none, which only +∞ and what is not a number pass.
  func lowestScore(ofClass index: Int) -> Float {
    states[index].limit == 0 ? .infinity : RankKey.score(of: states[index].lastKey)
  }

  /// How many entries a class holds.
  func count(ofClass index: Int) -> Int { states[index].count }

  /// The entries that a class holds.
  func slice(of index: Int) -> RankingEntries {
    region.entries.part(states[index].start..<(states[index].start + states[index].count))
  }

  // MARK: - Taking rows in

  /// The next `length` entries of a class's room for one thread alone, or what is left of it; nil
  /// where there is none.
  func room(inClass index: Int, _ length: Int) -> RankingEntries? {
    locks[index >> stripeShift].withLock {
      let state = states[index]
      let length = min(length, state.limit - state.count)
      guard length > 0 else { return nil }
      states[index].count += length
      return region.entries.part((state.start + state.count)..<(state.start + state.count + length))
    }
  }

  /// Adds an entry to a class, unless it is known not to be among the first.
  private func admit(_ entry: RankingEntry, to index: Int) {
    let state = states[index]
    if entry.first > state.lastKey || state.limit == 0 { return }
    if state.count == state.limit { cut(index, to: quotas[index]) }
    region.entries[state.start + states[index].count] = entry
    states[index].count += 1
  }

  /// Keeps the first `count` images of a class, if it has more, and leaves out rows behind the last of
  /// them from now on.
  private func cut(_ index: Int, to count: Int) {
    guard states[index].count > count else { return }
    states[index].lastKey = slice(of: index).keepFirst(count, order)
    states[index].count = count
  }

  /// Puts the entries of every class side by side and takes in what waits for room, once no filter
  /// writes.
  /// - Parameters:
  ///   - filters: Those that wrote.
  ///   - makingRoom: Whether more is to come.
  func settle(_ filters: [ScoreFilter], makingRoom: Bool) {
    Threads.perform(filters.count, parts: classCount) { index in
      self.closeGaps(index, filters)
      let state = self.states[index]
      // From half of the room beyond the first K, lest the next rows stop the threads again at once.
      if makingRoom, state.count - self.quotas[index] > (state.limit - self.quotas[index]) / 2 {
        self.cut(index, to: self.quotas[index])
      }
    }
    for filter in filters {
      filter.takeWaiting { admit($0, to: $1) }
    }
    filters.forEach { $0.updateLimits() }
  }

  /// Moves the last entries of a class into what is left of the filters' room.
  private func closeGaps(_ index: Int, _ filters: [ScoreFilter]) {
    guard let base = region.entries.baseAddress else { return }
    let start = base + states[index].start
    var end = start + states[index].count
    // The highest gap first: what lies above a gap is then without any.
    var gaps = filters.compactMap { $0.takeGap(ofClass: index) }
    gaps.sort { $0.end > $1.end }
    for gap in gaps {
      let moved = min(gap.end - gap.next, end - gap.end)
      gap.next.update(from: end - moved, count: moved)
      end -= gap.end - gap.next
    }
    states[index].count = end - start
  }

  // MARK: - Where a class begins

  /// Lets every class with as many entries as its rank begin at the one of this rank: what is behind
  /// it is left out from now on.
  ///
  /// - Parameters:
  ///   - ranks: A rank a class, 0 for one that goes on as it is.
  ///   - threads: How many threads work at it.
  /// - Returns: The classes that begin higher now, each with the rank key of where it begins.
  func begin(at ranks: [Int], threads: Int) -> [(class: Int, key: UInt64)] {
    let raised = (0..<classCount).filter { ranks[$0] > 0 && states[$0].count > ranks[$0] }
    Threads.perform(threads, parts: raised.count) { part in
      self.cut(raised[part], to: ranks[raised[part]])
    }
    return raised.map { ($0, states[$0].lastKey) }
  }

  /// Whether a class that began at `key` has its first K: none of those that were left out is among them.
  ///
  /// Rows that came later were compared by their scores alone. With the score of `key` they may stand behind it, and
  /// rows before them, which came earlier, may have been left out.
  func isWhole(class index: Int, begunAt key: UInt64) -> Bool {
    guard states[index].count >= quotas[index] else { return false }
    return slice(of: index).count { $0.first < key } >= quotas[index]
  }

  /// Takes over the rows of a class from a ranking of the same classes.
  func replace(class index: Int, from other: TopImagesPerClass) {
    empty(index)
    other.slice(of: index).forEach { admit($0, to: index) }
  }

  /// Forgets what a class holds and takes every score from the minimum on again.
  private func empty(_ index: Int) {
    states[index].count = 0
    states[index].lastKey = lastKey
  }

  // MARK: - Ranking

  /// Cuts every class to K and puts it in the total order, rank 1 first.
  /// - Parameter threads: How many threads work at it; the order does not depend on them.
  func rank(threads: Int) {
    Threads.perform(threads, parts: classCount) { index in
      let kept = min(self.states[index].count, self.quotas[index])
      self.slice(of: index).sortFirst(kept, self.order)
      self.states[index].count = kept
    }
  }
}
