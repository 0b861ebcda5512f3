import Foundation

/// One thread's share of ranking blocks in memory: it compares whole columns with the limits of the
/// classes and writes what is not below them straight into the room of the classes.
///
/// A class gives each thread a stretch of its room at a time, under a lock; inside it the thread
/// writes alone. What finds no room waits here. `TopImagesPerClass.settle(_:)` closes the gaps that
/// the stretches leave, once all threads have stopped, and finds new limits.
/// - Complexity: O(1) a row, some 2 cycles for a row that does not pass.
final class BlockFilter: @unchecked Sendable {
  /// Part of a class's room that this thread alone writes to, the next entry first.
  struct Stretch {
    var next: UnsafeMutablePointer<RankingEntry>?
    var end: UnsafeMutablePointer<RankingEntry>?
  }

  /// An entry that found no room, and its class.
  struct Candidate {
    var entry: RankingEntry
    var `class`: Int
  }

  /// As many entries wait for room at most before the threads stop, but for those of a last block.
  static let patience = 1 << 16

  let stretches: UnsafeMutableBufferPointer<Stretch>
  var waiting: [Candidate] = []
  /// How many samples had a class but a score that is not a number.
  private(set) var nanCount = 0

  private let top: TopImagesPerClass
  private let shard: UInt32
  private let stretchLength: Int
  /// A score below this is out; −∞ for numbers that are no class, so that they are looked at.
  private let limits: UnsafeMutableBufferPointer<Float>
  private let passing: PassingRows
  /// How many rows of each column passed when it was last compared, and among how many.
  private var shares: [(passed: Int, rows: Int)]

  /// A share among `threads` that write to the room of the classes.
  init(_ top: TopImagesPerClass, shard: UInt32, columns: Int, threads: Int) {
    self.top = top
    self.shard = shard
    // Stretches of all threads that are used in part take an eighth of the spare room.
    let spare = top.imagesPerClass / 4
    stretchLength = min(max(spare / (4 * max(threads, 1)) & ~3, 4), 128)
    stretches = .allocate(capacity: top.classCount)
    stretches.initialize(repeating: Stretch())
    limits = .allocate(capacity: max(top.classCount, 1 << 16))
    limits.initialize(repeating: -.infinity)
    passing = PassingRows(limits: limits)
    shares = Array(repeating: (1, 1), count: columns)
    updateLimits()
  }

  deinit {
    stretches.deallocate()
    limits.deallocate()
  }

  /// Takes over what the ranking knows.
  func updateLimits() {
    var least = Float.infinity
    for index in 0..<top.classCount {
      limits[index] = top.lowestScore(ofClass: index)
      least = min(least, limits[index])
    }
    passing.leastLimit = least
  }

  /// Takes some rows of a block into account.
  /// - Throws: `RankingError` when a class is beyond the classes.
  func filter(_ block: ScoreBlock, _ rows: Range<Int>) throws {
    guard !rows.isEmpty else { return }
    for column in shares.indices {
      if block.layout.classBytes == 2 {
        try filter(block, column, block.classes(column: column, as: UInt16.self), rows)
      } else {
        try filter(block, column, block.classes(column: column, as: UInt32.self), rows)
      }
    }
  }

