import Files
import Foundation
public import ImageData

/// What is written and shown while a training goes on.
public struct TrainingRecords {
  /// The table of a row a logged step, `metrics.csv`; nil writes none.
  public var metricsPath: String?
  /// Where the training is saved, to go on from there; nil saves nothing.
  public var checkpoints: CheckpointFolder?
  /// Where what happens is noted, and under which name; nil notes nothing.
  public var log: (file: EventLog, name: String)?
  /// The pictures that could not be read, and the list that names them; nil keeps none.
  public var badSamples: (samples: BadSamples, path: String)?
  /// Where the user sees how far it is.
  public var console = Console(quiet: true)

  /// No records: the network is all that is left of the training.
  public init() {}

  /// Rows in `metrics.csv` and checkpoints in `checkpoints/` of the folder at `path`, for `job`, which
  /// goes on from there if it is the same.
  public init(folder path: String, for job: TrainingJob, everySteps: Int = 1000) {
    metricsPath = "\(path)/metrics.csv"
    let identity = job.identity
    checkpoints = CheckpointFolder(
      path: "\(path)/checkpoints", everySteps: everySteps, metadata: ["training": identity]
    ) { $0["training"] == identity }
    console = Console()
  }
}

extension TrainingJob {
  /// What tells this training from others: all that decides what it does, but not the pictures.
  fileprivate var identity: String {
    let words = "\(settings) \(input) \(seed) \(examples.count) \(examples.classCount)"
    return Checksum.sha256(Data(words.utf8))
  }
}
