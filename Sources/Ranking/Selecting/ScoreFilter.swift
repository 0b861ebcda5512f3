/// One thread's share of a ranking: it compares whole columns with the limits of the classes and
/// writes what is not below them straight into the room of the classes.
///
/// A class gives each thread a stretch of its room at a time, under a lock; inside it the thread
/// writes alone. What finds no room waits here, until all threads have stopped and
/// `TopImagesPerClass.settle(_:)` has closed the gaps that the stretches leave, made room and found
/// new limits. Old limits only let more through.
/// - Complexity: O(1) a row, some 2 cycles for a row that does not pass.
final class ScoreFilter: @unchecked Sendable {
  /// What takes part.
  struct Options: Sendable {
    /// P′, how many classes of a sample.
    var classesPerSample: Int
    /// The part of the samples.
    var fraction = SampleFraction.all
    /// Only images whose tags name the class.
    var tags: SampleTags?
    /// Ranks tagged images in the random order of this seed instead of by score.
    var randomSeed: UInt64?
    /// The lowest score of a tagged image in random order.
    var minimumScore: Float = -.infinity
  }

  /// Room of a class that this thread alone writes to.
  struct Gap {
    var next: UnsafeMutablePointer<RankingEntry>
    var end: UnsafeMutablePointer<RankingEntry>
  }

  /// As many entries wait for room at most before the threads stop, but for those of a last block.
  static let patience = 1 << 16

  /// What was read so far.
  private(set) var reading = Selection.Reading()

  private let options: Options
  private let top: TopImagesPerClass
  private let gaps: UnsafeMutableBufferPointer<Gap?>
  private let gapLength: Int
  private var waiting: [(entry: RankingEntry, class: Int)] = []
  /// A score below this is out; −∞ for numbers that are no class, so that they are looked at.
  private let limits: UnsafeMutableBufferPointer<Float>
  private let passing: PassingRows
  /// How many rows of each column passed when it was last compared, and among how many.
  private var shares: [(passed: Int, rows: Int)]

  /// A share among `threads` that write to the room of the classes.
  init(_ top: TopImagesPerClass, _ options: Options, threads: Int) {
    self.top = top
    self.options = options
    // What threads have taken and not yet used is an eighth of the spare room.
    let spare = (top.quotas.max() ?? 0) / 4
    gapLength = min(max(spare / (4 * max(threads, 1)) & ~3, 4), 128)
    gaps = .allocate(capacity: top.classCount)
    gaps.initialize(repeating: nil)
    limits = .allocate(capacity: max(top.classCount, 1 << 16))
    limits.initialize(repeating: -.infinity)
    passing = PassingRows(limits: limits)
    shares = Array(repeating: (1, 1), count: options.classesPerSample)
    updateLimits()
  }

  deinit {
    gaps.deallocate()
    limits.deallocate()
  }

  /// Whether so much waits that the threads should stop.
  var isFull: Bool { waiting.count >= Self.patience }

  /// Takes over what the ranking knows.
  func updateLimits() {
    var least = Float.infinity
    for index in 0..<top.classCount {
      limits[index] = top.lowestScore(ofClass: index)
      least = min(least, limits[index])
    }
    passing.leastLimit = least
  }

  /// Gives back what is left of the room that was taken of a class.
  func takeGap(ofClass index: Int) -> Gap? {
    defer { gaps[index] = nil }
    return gaps[index]
  }

  /// Calls `body` with what waits; then nothing does.
  func takeWaiting(_ body: (RankingEntry, Int) -> Void) {
    for (entry, label) in waiting { body(entry, label) }
    waiting.removeAll(keepingCapacity: true)
  }

  // MARK: - Filtering

  /// Takes the samples of a block into account.
  /// - Parameters:
  ///   - block: The block.
  ///   - shard: The index of its shard.
  ///   - number: The number of its first sample.
  /// - Throws: `RankingError` when a class is beyond the classes, what looking tags up throws.
  func filter(_ block: ScoreBlock, shard: Int, number: UInt64) throws {
    reading.count(block, options.fraction)
    let tags = try options.tags?.pairs(in: block, shard: shard, classCount: top.classCount)
    if let seed = options.randomSeed {
      passTagged(tags ?? [], of: block, number: number, order: RandomOrder(seed: seed))
      return
    }
    for column in 0..<options.classesPerSample {
      if block.layout.classBytes == 2 {
        try filter(block, column, block.classes(column: column, as: UInt16.self), tags, number)
      } else {
        try filter(block, column, block.classes(column: column, as: UInt32.self), tags, number)
      }
    }
  }

