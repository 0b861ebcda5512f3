import Files

/// What to select from scored shards, and how: the scores are computed once and selected from often.
///
/// ```swift
/// var request = SelectionRequest(shards: shards, classesPerSample: 10, imagesPerClass: 16_000)
/// request.fraction = try SampleFraction(0.1, seed: 0)
/// let (selection, reading) = try request.select(writingTo: "selected.bin") { id in key(of: id) }
/// ```
public struct SelectionRequest: Sendable {
  /// The scored shards, each index once, in any order.
  public var shards: [ScoredShard]
  /// P′, how many classes of a sample take part; at most the files' P.
  public var classesPerSample: Int
  /// K, how many images a class gets at most.
  public var imagesPerClass: Int
  /// The lowest log-odds that may be selected.
  public var minimumScore: Float = -.infinity
  /// Which part of the samples takes part.
  public var fraction = SampleFraction.all
  /// Which images a class gets.
  public var strategy = SelectionStrategy.balanced
  /// Whether the images of a class with fewer than K are repeated until they are K.
  ///
  /// `Selection.repeats` then says how often each stands in a pass: K divided by how many there are,
  /// once more for the first ranks where that leaves something over, and for an image with several
  /// labels the most of them. Off, no file changes.
  public var fillsByRepetition = false
  /// The names of shards that are not among `shards` because they have no scores.
  public var missingShards: [String] = []
  /// Whether to select although shards are missing.
  public var allowsMissingShards = false
  /// How many threads read and rank, a thread a core unless said; the result does not depend on it.
  public var threads: Int

  /// Changes a block's keys' hashes and scores once its checksum is verified.
  @_spi(Benchmarks) public typealias Disturbance =
    @Sendable (
      _ shard: Int, _ keyHashes: UnsafeMutableBufferPointer<UInt64>,
      _ scores: UnsafeMutableBufferPointer<Float>
    ) -> Void

  /// Changes each block that is read, so that one score file can be read as many shards.
  @_spi(Benchmarks) public var disturbance: Disturbance?

  /// Reads and verifies every block and selects nothing: the least time that a selection can take.
  /// - Returns: The number of samples.
  /// - Throws: What reading throws.
  @_spi(Benchmarks) public func readOnly() throws -> Int {
    try ScoreBlockReader(self).reduce(into: 0) { $0 += $1.count }.reduce(0, +)
  }

  /// Asks for the K images with the highest scores of every class.
  public init(
    shards: [ScoredShard], classesPerSample: Int, imagesPerClass: Int, threads: Int? = nil
  ) {
    self.shards = shards
    self.classesPerSample = classesPerSample
    self.imagesPerClass = imagesPerClass
    self.threads = threads ?? Threads.cores
  }
}

extension SelectionRequest {
  /// Selects in memory: 28 bytes a label, besides what ranking takes.
  ///
  /// The result is the same to the byte for any order of `shards` and any number of threads.
  /// - Parameter key: The key of a sample, asked for only when score and half the hash of two are
  ///   equal, one at a time.
  /// - Returns: The selection, and what reading the scores came across.
  /// - Throws: `RankingError` when shards are missing, were scored differently, are named twice or are
  ///   damaged, or when the request contradicts them; `FileError`.
  /// - Complexity: O(samples · P′ + labels · log labels) time.
  public func select(
    key: @escaping (SampleID) -> String
  ) throws -> (selection: Selection, reading: Selection.Reading) {
    try select(writingTo: nil, key: key)
  }

  /// Selects into the file at `path` and maps it: 20 bytes a label at most, whatever the collection.
  ///
  /// The file is the same to the byte for any order of `shards` and any number of threads.
  /// - Parameters:
  ///   - path: Where `selected.bin` is written.
  ///   - key: The key of a sample, asked for only when score and half the hash of two are equal, one
  ///     at a time.
  /// - Returns: The selection, and what reading the scores came across.
  /// - Throws: As `select(key:)`, and `FileError` naming `path`.
  /// - Complexity: O(samples · P′ + labels · log labels) time.
  public func select(
    writingTo path: String?, key: @escaping (SampleID) -> String
  ) throws -> (selection: Selection, reading: Selection.Reading) {
    let candidates = try candidates(perImage: 1, writingTo: path, key: key)
    return (candidates.selection, candidates.reading)
  }

