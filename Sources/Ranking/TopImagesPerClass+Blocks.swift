extension TopImagesPerClass {
  /// The score below which no row of a class can be selected any more.
  ///
  /// +∞ for a class that takes none, which only +∞ and what is not a number pass.
  func lowestScore(ofClass index: Int) -> Float {
    states[index].limit == 0 ? .infinity : RankKey.score(of: states[index].lastKey)
  }

  /// Takes every row of blocks in memory into account.
  ///
  /// Where the blocks hold many more rows than are kept, one row in 32 is ranked first, and the
  /// score above which enough of these stand is where each class begins. A class that is not full in
  /// the end although rows below its beginning were left out is ranked again without one, so the
  /// result is exact.
  /// - Parameters:
  ///   - blocks: The blocks of one shard.
  ///   - shard: The index of the shard.
  ///   - threads: How many threads work at it; the result does not depend on them.
  /// - Throws: `RankingError` when a block is not of these classes.
  public func insert(_ blocks: [ScoreBlock], shard: UInt32, threads: Int = 1) throws {
    guard let first = blocks.first else { return }
    let layout = first.layout
    guard
      blocks.allSatisfy({
        $0.layout.classCount == classCount
          && $0.layout.classesPerSample == layout.classesPerSample
      })
    else {
      throw RankingError.invalidArgument(
        "the blocks do not all hold P = \(layout.classesPerSample) of \(classCount) classes")
    }
    let options = ScoreFilter.Options(classesPerSample: layout.classesPerSample)
    let rows = blocks.reduce(0) { $0 + $1.count } * layout.classesPerSample
    let isNew = (0..<classCount).allSatisfy { states[$0].count == 0 }
    let raised =
      isNew && rows / 3 > classCount * imagesPerClass
      ? try raiseMinima(toTopOf: blocks, options, threads: threads) : []
    try pass(blocks, shard: shard, options, threads: threads)

    let poor = Set(raised.filter { states[$0].count < quotas[$0] })
    guard !poor.isEmpty else { return }
    poor.forEach(empty)
    let again = TopImagesPerClass(
      quotas: (0..<classCount).map { poor.contains($0) ? quotas[$0] : 0 },
      minimumScore: minimumScore, order: order)
    try again.pass(blocks, shard: shard, options, threads: threads)
    for index in poor { again.slice(of: index).forEach { admit($0, to: index) } }
  }

  private func pass(
    _ blocks: [ScoreBlock], shard: UInt32, _ options: ScoreFilter.Options, threads: Int,
    sample: Bool = false
  ) throws {
    let queue = PartQueue(count: blocks.count)
    let counts = try Threads.results(threads) { _ in
      let filter = ScoreFilter(self, options)
      while let index = queue.next() {
        let rows = sample ? blocks[index].sample : nil
        try filter.filter(blocks[index], rows: rows, shard: shard)
      }
      filter.flush()
      return filter.reading.notANumber
    }
    nanCount += counts.reduce(0, +)
  }

  /// Ranks a 32nd of the rows and lets classes begin where enough of them stand above.
  /// - Returns: The classes that do not begin at the lowest score.
  private func raiseMinima(
    toTopOf blocks: [ScoreBlock], _ options: ScoreFilter.Options, threads: Int
  ) throws -> [Int] {
    // Of the first K, K/32 are expected among the sample; four standard deviations more make it
    // unlikely that the sample's row of this rank is itself among the first K.
    let ranks = quotas.map { quota in
      let expected = Double(quota) / 32
      return quota == 0 ? 0 : Int(expected + 4 * expected.squareRoot()) + 4
    }
    let sample = TopImagesPerClass(
      quotas: ranks, minimumScore: minimumScore, spare: 3, order: order)
    try sample.pass(blocks, shard: 0, options, threads: threads, sample: true)
    var raised: [Int] = []
    for index in 0..<classCount where sample.states[index].count >= ranks[index] {
      guard ranks[index] > 0 else { continue }
      sample.cut(index)
      raiseMinimum(ofClass: index, to: sample.lowestScore(ofClass: index))
      raised.append(index)
    }
    return raised
  }
}

extension ScoreBlock {
  /// The rows of a run of a 32nd of the samples, at a place that the first key decides.
  var sample: Range<Int> {
    let length = (count + 31) / 32
    let start = Int(KeyHash.finalized(keyHash(at: 0)) % UInt64(count - length + 1))
    return start..<(start + length)
  }
}
