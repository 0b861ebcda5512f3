import Foundation

/// The K images with the highest scores of every class, exactly, from a stream in any order.
///
/// ```swift
/// let top = TopImagesPerClass(classes: 1000, imagesPerClass: 16_000) { id in key(of: id) }
/// top.insert(score: 3.2, class: 17, keyHash: KeyHash.hash(of: "a/b.jpg"), id: id)
/// let best = top.selected(inClass: 17).first
/// ```
///
/// A class keeps up to 5/4·K entries of 16 bytes. When they are full, a selection in linear time keeps
/// the first K of the total order (score descending, hash of the key ascending, key ascending), and
/// what stands at rank K becomes the limit that later rows are compared with. What is kept depends on
/// the set of rows alone, not on their order, on how they were split before `merge(_:)` or on the
/// number of threads.
///
/// Invariants: a class holds every row seen that belongs to its first K; no held score is NaN.
/// - Complexity: amortised O(1) expected a row; at most 20·L·K bytes.
public final class TopImagesPerClass: @unchecked Sendable {
  /// How many classes there are, L.
  public let classCount: Int
  /// How many images a class keeps at most, K: the most of any class where they differ.
  public let imagesPerClass: Int
  /// How many rows had a score that is not a number; they are never selected.
  public internal(set) var nanCount = 0

  /// How many images each class keeps at most.
  let quotas: [Int]
  /// The lowest score that is selected.
  let minimumScore: Float
  let order: RankingOrder
  /// What the classes hold; `entries` of them lie in `slice(of:)`.
  let states: UnsafeMutableBufferPointer<State>
  /// Room for every class, in address space that takes memory only where it is written to.
  let region: EntryRegion
  /// One lock for each `stripe` of classes, held by threads that add to one of them.
  let locks: [NSLock]
  /// Classes of one stripe differ only in their lowest bits, so many of them.
  let stripeShift: Int

  /// What a class holds.
  struct State {
    /// Where its entries begin in the region, and how many fit.
    var start: Int
    var limit: Int
    var count = 0
    /// The rank key at rank K; no key above it is selected.
    var lastKey: UInt64
  }

  /// Keeps the first `imagesPerClass` of each of `classes` classes with at least `minimumScore`.
  /// - Parameters:
  ///   - classes: The number of classes, L.
  ///   - imagesPerClass: The number of images kept of each, K.
  ///   - minimumScore: The lowest score that may be selected; −∞ admits every number.
  ///   - key: The key of a sample, asked for only when score and half the hash of two are equal.
  public convenience init(
    classes: Int, imagesPerClass: Int, minimumScore: Float = -.infinity,
    key: @escaping (SampleID) -> String
  ) {
    self.init(
      quotas: Array(repeating: max(imagesPerClass, 0), count: max(classes, 0)),
      minimumScore: minimumScore, order: RankingOrder(key: key))
  }

  /// Keeps the first `quotas[c]` images of class c.
  /// - Parameters:
  ///   - quotas: The number of images kept of each class.
  ///   - minimumScore: The lowest score that may be selected.
  ///   - rows: No class gets more rows than this.
  ///   - order: The total order.
  init(
    quotas: [Int], minimumScore: Float = -.infinity, rows: Int = .max, order: RankingOrder
  ) {
    classCount = quotas.count
    self.quotas = quotas
    imagesPerClass = quotas.max() ?? 0
    self.minimumScore = minimumScore
    self.order = order
    states = .allocate(capacity: quotas.count)
    var start = 0
    for (index, quota) in quotas.enumerated() {
      let limit = quota == 0 ? 0 : Self.limit(quota, rows: rows)
      let state = State(start: start, limit: limit, lastKey: Self.lastKey(minimumScore))
      states.initializeElement(at: index, to: state)
      start += limit
    }
    region = EntryRegion(capacity: start, spacing: Self.limit(imagesPerClass, rows: rows))
    stripeShift = max(0, Int.bitWidth - max(0, quotas.count - 1).leadingZeroBitCount - 3)
    locks = (0...(max(0, quotas.count - 1) >> stripeShift)).map { _ in NSLock() }
  }

