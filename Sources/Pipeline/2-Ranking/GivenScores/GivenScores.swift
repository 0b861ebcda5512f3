import Files
import SystemPackage

/// What a user says of scores that another program made.
public struct GivenScores: Sendable {
  /// The files: Parquet, CSV or NPY, read one after another.
  public var files: [String]
  /// For NPY: the files that say which picture a row is of, one for each or one for all.
  public var keys: [String]
  /// What the numbers are.
  public var kind: ScoreKind
  /// What the columns or the numbers of classes mean, in their order; nil where the files say it, or they
  /// are in the order of D's classes.
  public var classes: [String]?

  /// Scores in `files`, which are probabilities unless said otherwise.
  public init(
    files: [String], keys: [String] = [], kind: ScoreKind = .probabilities,
    classes: [String]? = nil
  ) {
    self.files = files
    self.keys = keys
    self.kind = kind
    self.classes = classes
  }

  /// - Throws: `PipelineError.usage` naming the files that are not there, before a run is begun for them.
  public func requireFiles() throws {
    let missing = (files + keys).filter { !FilePath(text: $0).exists }
    guard missing.isEmpty else {
      throw PipelineError.usage("there is no file \(Format.few(missing))")
    }
  }
}
