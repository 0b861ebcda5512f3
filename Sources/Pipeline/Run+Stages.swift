import Files
import Foundation
import ImageData
import Models
import SystemPackage
import Torch

/// What a stage that has just ended says of itself.
struct StageOutcome {
  var outputs: [String]
  var seconds: Double
  var imagesSeen: Int
  var accuracies: [String: Double]
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
      if stage != .ranking {
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
    if let computed = outcome.computed {
      (made.device, made.precision, made.libtorch) = computed
    }
    let marker = try StageMarker(
      stage, of: recipe, folder: folder, outputs: outcome.outputs, seconds: outcome.seconds,
      imagesSeen: outcome.imagesSeen, accuracies: outcome.accuracies, inputs: made,
      measuredOn: inputs.measured)
    try marker.write(to: folder)
    try? FilePath(text: directory.checkpointsFolder(of: stage)).remove()
    try log.append("done", stage: stage, ["seconds": .number(outcome.seconds)])
  }

  /// Trains, writes the model folder, and measures it.
  func trainAndMeasure(_ job: TrainingJob, _ options: NetworkOptions) throws -> StageOutcome {
    let result = try fittingMemory(job, options) { try train(job) }
    let folder = directory.folder(of: job.stage)
    let model = ModelFolder(
      path: folder, options: options, classNames: data.classNames, input: recipe.input)
    try model.write(job.network)
    return StageOutcome(
      outputs: ["model.safetensors", "config.json"], seconds: result.seconds,
      imagesSeen: result.imagesSeen, accuracies: try measure(job.network, job.stage))
  }

  /// Accuracies on the validation and the test pictures; per class into `evaluation-validation.json`
  /// and `evaluation-test.json`.
  private func measure(_ network: any Network, _ stage: Stage) throws -> [String: Double] {
    var accuracies: [String: Double] = [:]
    for (name, examples) in [("validation", data.validation), ("test", data.test)] {
      let path = evaluationPath(of: stage, on: name)
      guard let examples else {
        // What an earlier recipe measured on is not this one's.
        try? FilePath(text: path).remove()
        continue
      }
      let result = try evaluate(network, on: examples)
      guard let top1 = result.top1 else {
        throw PipelineError.data(
          "\(stage.title): \(name): \(result.unreadableLine ?? "no pictures")")
      }
      accuracies["\(name)_top1"] = top1
      accuracies["\(name)_top5"] = result.top5
      try DurableFile.write(try JSON.pretty(result), to: path)
      let count = result.measuredOn.map { " (\($0))" } ?? ""
      console.note("\(stage.title): \(name) top-1 \(Format.fixed(top1, 2)) %\(count)")
    }
    return accuracies
  }

  /// How often the network of a stage is right, per class, on the `set` (validation or test).
  func evaluationPath(of stage: Stage, on set: String) -> String {
    "\(directory.folder(of: stage))/evaluation-\(set).json"
  }

  /// Which network of the catalogue, for this run's classes and pictures.
  func options(model: String, stem: Stem, width: Int) -> NetworkOptions {
    NetworkOptions(
      model: model, classCount: data.classNames.count, inputChannels: recipe.input.channels,
      stem: stem, width: width)
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
