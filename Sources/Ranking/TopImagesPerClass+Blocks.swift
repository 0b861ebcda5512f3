extension TopImagesPerClass {
  /// The score below which no row of a class can be selected any more.
  ///
  /// +∞ for a class that takes none, which only +∞ and what is not a number pass.
  func lowestScore(ofClass index: Int) -> Float {
    states[index].limit == 0 ? .infinity : RankKey.score(of: states[index].lastKey)
  }

  /// Takes every row of blocks in memory into account.
  ///
  /// Where the blocks hold many more rows than are kept, a 64th of every block's rows is ranked first,
  /// then an eighth: the score above which enough of these stand is where each class begins from then
  /// on. A class that is not full in the end although rows below its beginning were left out is
  /// ranked again without one, so the result is exact.
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
    let samples = blocks.reduce(0) { $0 + $1.count }
    let isNew = (0..<classCount).allSatisfy { states[$0].count == 0 }
    let begins = isNew && samples * layout.classesPerSample / 3 > classCount * imagesPerClass
    let filters = (0..<max(threads, 1)).map { _ in
      BlockFilter(self, shard: shard, columns: layout.classesPerSample, threads: threads)
    }
    defer { nanCount += filters.reduce(0) { $0 + $1.nanCount } }

    var isRaised = Array(repeating: false, count: classCount)
    var previous = 0
    for parts in begins ? ScoreBlock.stages : [64] {
      let share = previous..<parts
      try pass(blocks, filters) { $0.rows(share) }
      previous = parts
      guard parts < 64 else { continue }
      let seen = blocks.reduce(0) { $0 + $1.rows(0..<parts).count }
      let ranks = beginnings(share: Double(seen) / Double(samples))
      for index in settle(filters, threads: threads, beginningAt: ranks) { isRaised[index] = true }
    }

    let poor = (0..<classCount).map { isRaised[$0] && states[$0].count < quotas[$0] }
    guard poor.contains(true) else { return }
    let again = TopImagesPerClass(
      quotas: (0..<classCount).map { poor[$0] ? quotas[$0] : 0 }, minimumScore: minimumScore,
      order: order)
    let second = filters.map { _ in
      BlockFilter(again, shard: shard, columns: layout.classesPerSample, threads: threads)
    }
    try again.pass(blocks, second) { $0.rows(0..<64) }
    for index in 0..<classCount where poor[index] {
      empty(index)
      again.slice(of: index).forEach { admit($0, to: index) }
    }
  }

  /// Takes some rows of every block into account, a filter a thread.
  private func pass(
    _ blocks: [ScoreBlock], _ filters: [BlockFilter], rows: @Sendable (ScoreBlock) -> Range<Int>
  ) throws {
    let queue = PartQueue(count: blocks.count)
    repeat {
      queue.resume()
      let result = Result {
        _ = try Threads.results(filters.count) { number in
          while let index = queue.next() {
            try filters[number].filter(blocks[index], rows(blocks[index]))
            // Old limits let too much through: find new ones.
            if filters[number].waiting.count >= BlockFilter.patience { queue.pause() }
          }
        }
      }
      _ = settle(filters, threads: filters.count)
      try result.get()
    } while !queue.isEmpty
  }

  /// The rank among a share of the rows at which a class begins.
  ///
  /// That share of the first K is expected there; four and a half standard deviations more make it
  /// unlikely that the row of this rank is itself among the first K.
  private func beginnings(share: Double) -> [Int] {
    quotas.map { quota in
      let expected = Double(quota) * share
      return quota == 0 ? 0 : Int(expected + 4.5 * expected.squareRoot()) + 4
    }
  }
}

extension ScoreBlock {
  /// After how many 64ths of every block limits are found.
  static let stages = [1, 8, 64]

  /// Some 64ths of the rows.
  func rows(_ parts: Range<Int>) -> Range<Int> {
    (count * parts.lowerBound / 64)..<(count * parts.upperBound / 64)
  }
}