  private func filter<Class: FixedWidthInteger & BitwiseCopyable>(
    _ block: ScoreBlock, _ column: Int, _ classes: UnsafeBufferPointer<Class>,
    _ tags: [UInt64]?, _ first: UInt64
  ) throws {
    let scores = block.scores(column: column)
    let keyHashes = block.keyHashes
    let fraction = options.fraction
    let expectsFew = shares[column].passed < shares[column].rows / 16
    let found = passing.find(scores, classes, 0..<block.count, expectsFew: expectsFew)
    shares[column] = (found.count, block.count)
    let classCount = top.classCount
    for index in found {
      let row = Int(index)
      let (label, score, keyHash) = (
        Int(truncatingIfNeeded: classes[row]), scores[row], keyHashes[row]
      )
      guard label < classCount else {
        guard classes[row] == .max else { throw block.fault(row) }
        continue
      }
      guard !score.isNaN, fraction.contains(keyHash: keyHash) else { continue }
      if let tags, !tags.containsSorted(UInt64(row) << 32 | UInt64(label)) { continue }
      pass(
        RankingEntry(
          first: RankKey.of(score: score, keyHash: keyHash), second: first &+ UInt64(row)),
        to: label)
    }
  }

  /// Passes tagged images on in random order; one without the class among its P′ scores −∞.
  private func passTagged(
    _ tags: [UInt64], of block: ScoreBlock, number: UInt64, order: RandomOrder
  ) {
    for pair in tags {
      let (row, label) = (Int(pair >> 32), Int(pair & 0xFFFF_FFFF))
      let keyHash = block.keyHash(at: row)
      // Without a first class the image could not be read, or is no image that a teacher can score.
      guard block.class(at: row, column: 0) != nil, !block.score(at: row, column: 0).isNaN,
        options.fraction.contains(keyHash: keyHash)
      else { continue }
      let column = (0..<options.classesPerSample).first {
        block.class(at: row, column: $0) == label && !block.score(at: row, column: $0).isNaN
      }
      let score = column.map { block.score(at: row, column: $0) } ?? -.infinity
      guard score >= options.minimumScore else { continue }
      pass(
        RankingEntry(
          first: order.key(keyHash: keyHash, class: label, score: score),
          second: number + UInt64(row)),
        to: label)
    }
  }

  /// Writes an entry into the room of its class.
  @inline(__always)
  private func pass(_ entry: RankingEntry, to label: Int) {
    guard let gap = gaps[label], gap.next != gap.end else { return place(entry, label) }
    // One store instead of two: stores wait for memory here, and only so many can.
    UnsafeMutableRawPointer(gap.next).storeBytes(
      of: SIMD2(entry.first, entry.second), as: SIMD2<UInt64>.self)
    gaps[label] = Gap(next: gap.next + 1, end: gap.end)
  }

  /// Asks for another stretch of a class's room.
  @inline(never)
  private func place(_ entry: RankingEntry, _ label: Int) {
    guard top.quotas[label] > 0 else { return }
    guard let room = top.room(inClass: label, gapLength), let next = room.baseAddress else {
      waiting.append((entry, label))
      return
    }
    next.initialize(to: entry)
    gaps[label] = Gap(next: next + 1, end: next + room.count)
  }
}

extension ScoreBlock {
  /// The error that a row has an impossible class.
  func fault(_ row: Int) -> RankingError {
    .corruptFile(
      path: path,
      reason: "sample \(firstPosition + row) has a class beyond \(layout.classCount); "
        + "score this shard again")
  }
}

extension [UInt64] {
  /// Whether the sorted array contains `value`.
  fileprivate func containsSorted(_ value: UInt64) -> Bool {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if self[middle] < value { low = middle + 1 } else { high = middle }
    }
    return low < count && self[low] == value
  }
}
