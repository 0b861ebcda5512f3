import Files
import Foundation
public import Recipes
import SystemPackage

/// The folder in which a run keeps everything: `runs/NAME` unless another is asked for.
///
/// ```
/// recipe.yaml   every default written out      log.jsonl   one JSON object an event
/// baseline/ baseline-long/ 1-teacher/ 3-student/ 4-fine-tuned/
/// 2-ranking/    scores/, selected.bin       index/      what U is, where it comes as shards
/// summary.json  report.html  README.md  manifest.json
/// ```
public struct RunDirectory: Equatable, Sendable {
  /// The folder's path.
  public let path: String

  /// The run directory at `path`; nothing is read or made.
  public init(path: String) { self.path = FilePath(text: path).text }

  /// The run directory of `recipe`: `out`, or `runs/NAME` in the working directory.
  public init(for recipe: Recipe, out: String? = nil) {
    self.init(path: out ?? "runs/\(recipe.name)")
  }

  /// The recipe with every default written out.
  public var recipePath: String { file("recipe.yaml") }
  /// The log: one JSON object an event.
  public var logPath: String { file("log.jsonl") }
  /// The results.
  public var summaryPath: String { file("summary.json") }
  /// The report.
  public var reportPath: String { file("report.html") }
  /// The model card.
  public var modelCardPath: String { file("README.md") }
  /// The checksums of every file.
  public var manifestPath: String { file("manifest.json") }
  /// The folder of the score files.
  public var scoresFolder: String { "\(folder(of: .ranking))/scores" }
  /// The selection.
  public var selectionPath: String { "\(folder(of: .ranking))/selected.bin" }
  /// The index of U, where U is shards and no index of its own; those of labelled sets are beside it,
  /// called `index-labelled`, `index-validation` and `index-test`.
  public var indexFolder: String { file("index") }
  /// What the labelled, validation and test pictures are.
  var knownFolder: String { file("known") }
  var lockPath: String { file(".lock") }

  /// The folder of one stage.
  public func folder(of stage: Stage) -> String { file(stage.folder) }
  /// The weights that a training stage leaves.
  public func modelPath(of stage: Stage) -> String { "\(folder(of: stage))/model.safetensors" }
  /// The table of a training stage's metrics.
  public func metricsPath(of stage: Stage) -> String { "\(folder(of: stage))/metrics.csv" }
  /// The folder of a training stage's checkpoints.
  public func checkpointsFolder(of stage: Stage) -> String { "\(folder(of: stage))/checkpoints" }

  /// How often the network of a stage is right, per class, on the `set` (validation or test).
  func evaluationPath(of stage: Stage, on set: String) -> String {
    "\(folder(of: stage))/evaluation-\(set).json"
  }

  /// What the network of a stage says of each picture of the `set` (validation or test).
  func predictionsPath(of stage: Stage, on set: String) -> String {
    "\(folder(of: stage))/predictions-\(set).csv"
  }

  /// Whether the stage has left its marker, of whichever recipe.
  func isFinished(_ stage: Stage) -> Bool {
    FilePath(text: StageMarker.path(in: folder(of: stage))).exists
  }

  private func file(_ name: String) -> String { "\(path)/\(name)" }

  /// The recipe of the run.
  /// - Throws: `PipelineError` when there is none or it cannot be followed.
  public func recipe() throws -> Recipe {
    try requireRun()
    return try Recipe(contentsOf: recipePath)
  }
}
