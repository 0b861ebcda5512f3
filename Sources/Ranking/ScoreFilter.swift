import Foundation

/// One thread's share of a ranking: it compares whole columns with the limits of the classes and
/// passes on what is not below them.
///
/// The thread has its own copy of the limits, so that comparing takes no lock, and collects what
/// passes for some stripes of classes, each of which has a lock. Old limits only let more through:
/// the ranking compares again. Use: `filter(_:shard:)` for each block, then `flush()`.
/// - Complexity: O(1) a row, some 2 cycles for a row that does not pass.
final class ScoreFilter {
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
  }

  let options: Options
  let top: TopImagesPerClass
  /// What was read so far.
  private(set) var reading = Selection.Reading()

  /// A score below this is out; −∞ for numbers that are no class, so that they are looked at.
  private let limits: UnsafeMutableBufferPointer<Float>
  private let passing: PassingRows
  /// Blocks until the lowest limit is looked for again.
  private var blocksLeft = 0
  private let waiting: UnsafeMutablePointer<Candidate>
  private let waitingCounts: UnsafeMutablePointer<Int>
  private static let room = 1024

  private struct Candidate {
    var entry: RankingEntry
    var `class`: Int
  }

  init(_ top: TopImagesPerClass, _ options: Options) {
    self.top = top
    self.options = options
    limits = .allocate(capacity: max(top.classCount, 1 << 16))
    limits.initialize(repeating: -.infinity)
    passing = PassingRows(limits: limits)
    waiting = .allocate(capacity: top.locks.count * Self.room)
    waitingCounts = .allocate(capacity: top.locks.count)
    waitingCounts.initialize(repeating: 0, count: top.locks.count)
    top.locks.indices.forEach(flush(stripe:))
  }

  deinit {
    limits.deallocate()
    waiting.deallocate()
    waitingCounts.deallocate()
  }

  /// Takes the samples of a block into account.
  /// - Throws: `RankingError` when a class is beyond the classes, what looking tags up throws.
  func filter(_ block: ScoreBlock, shard: UInt32) throws {
    reading.count(block, options.fraction)
    let tags = try options.tags?.pairs(in: block, shard: Int(shard), classCount: top.classCount)
    if let seed = options.randomSeed {
      try passTagged(tags ?? [], of: block, shard: shard, order: RandomOrder(seed: seed))
      return
    }
    if blocksLeft == 0 {
      passing.leastLimit = limits[..<top.classCount].min() ?? -.infinity
      blocksLeft = 16
    }
    blocksLeft -= 1
    for column in 0..<options.classesPerSample {
      if block.layout.classBytes == 2 {
        let classes = block.classes(column: column, as: UInt16.self)
        try filter(block, column, classes, tags, shard)
      } else {
        let classes = block.classes(column: column, as: UInt32.self)
        try filter(block, column, classes, tags, shard)
      }
    }
  }

  private func filter<Class: FixedWidthInteger & BitwiseCopyable>(
    _ block: ScoreBlock, _ column: Int, _ classes: UnsafeBufferPointer<Class>,
    _ tags: [UInt64]?, _ shard: UInt32
  ) throws {
    let scores = block.scores(column: column)
    let keyHashes = block.keyHashes
    let fraction = options.fraction
    let first = SampleID(shard: shard, position: UInt32(block.firstPosition)).packed
    for index in passing.find(scores, classes, 0..<block.count, expectsFew: true) {
      let row = Int(index)
      let (label, score, keyHash) = (Int(classes[row]), scores[row], keyHashes[row])
      guard label < top.classCount else {
        guard classes[row] == .max else { throw block.fault(row) }
        continue
      }
      guard !score.isNaN, fraction.contains(keyHash: keyHash) else { continue }
      if let tags, !tags.containsSorted(UInt64(row) << 32 | UInt64(label)) { continue }
      pass(
        RankingEntry(
          first: RankKey.of(score: score, keyHash: keyHash), second: first + UInt64(row)),
        to: label)
    }
  }

  /// Passes tagged images on in random order; one without the class among its P′ scores −∞.
  private func passTagged(
    _ tags: [UInt64], of block: ScoreBlock, shard: UInt32, order: RandomOrder
  ) throws {
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
      guard score >= top.minimumScore else { continue }
      let id = SampleID(shard: shard, position: UInt32(block.firstPosition + row))
      pass(
        RankingEntry(
          first: order.key(keyHash: keyHash, class: label, score: score), second: id.packed),
        to: label)
    }
  }

  @inline(__always)
  private func pass(_ entry: RankingEntry, to label: Int) {
    let stripe = label >> top.stripeShift
    let count = waitingCounts[stripe]
    waiting[stripe &* Self.room &+ count] = Candidate(entry: entry, class: label)
    waitingCounts[stripe] = count &+ 1
    if count == Self.room - 1 { flush(stripe: stripe) }
  }

  /// Passes everything on that still waits.
  func flush() { top.locks.indices.forEach(flush(stripe:)) }

  @inline(never)
  private func flush(stripe: Int) {
    let classes =
      (stripe << top.stripeShift)..<min((stripe + 1) << top.stripeShift, top.classCount)
    top.locks[stripe].withLock {
      let start = stripe * Self.room
      for index in start..<(start + waitingCounts[stripe]) {
        top.admit(waiting[index].entry, to: waiting[index].class)
      }
      for index in classes { limits[index] = top.lowestScore(ofClass: index) }
    }
    waitingCounts[stripe] = 0
  }
}

/// A random order of the images of each class that depends on their keys alone.
///
/// With f = `KeyHash.finalized`, the upper half of a rank key is that of
/// f(f(hash ^ f(seed)) + class · 2^64/φ), the lower half the score, which decides between two images
/// in 2^32.
struct RandomOrder {
  private let salt: UInt64

  init(seed: UInt64) { salt = KeyHash.finalized(seed) }

  func key(keyHash: UInt64, class label: Int, score: Float) -> UInt64 {
    let image = KeyHash.finalized(keyHash ^ salt)
    let draw = KeyHash.finalized(image &+ UInt64(label) &* 0x9E37_79B9_7F4A_7C15)
    return draw & 0xFFFF_FFFF_0000_0000 | UInt64(RankKey.descending(score))
  }

  /// The score in a rank key of this order.
  static func score(of key: UInt64) -> Float {
    RankKey.score(descending: UInt32(truncatingIfNeeded: key))
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
