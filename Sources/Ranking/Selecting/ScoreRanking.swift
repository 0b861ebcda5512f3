import Files

/// The first K images of every class, from the score files of a request.
struct ScoreRanking {
  let request: SelectionRequest
  /// How many images each class gets at most.
  let quotas: [Int]
  let options: ScoreFilter.Options
  let numbers: SampleNumbers
  let order: RankingOrder

  /// After how many shares of the blocks limits are found.
  private static let stages = [1, 8, ScoreBlockReader.shareCount]
  /// Beyond so many rows for each one kept the limits rise quickly enough by themselves.
  private static let mostRowsPerKept = 512

  /// Reads all blocks once and keeps the first images of every class, in no order yet.
  ///
  /// Where there are many more rows than are kept, a 64th of the blocks is ranked first, then an
  /// eighth, drawn at random: the score above which enough of these stand is where each class begins
  /// from then on. A class that in the end has fewer than K images before its beginning, behind which rows were left out
  /// (its images stood close together in those blocks, or many have one score), is ranked again without one, by a
  /// second reading, so the result is exact.
  /// - Throws: `RankingError`, `FileError`.
  func ranked() throws -> (top: TopImagesPerClass, reading: Selection.Reading) {
    let top = ranking(quotas)
    let reader = ScoreBlockReader(request)
    let filters = filters(of: top, reader)
    var beginnings = [UInt64?](repeating: nil, count: quotas.count)
    var previous = 0
    for shares in beginsAbove ? Self.stages : [ScoreBlockReader.shareCount] {
      try read(previous..<shares, of: reader, filters, into: top)
      previous = shares
      guard shares < ScoreBlockReader.shareCount else { continue }
      let seen = filters.reduce(0) { $0 + $1.reading.samples }
      let ranks = ranksToBegin(share: Double(seen) / Double(numbers.count))
      // Among equal scores a class may begin behind its first beginning, where rows are gone already.
      for (index, key) in top.begin(at: ranks, threads: request.threads) {
        beginnings[index] = min(beginnings[index] ?? .max, key)
      }
      filters.forEach { $0.updateLimits() }
    }
    try reader.requireIntact()
    try rankAgain(
      quotas.indices.filter { index in
        beginnings[index].map { !top.isWhole(class: index, begunAt: $0) } ?? false
      }, top)

    var reading = filters.reduce(into: Selection.Reading()) { $0.add($1.reading) }
    reading.missingShards = request.missingShards
    return (top, reading)
  }

  private func ranking(_ quotas: [Int]) -> TopImagesPerClass {
    TopImagesPerClass(
      quotas: quotas,
      // A random order knows no lowest score; the filter compares it.
      minimumScore: options.randomSeed == nil ? request.minimumScore : nil,
      rows: numbers.count * options.classesPerSample, order: order)
  }

  private func filters(of top: TopImagesPerClass, _ reader: ScoreBlockReader) -> [ScoreFilter] {
    (0..<reader.threadCount).map { _ in ScoreFilter(top, options, threads: reader.threadCount) }
  }

  /// Takes some shares of the blocks into account, a filter a thread.
  private func read(
    _ shares: Range<Int>, of reader: ScoreBlockReader, _ filters: [ScoreFilter],
    into top: TopImagesPerClass
  ) throws {
    let pass = reader.pass(over: shares)
    repeat {
      pass.resume()
      _ = try Threads.results(filters.count) { thread in
        try pass.read(on: thread) { block, place in
          try filters[thread].filter(
            block, shard: request.shards[place].index,
            number: numbers.firsts[place] + UInt64(block.firstPosition))
          if filters[thread].isFull { pass.pause() }
        }
      }
      top.settle(filters, makingRoom: !pass.isFinished)
    } while !pass.isFinished
  }

  /// Ranks classes that began too high from all rows.
  private func rankAgain(_ classes: [Int], _ top: TopImagesPerClass) throws {
    guard !classes.isEmpty else { return }
    var quotas = Array(repeating: 0, count: quotas.count)
    for index in classes { quotas[index] = self.quotas[index] }
    let again = ranking(quotas)
    let reader = ScoreBlockReader(request)
    try read(
      0..<ScoreBlockReader.shareCount, of: reader, filters(of: again, reader), into: again)
    for index in classes { top.replace(class: index, from: again) }
  }

  /// Whether to find out first where classes begin.
  private var beginsAbove: Bool {
    guard options.tags == nil else { return false }
    let rows = numbers.count * options.classesPerSample
    let kept = quotas.reduce(0, +)
    return rows / 3 > kept && rows / Self.mostRowsPerKept < kept
  }

  /// The rank among a share of the rows at which a class begins.
  ///
  /// That share of the first K is expected there; four and a half standard deviations more make it
  /// unlikely that the row of this rank is itself among the first K.
  private func ranksToBegin(share: Double) -> [Int] {
    quotas.map { quota in
      let expected = Double(quota) * share
      return expected == 0 ? 0 : Int(expected + 4.5 * expected.squareRoot()) + 4
    }
  }
}
