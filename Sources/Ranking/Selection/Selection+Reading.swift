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
}
