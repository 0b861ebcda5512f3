/// Which pictures a model is asked about, and what is wanted of its answers.
public struct PredictionRequest: Sendable {
  /// Pictures, folders of them, lists (CSV, TSV, Parquet, or a path a line in a `.txt`), shards as
  /// `halcyon index` takes them, indexes, IDX files; `-` for standard input.
  public var inputs: [String]
  /// A list's split, a folder's subfolder, or train or test of IDX files.
  public var split: String?
  /// Whether zero bytes part the paths on standard input, as `find -print0` writes them.
  public var isNullSeparated = false
  /// Whether shell commands may run that stand in lists and indexes.
  public var allowsCommands = false
  /// How many of the most probable classes are told.
  public var top = 5
  /// Whether the probabilities of all classes are, too.
  public var allScores = false
  /// Is told, on any thread, what somebody who asks should know: what was passed over, which pipe it
  /// waits for.
  public var note: @Sendable (String) -> Void = { _ in }

  /// A request about `inputs`.
  public init(_ inputs: [String], top: Int = 5, allScores: Bool = false) {
    self.inputs = inputs
    self.top = top
    self.allScores = allScores
  }
}
