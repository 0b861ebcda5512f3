import CImage
import Files

/// Compares the entries of every bucket of a block with each other and with those of the buckets
/// one bit away.
struct BucketJoin {
  private let block: HashBlocks.Block
  private let entries: HashEntries
  private let distance: Int32
  private let threads: Int
  /// How many partners an entry takes from one bucket: the first ones are the best.
  private static let mostPartners: Int32 = 6

  init(
    _ block: HashBlocks.Block, of entries: HashEntries, within distance: Int, threads: Int?
  ) {
    self.block = block
    self.entries = entries
    self.distance = Int32(clamping: distance)
    self.threads = max(1, threads ?? Threads.cores)
  }

  /// Finds the pairs with all buckets in memory.
  func run(adding list: inout PairList) throws {
    try joinWithin(part(0, of: 1), bits: block.width, &list)
  }

  /// Finds the same pairs with two quarters of the buckets in memory.
  ///
  /// Quarters are those of the keys' two highest bits; each is followed by one that differs in one
  /// of them, and the last is joined with the first once more.
  func runInQuarters(adding list: inout PairList) throws {
    guard block.width >= 2 else { return try run(adding: &list) }
    var last: BucketPart?
    for number in [0, 1, 3, 2] {
      let next = try part(number, of: 4)
      try joinWithin(next, bits: block.width - 2, &list)
      if let last { try joinAcross(last, next, &list) }
      last = next
    }
    if let last { try joinAcross(last, part(0, of: 4), &list) }
  }

  private func part(_ number: Int, of count: Int) throws -> BucketPart {
    let keys = 1 << block.width / count
    return try BucketPart(
      block, keys: number * keys..<(number + 1) * keys, of: entries, threads: threads)
  }

  /// The pairs of buckets whose keys are equal or differ in one of the lowest `bits` bits.
  private func joinWithin(_ part: BucketPart, bits: Int, _ list: inout PairList) throws {
    try join(part.keyCount, &list) { index, list in
      let own = part.bucket(index)
      if own.isEmpty { return }
      compare(part, own, with: part, own, &list)
      for bit in 0..<bits where index >> bit & 1 == 0 {
        let other = part.bucket(index | 1 << bit)
        compareBoth(part, own, part, other, &list)
      }
    }
  }

  /// The pairs of buckets with the same number in two parts.
  private func joinAcross(_ left: BucketPart, _ right: BucketPart, _ list: inout PairList) throws {
    try join(left.keyCount, &list) { index, list in
      let (own, other) = (left.bucket(index), right.bucket(index))
      if !own.isEmpty { compareBoth(left, own, right, other, &list) }
    }
  }

  private func join(
    _ keys: Int, _ list: inout PairList, _ body: @Sendable (Int, inout PairList) -> Void
  ) throws {
    // Shares smaller than a thread's part even out buckets of different sizes.
    let shares = threads == 1 ? 1 : min(keys, 8 * threads)
    let lists = try Threads.results(parts: shares, threads: threads) { share in
      var list = PairList()
      for key in keys * share / shares..<keys * (share + 1) / shares { body(key, &list) }
      return list
    }
    for part in lists { list.append(part) }
  }

  /// Looks for partners of the rows of either bucket in the other one.
  ///
  /// Nearly always there are none, which is quickly seen where both buckets are small.
  @inline(__always)
  private func compareBoth(
    _ part: BucketPart, _ bucket: Range<Int>, _ otherPart: BucketPart, _ other: Range<Int>,
    _ list: inout PairList
  ) {
    if other.isEmpty { return }
    if bucket.count <= 64, other.count <= 64, let words = part.words, let others = otherPart.words,
      cimage_fingerprints_meet(
        words + 2 * bucket.lowerBound, Int32(truncatingIfNeeded: bucket.count),
        others + 2 * other.lowerBound, Int32(truncatingIfNeeded: other.count), distance) == 0
    {
      return
    }
    compare(part, bucket, with: otherPart, other, &list)
    compare(otherPart, other, with: part, bucket, &list)
  }

  /// Looks for partners of each row of `bucket` among the earlier rows of `other`; both are in the
  /// order of their rows.
  private func compare(
    _ part: BucketPart, _ bucket: Range<Int>, with otherPart: BucketPart, _ other: Range<Int>,
    _ list: inout PairList
  ) {
    guard let words = part.words, let others = otherPart.words else { return }
    let otherWords = others + 2 * other.lowerBound
    let last = min(other.upperBound, other.lowerBound + HashBlocks.mostCompared)
    withUnsafeTemporaryAllocation(of: Int32.self, capacity: Int(Self.mostPartners)) { found in
      guard let found = found.baseAddress else { return }
      var end = other.lowerBound
      for place in bucket {
        let row = part.entry(place)
        while end < last, otherPart.entry(end) < row { end += 1 }
        if end == other.lowerBound { continue }
        let count = cimage_fingerprint_matches(
          words + 2 * place, otherWords, Int32(end - other.lowerBound), distance,
          Self.mostPartners, found)
        for hit in 0..<Int(count) {
          let earlier = otherPart.entry(other.lowerBound + Int(found[hit]))
          // Not a picture with itself, nor two inner parts.
          if row >> 1 == earlier >> 1 || row & earlier & 1 == 1 { continue }
          list.append(row >> 1, earlier >> 1)
        }
      }
    }
  }
}