  deinit { states.deallocate() }

  /// How many entries a class with a quota holds before it is cut to it again.
  static func limit(_ quota: Int, rows: Int) -> Int {
    min(quota + max(quota / 4, 16), max(rows, 1))
  }

  /// The highest rank key of a score.
  private static func lastKey(_ score: Float) -> UInt64 { RankKey.of(score: score, keyHash: .max) }

  /// Takes one row into account; rows are inserted by one thread at a time.
  /// - Precondition: `class` is in `0..<classCount`.
  public func insert(score: Float, class index: Int, keyHash: UInt64, id: SampleID) {
    precondition(index >= 0 && index < classCount, "class \(index) of \(classCount)")
    guard !score.isNaN else {
      nanCount += 1
      return
    }
    admit(
      RankingEntry(first: RankKey.of(score: score, keyHash: keyHash), second: id.packed), to: index)
  }

  /// Adds an entry to a class, unless it is known not to be among the first.
  @inline(__always)
  func admit(_ entry: RankingEntry, to index: Int) {
    let state = states[index]
    if entry.first > state.lastKey || state.limit == 0 { return }
    if state.count == state.limit { cut(index) }
    region.entries[state.start + states[index].count] = entry
    states[index].count += 1
  }

  /// Keeps the first K images of a class.
  @inline(never)
  func cut(_ index: Int) {
    if states[index].count > quotas[index] { cut(index, to: quotas[index]) }
  }

  /// Keeps the first `count` images of a class and leaves out rows behind the last of them from now on.
  func cut(_ index: Int, to count: Int) {
    states[index].lastKey = slice(of: index).keepFirst(count, order)
    states[index].count = count
  }

  /// Forgets what a class holds and takes every score from the minimum on again.
  func empty(_ index: Int) {
    states[index].count = 0
    states[index].lastKey = Self.lastKey(minimumScore)
  }

  /// The entries that a class holds.
  func slice(of index: Int) -> RankingEntries {
    region.entries.part(states[index].start..<(states[index].start + states[index].count))
  }

  /// Takes every row that `other` holds into account, as if it had been inserted here.
  /// - Throws: `RankingError` when the two do not rank the same classes to the same depth.
  public func merge(_ other: TopImagesPerClass) throws {
    guard other.quotas == quotas else {
      throw RankingError.invalidArgument(
        "cannot merge the top \(other.imagesPerClass) of \(other.classCount) classes into "
          + "the top \(imagesPerClass) of \(classCount) classes")
    }
    nanCount += other.nanCount
    for index in 0..<classCount {
      for entry in other.slice(of: index) { admit(entry, to: index) }
    }
  }

  /// Cuts every class to K and puts it in the total order, rank 1 first.
  /// - Parameter threads: How many threads work at it; the order does not depend on them.
  public func rank(threads: Int = 1) {
    Threads.perform(threads, parts: classCount) { self.rank($0) }
  }

  /// Puts the first K images of a class in order.
  private func rank(_ index: Int) {
    let kept = min(states[index].count, quotas[index])
    slice(of: index).sortFirst(kept, order)
    if kept < states[index].count { states[index].lastKey = slice(of: index)[kept - 1].first }
    states[index].count = kept
  }

  /// The first K images of a class in the total order, rank 1 first.
  /// - Precondition: `class` is in `0..<classCount`.
  public func selected(inClass index: Int) -> [RankedImage] {
    precondition(index >= 0 && index < classCount, "class \(index) of \(classCount)")
    rank(index)
    return slice(of: index).map { RankedImage(score: RankKey.score(of: $0.first), id: $0.id) }
  }

  /// The first K images of every class in the total order, rank 1 first.
  public func selected() -> [[RankedImage]] {
    (0..<classCount).map(selected(inClass:))
  }
}
