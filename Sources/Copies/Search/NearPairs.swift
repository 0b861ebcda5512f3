/// The pairs of near hashes among many, and which rows to leave out for them.
///
/// Rows come best first: the earlier of two copies is the one that is worth keeping.
///
/// Chains are not followed: a picture is a duplicate only of a kept picture that it is near itself.
/// With a near b and b near c, but a not near c, union-find would throw b and c away for a; here
/// only b goes. A slow pan or a template with changing pictures would otherwise lose all frames but
/// one.
///
/// Identical hashes are collapsed first, and a row is compared with at most 1,024 earlier rows of a
/// bucket, the best ones, until it has 6 partners there, so that work grows with the rows even
/// where they are all alike: a million of one hash take less time than a million different ones, a
/// million different copies of one picture some ten times more. Of a row's partners the 8 best are
/// kept.
///
/// Of more than 8 million rows a quarter of each block's buckets is in memory at a time, and one of
/// the two quarters that are a bit away from it: 20 bytes a row instead of 40, besides 4 a key.
/// The hashes themselves are read again for every quarter.
/// - Complexity: Near-linear: rows × (8 to 16 a bucket) × (keys one bit away) × (blocks) / 2, some
///   1,500 comparisons a row for a million. Besides the hashes, 45 bytes a row up to 8 million rows
///   and 25 beyond, and 8 a pair.
struct NearPairs {
  /// The pairs by row, then by original, at most 8 a row.
  let pairs: [RowPair]
  /// The rows that have the same hash as an earlier one; their one pair is with the first of them.
  private let identical: RowSet

  /// Up to so many rows all buckets of a block are in memory at once.
  static let mostAtOnce = 1 << 23

  /// Finds the pairs among `hashes`; those without information have none, nor have `copies`.
  /// - Throws: `CopiesError.argument` when there are too many rows; what reading them throws.
  init(
    among hashes: HashColumn<PerceptualHash>, without copies: RowSet? = nil, within distance: Int,
    threads: Int? = nil, mostAtOnce: Int = mostAtOnce
  ) throws {
    guard hashes.count < 1 << 31 else {
      throw CopiesError.argument(
        "\(hashes.count) pictures are too many to compare at once; compare fewer than 2^31")
    }
    let collapsed = try EqualRows.find(in: hashes, threads: threads) { row, hash in
      hash.carriesInformation && copies?.contains(row) != true ? hash.mixed : nil
    }
    var identical = RowSet(count: hashes.count)
    var others = copies ?? identical
    var list = PairList()
    for pair in collapsed {
      identical.insert(pair.row)
      others.insert(pair.row)
      list.append(pair)
    }
    let entries = HashEntries(hashes: hashes, others: others)
    let count = try entries.count
    for block in HashBlocks(rows: count, logPerKey: 4).blocks {
      let join = BucketJoin(block, of: entries, within: distance, threads: threads)
      if hashes.count <= mostAtOnce {
        try join.run(adding: &list)
      } else {
        try join.runInQuarters(adding: &list)
      }
    }
    list.compact()
    (pairs, self.identical) = (list.pairs, identical)
  }

  /// The rows to leave out, in order, each with the kept row that it is near.
  var leftOut: [RowPair] {
    var leftOut: [RowPair] = []
    guard let last = pairs.last else { return [] }
    var isLeftOut = RowSet(count: last.row + 1)
    for pair in pairs where leftOut.last?.row != pair.row {
      var original = pair.original
      if isLeftOut.contains(original) {
        // What has a left-out row's hash shares its fate; what is only near it does not.
        guard identical.contains(pair.row), let index = leftOut.index(ofRow: original)
        else { continue }
        original = leftOut[index].original
      }
      leftOut.append(RowPair(UInt32(pair.row), UInt32(original)))
      isLeftOut.insert(pair.row)
    }
    return leftOut
  }
}

/// The fingerprints that are compared: entry 2 i is the whole of picture i, entry 2 i + 1 its inner
/// part. Two inner parts are never compared: they would say no more than the wholes do.
struct HashEntries: Sendable {
  let hashes: HashColumn<PerceptualHash>
  /// Rows that take no part.
  let others: RowSet

  /// How many entries there are.
  var count: Int {
    get throws {
      var count = 0
      try hashes.forEach(in: 0..<hashes.count) { row, hash in
        if others.contains(row) { return }
        count += hash.whole.carriesInformation ? 1 : 0
        count += hash.inner.carriesInformation ? 1 : 0
      }
      return count
    }
  }

  /// Calls `body` with every entry of some rows whose key is one of `keys`, in order.
  @inline(__always)
  func forEach(
    in rows: Range<Int>, _ block: HashBlocks.Block, _ keys: Range<Int>,
    _ body: (_ entry: UInt32, _ key: Int, Fingerprint) -> Void
  ) throws {
    try hashes.forEach(in: rows) { row, hash in
      @inline(__always)
      func pass(_ fingerprint: Fingerprint, _ part: Int) {
        let key = block.key(fingerprint)
        guard key >= keys.lowerBound, key < keys.upperBound, fingerprint.carriesInformation,
          !others.contains(row)
        else { return }
        body(UInt32(truncatingIfNeeded: 2 &* row &+ part), key &- keys.lowerBound, fingerprint)
      }
      pass(hash.whole, 0)
      pass(hash.inner, 1)
    }
  }
}