  /// Selects more images of each class than are wanted, so that some can be left out: as
  /// `select(writingTo:key:)`.
  /// - Parameters:
  ///   - factor: How many candidates a class has for each image that it is to have, at least 1.
  ///   - others: The same for single classes, by their numbers.
  ///   - path: Where they are written; nil keeps them in memory.
  ///   - key: The key of a sample, asked for one at a time.
  /// - Returns: The candidates, from which `SelectionCandidates.removing(_:writingTo:)` selects.
  /// - Throws: As `select(writingTo:key:)`.
  /// - Complexity: That of a selection of as many images.
  public func candidates(
    perImage factor: Double, inClasses others: [Int: Double] = [:], writingTo path: String?,
    key: @escaping (SampleID) -> String
  ) throws -> SelectionCandidates {
    for factor in [factor] + others.values where !(1...1e6 ~= factor) {
      throw RankingError.invalidArgument(
        "cannot select \(factor) candidates for each image; 2 are usual, 1 the least")
    }
    let classCount = try checkedClassCount()
    let samples = shards.reduce(0) { $0 + $1.record.count }
    var options = ScoreFilter.Options(classesPerSample: classesPerSample, fraction: fraction)
    var quotas = Array(repeating: imagesPerClass, count: classCount)
    switch strategy {
    case .balanced: break
    case .unbalanced(let shares): quotas = try self.quotas(shares, classes: classCount)
    case .tags(let tags, let seed):
      (options.tags, options.randomSeed) = (tags, seed)
      options.minimumScore = minimumScore
    case .tagsRanked(let tags): options.tags = tags
    }
    let asked = quotas.enumerated().map { index, quota in
      Int((Double(quota) * (others[index] ?? factor)).rounded(.up))
    }
    // No class gets more rows than there are, however large K.
    let rows = samples * classesPerSample
    let limits = asked.map { min($0, rows) }
    guard limits.reduce(0, +) <= SelectionRows.limit else {
      throw RankingError.invalidArgument(
        "\(classCount) classes of \(asked.max() ?? 0) images are more than "
          + "\(SelectionRows.limit) labels; lower K")
    }
    let numbers = SampleNumbers(shards)
    let ranking = ScoreRanking(
      request: self, quotas: limits, options: options, numbers: numbers,
      order: RankingOrder { key(numbers.id($0)) })
    let (top, reading) = try ranking.ranked()
    let selection = try Selection(
      top.rows(
        of: .samples(numbers), count: numbers.count, isRandom: options.randomSeed != nil,
        threads: threads),
      imagesPerClass: asked.max() ?? 0,
      classesPerSample: classesPerSample, filling: fillsByRepetition ? asked : nil,
      writingTo: path, threads: threads)
    return SelectionCandidates(
      selection: selection, reading: reading, imagesPerClass: quotas, asked: asked)
  }

  private func quotas(_ shares: ClassShares, classes: Int) throws -> [Int] {
    switch shares {
    case .counts(let counts):
      guard counts.count == classes, counts.allSatisfy({ $0 >= 0 && $0 <= Int(UInt32.max) }) else {
        throw RankingError.invalidArgument(
          "\(counts.count) numbers of images per class do not fit \(classes) classes")
      }
      return counts
    case .zipf(let exponent):
      guard exponent.isFinite, exponent >= 0 else {
        throw RankingError.invalidArgument("a Zipf exponent of \(exponent) is not 0 or above")
      }
      let counts = CandidateCounts(
        classes: classes, classesPerSample: classesPerSample, minimumScore: minimumScore,
        fraction: fraction)
      let candidates = try ScoreBlockReader(self).reduce(into: counts) { $0.add($1) }
      let sums = (0..<classes).map { index in candidates.reduce(0) { $0 + $1.counts[index] } }
      return ClassShares.zipf(
        exponent: exponent, candidates: sums, imagesPerClass: imagesPerClass)
    }
  }
}
