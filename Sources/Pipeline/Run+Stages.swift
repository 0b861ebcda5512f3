import Files
import Foundation
import ImageData
import Models
import Recipes
import SystemPackage
import Terminal
import Torch
import Training

/// What a stage that has just ended says of itself.
struct StageOutcome {
  var outputs: [String]
  var seconds: Double
  var imagesSeen: Int
  var accuracies: [String: Double]
  /// How many threads shared each operation of a training, where its result depends on that.
  var threads: Int?
  /// Where and how it was computed, when not by this process.
  var computed: (device: String, precision: String, libtorch: String)?
}

extension Run {
  /// Does `work` unless this run's directory says it is done; then leaves the marker.
  ///
  /// A stage whose output has changed since is refused rather than mended in silence.
  func stage(_ stage: Stage, _ work: () throws -> StageOutcome) throws {
    try StopSignal.check()
    let folder = directory.folder(of: stage)
    switch try decidedByFirst({ try state(of: stage, in: folder) }) {
    case .done:
      console.note("\(stage.title): done")
    case .measured:
      let accuracies =
        stage.isMeasured ? try measure(model(of: stage).load(on: device), stage) : nil
      try onFirst { try note(accuracies, measuredOf: stage, in: folder) }
    case .unfinished:
      let outcome = try work()
      try onFirst { try note(outcome, of: stage, in: folder) }
    }
  }

  /// What is to be done of a stage.
  private enum Need: String, Codable {
    case done, measured, unfinished
  }

  /// - Throws: `PipelineError` where a stage's files are others than it left.
  private func state(of stage: Stage, in folder: String) throws -> Need {
    switch try StageMarker.state(
      of: stage, in: folder, for: recipe, measuredOn: inputs.measured)
    {
    case .done(_, measured: true):
      guard let reason = whyRankedAgain(stage) else { return .done }
      console.say("\(stage.title): \(reason)")
      return .measured
    case .done(let marker, measured: false):
      if stage.isMeasured {
        console.say("\(stage.title): \(marker.whyMeasuredAgain(on: inputs.measured))")
      }
      return .measured
    case .damaged(let output):
      throw damage(of: output, in: folder)
    case .stale:
      throw PipelineError.usage(
        "\(folder) is of another recipe; give --out a new folder, or --redo to run the stage again")
    case .unfinished: return .unfinished
    }
  }

  /// Notes what a finished stage was measured to be, now.
  private func note(
    _ accuracies: [String: Double]?, measuredOf stage: Stage, in folder: String
  ) throws {
    guard var marker = try StageMarker(in: folder) else { return }
    if let accuracies { marker.accuracies = accuracies }
    marker.evaluationHash = recipe.evaluationHash
    marker.measuringHash = recipe.measuringHash
    marker.measuredOn = inputs.measured
    try marker.write(to: folder)
  }

  /// Leaves the marker of a stage that has just ended.
  private func note(_ outcome: StageOutcome, of stage: Stage, in folder: String) throws {
    var made = inputs.inputs(of: stage, in: directory)
    made.threads = outcome.threads
    if let computed = outcome.computed {
      (made.device, made.precision, made.libtorch) = computed
    }
    let marker = try StageMarker(
      stage, of: recipe, folder: folder, outputs: outcome.outputs, seconds: outcome.seconds,
      imagesSeen: outcome.imagesSeen, accuracies: outcome.accuracies, inputs: made,
      measuredOn: inputs.measured)
    try marker.write(to: folder)
    try? FilePath(text: directory.checkpointsFolder(of: stage)).remove()
    try log.append("done", stage: stage.rawValue, ["seconds": .number(outcome.seconds)])
  }

  /// Which network of the catalogue a stage trains, for this run's classes and pictures.
  func options(of stage: Stage) -> NetworkOptions {
    recipe.options(of: stage, classCount: data.classNames.count)
  }

  /// The model that a finished stage left.
  /// - Throws: `PipelineError` when the stage is not finished.
  func model(of stage: Stage) throws -> ModelFolder {
    _ = try finished(stage)
    return try ModelFolder(contentsOf: directory.folder(of: stage))
  }

  /// The marker of a finished stage.
  /// - Throws: `PipelineError` when the stage is not finished.
  func finished(_ stage: Stage) throws -> StageMarker {
    let folder = directory.folder(of: stage)
    switch try StageMarker.state(of: stage, in: folder, for: recipe) {
    case .done(let marker, _):
      return marker
    case .damaged(let output):
      throw damage(of: output, in: folder)
    case .stale, .unfinished:
      throw PipelineError.usage(
        "\(directory.path) has no finished \(stage.title) yet; `halcyon run` does all stages in order"
      )
    }
  }

  private func damage(of output: String, in folder: String) -> PipelineError {
    .data(
      "\(folder)/\(output) is not as the stage left it; put it back, or move \(folder) elsewhere to "
        + "run the stage again")
  }
}
