import Files
import Foundation
import ImageData
import Models
import Recipes
import SystemPackage
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
    switch try StageMarker.state(
      of: stage, in: folder, for: recipe, measuredOn: inputs.measured)
    {
    case .done(_, measured: true):
      console.note("\(stage.title): done")
      return
    case .done(var marker, measured: false):
      if stage.isMeasured {
        console.say("\(stage.title): \(marker.whyMeasuredAgain(on: inputs.measured))")
        let model = try model(of: stage)
        marker.accuracies = try measure(model.load(on: device), stage)
      }
      marker.evaluationHash = recipe.evaluationHash
      marker.measuringHash = recipe.measuringHash
      marker.measuredOn = inputs.measured
      try marker.write(to: folder)
      return
    case .damaged(let output):
      throw damage(of: output, in: folder)
    case .stale:
      throw PipelineError.usage(
        "\(folder) is of another recipe; give --out a new folder, or --redo to run the stage again")
    case .unfinished:
      break
    }
    let outcome = try work()
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
