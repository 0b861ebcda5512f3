extension Recipe {
  /// How accuracy is measured.
  public struct Evaluation: Equatable, Sendable {
    /// Pictures a forward pass measures at once.
    public var batch = 64
    /// Validation accuracy after every so many images; nil means at the end of a stage only.
    public var everyImages: Int?

    /// The defaults.
    public init() {}
  }

  /// How often a run is saved.
  public struct Checkpoints: Equatable, Sendable {
    /// Steps between two checkpoints.
    public var everySteps = 1_000
    /// How many of the newest checkpoints stay.
    public var keep = 2

    /// The defaults.
    public init() {}
  }

  /// What the report shows.
  public struct Report: Equatable, Sendable {
    /// The ranks whose pictures are shown; empty means 1, K/16, K/8, K/4, K/2 and K.
    public var ranks: [Int] = []

    /// The defaults.
    public init() {}
  }
}
