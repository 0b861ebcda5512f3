extension Selection {
  /// What reading the scores came across besides the selection itself.
  public struct Reading: Equatable, Sendable {
    /// Samples in the score files, scored or not.
    public var samples = 0
    /// Samples without entries: unreadable or excluded.
    public var withoutEntries = 0
    /// Samples whose scores are not numbers; they were not selected.
    public var notANumber = 0
    /// Samples that the requested fraction leaves out.
    public var outsideFraction = 0
    /// The names of shards that were missing; how many samples they have is not known.
    public var missingShards: [String] = []

    mutating func add(_ other: Self) {
      samples += other.samples
      withoutEntries += other.withoutEntries
      notANumber += other.notANumber
      outsideFraction += other.outsideFraction
    }
  }

  /// Selects the highest of each class in memory: a `SelectionRequest` with nothing else asked for.
  /// - Parameters:
  ///   - shards: The scored shards, each index once, in any order.
  ///   - classesPerSample: P′, how many classes of a sample take part; at most the files' P.
  ///   - imagesPerClass: K, how many images a class gets at most.
  ///   - minimumScore: The lowest log-odds that may be selected.
  ///   - verifyingFiles: Whether each score file's SHA-256 is compared with its record.
  ///   - key: The key of a sample, asked for only when score and half the hash of two are equal.
  /// - Returns: The selection, and what reading the scores came across.
  /// - Throws: As `SelectionRequest.select(key:)`.
  public static func select(
    shards: [ScoredShard], classesPerSample: Int, imagesPerClass: Int,
    minimumScore: Float = -.infinity, verifyingFiles: Bool = true,
    key: @escaping (SampleID) -> String
  ) throws -> (selection: Selection, reading: Reading) {
    var request = SelectionRequest(
      shards: shards, classesPerSample: classesPerSample, imagesPerClass: imagesPerClass)
    request.minimumScore = minimumScore
    request.verifiesFiles = verifyingFiles
    return try request.select(key: key)
  }
}