  private func filter<Class: FixedWidthInteger & BitwiseCopyable>(
    _ block: ScoreBlock, _ column: Int, _ classes: UnsafeBufferPointer<Class>, _ rows: Range<Int>
  ) throws {
    let scores = block.scores(column: column)
    let keyHashes = block.keyHashes
    let first = SampleID(shard: shard, position: UInt32(block.firstPosition)).packed
    let found = passing.find(
      scores, classes, rows, expectsFew: shares[column].passed < shares[column].rows / 16)
    shares[column] = (found.count, rows.count)
    guard let stretches = stretches.baseAddress else { return }
    let classCount = top.classCount
    for index in found {
      let row = Int(index)
      let (label, score) = (Int(truncatingIfNeeded: classes[row]), scores[row])
      guard label < classCount else {
        guard classes[row] == .max else { throw block.fault(row) }
        continue
      }
      guard !score.isNaN else {
        // As many columns as P are not numbers then; the sample counts once.
        if column == 0 { nanCount += 1 }
        continue
      }
      let entry = RankingEntry(
        first: RankKey.of(score: score, keyHash: keyHashes[row]), second: first &+ UInt64(row))
      guard let next = stretches[label].next, next != stretches[label].end else {
        place(entry, label)
        continue
      }
      // One store instead of two: stores wait for memory here, and only so many can.
      UnsafeMutableRawPointer(next).storeBytes(
        of: SIMD2(entry.first, entry.second), as: SIMD2<UInt64>.self)
      stretches[label].next = next + 1
    }
  }

  /// Asks for another stretch of a class's room.
  @inline(never)
  private func place(_ entry: RankingEntry, _ label: Int) {
    guard top.quotas[label] > 0 else { return }
    let stretch = top.stretch(ofClass: label, stretchLength)
    guard let next = stretch.next else {
      waiting.append(Candidate(entry: entry, class: label))
      return
    }
    next.initialize(to: entry)
    stretches[label] = Stretch(next: next + 1, end: stretch.end)
  }
}

extension TopImagesPerClass {
  /// The next `length` entries of a class's room, or what is left of it.
  fileprivate func stretch(ofClass index: Int, _ length: Int) -> BlockFilter.Stretch {
    locks[index >> stripeShift].withLock {
      let state = states[index]
      let length = min(length, state.limit - state.count)
      guard length > 0, let base = region.entries.baseAddress else { return BlockFilter.Stretch() }
      states[index].count += length
      let next = base + (state.start + state.count)
      return BlockFilter.Stretch(next: next, end: next + length)
    }
  }

  /// Puts the entries of every class side by side and takes in what waits, once no filter writes.
  ///
  /// - Parameters:
  ///   - filters: Those that wrote.
  ///   - threads: How many threads work at it.
  ///   - ranks: Lets every class with as many entries as this begin at the one of this rank.
  /// - Returns: The classes that begin higher now.
  func settle(_ filters: [BlockFilter], threads: Int, beginningAt ranks: [Int]? = nil) -> [Int] {
    Threads.perform(threads, parts: classCount) { self.closeGaps($0, filters) }
    for filter in filters {
      for candidate in filter.waiting { admit(candidate.entry, to: candidate.class) }
      filter.waiting.removeAll(keepingCapacity: true)
    }
    var raised: [Int] = []
    if let ranks {
      raised = (0..<classCount).filter { ranks[$0] > 0 && states[$0].count >= ranks[$0] }
      Threads.perform(threads, parts: raised.count) { [raised] part in
        self.cut(raised[part], to: ranks[raised[part]])
      }
    }
    filters.forEach { $0.updateLimits() }
    return raised
  }

  /// Moves the last entries of a class into what is left of the filters' stretches.
  private func closeGaps(_ index: Int, _ filters: [BlockFilter]) {
    guard let base = region.entries.baseAddress else { return }
    let start = base + states[index].start
    var end = start + states[index].count
    // The highest gap first: what lies above a gap is then without any.
    while let filter = filters.max(by: { $0.gapEnd(index) < $1.gapEnd(index) }),
      let gap = filter.stretches[index].next, let gapEnd = filter.stretches[index].end
    {
      filter.stretches[index] = BlockFilter.Stretch()
      let moved = min(gapEnd - gap, end - gapEnd)
      gap.update(from: end - moved, count: moved)
      end -= gapEnd - gap
    }
    states[index].count = end - start
  }
}

extension BlockFilter {
  fileprivate func gapEnd(_ index: Int) -> UInt { UInt(bitPattern: stretches[index].end) }
}
