import Files
public import ImageData
public import Terminal

/// What is written and shown while a training goes on.
public struct TrainingRecords {
  /// The table with a row for every logged step, `metrics.csv`; nil writes none.
  public var metricsPath: String?
  /// Where the training is saved, to go on from there; nil saves nothing.
  public var checkpoints: CheckpointFolder?
  /// The list of pictures that could not be read, `bad-samples.csv`, where there are any; nil writes none.
  public var badSamplesPath: String?
  /// Where the first step that could not be taken is kept, so that it can be looked into; nil keeps none.
  public var capturesPath: String?
  /// How many pictures may be unreadable before the training ends.
  public var unreadableLimit = BadSamples.Limit()
  /// The console that shows progress.
  public var console = Console(quiet: true)
  /// Where what happens is noted, and under which name; nil notes nothing.
  package var log: (file: EventLog, name: String)?

  /// No records: the network is all that is left of the training.
  public init() {}

  /// What is left of these to a process whose group's first one keeps them.
  func ofMember() -> Self {
    var records = Self()
    (records.unreadableLimit, records.capturesPath) = (unreadableLimit, capturesPath)
    records.console = .silent
    return records
  }

  /// `metrics.csv`, `checkpoints/` and `bad-samples.csv` in the folder at `path`, from which the same
  /// training goes on.
  public init(folder path: String, everySteps: Int = 1000) {
    metricsPath = "\(path)/metrics.csv"
    checkpoints = CheckpointFolder(path: "\(path)/checkpoints", everySteps: everySteps)
    badSamplesPath = "\(path)/bad-samples.csv"
    capturesPath = "\(path)/refused"
    console = Console()
  }
}
