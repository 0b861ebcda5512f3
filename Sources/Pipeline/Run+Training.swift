import Files
import Foundation
import ImageData
import Models
import Recipes
import SystemPackage
import Torch
import Training

extension Run {
  /// The network that a stage begins with: with the weights that the recipe gives it, or fresh ones drawn
  /// from `seed`.
  func firstNetwork(
    of stage: Stage, _ options: NetworkOptions, seed: UInt64
  ) throws -> any Network {
    let network = try ModelCatalog.make(options, seed: seed, device: device)
    guard let start = stage.facts.startFrom, let source = start.source(recipe) else {
      return network
    }
    let weights = try StartingWeights(
      start, source, for: network, options, classNames: data.classNames)
    try weights.load(into: network)
    let isFrozen = stage == .teacher && recipe.teacher.kind.isOnFeatures
    console.note("\(stage.title): \(isFrozen ? weights.frozenNote : weights.note)")
    return network
  }

  /// Trains the network of a stage, which is the one of `options`, on `examples`, writes the model
  /// folder, and measures it; what is random follows from `seed`, by default the stage's own.
  func trainAndMeasure(
    _ stage: Stage, _ network: any Network, _ options: NetworkOptions, on examples: Examples,
    _ settings: TrainingSettings, seed: UInt64? = nil
  ) throws -> StageOutcome {
    var job = TrainingJob(
      network, on: examples, settings, input: recipe.input, validation: data.validation,
      seed: seed ?? self.seed(stage), title: stage.title)
    job.measuredEvery = recipe.evaluation.everyImages
    job.stepGuard = stepGuard
    let records = try records(of: stage, examples)
    let result = try fittingMemory(stage, job, options) {
      try train(job, evaluationRuntime, records)
    }
    let model = ModelFolder(
      path: directory.folder(of: stage), options: options, classNames: data.classNames,
      input: recipe.input)
    try model.write(network)
    return StageOutcome(
      outputs: ["model.safetensors", "config.json"], seconds: result.seconds,
      imagesSeen: result.imagesSeen, accuracies: try measure(network, stage))
  }

  /// Where a stage's training is kept in the run's directory.
  private func records(of stage: Stage, _ examples: Examples) throws -> TrainingRecords {
    var records = TrainingRecords()
    records.metricsPath = directory.metricsPath(of: stage)
    records.checkpoints = try CheckpointFolder(
      path: directory.checkpointsFolder(of: stage), recipe,
      stage, inputs.inputs(of: stage, in: directory))
    records.log = (log, stage.rawValue)
    records.badSamplesPath = badSamplesPath(of: stage)
    records.unreadableLimit = unreadableLimit(of: examples.dataset, in: stage)
    records.console = console
    return records
  }

  /// Accuracies on the validation and the test pictures; per class into `evaluation-validation.json`
  /// and `evaluation-test.json`.
  func measure(_ network: any Network, _ stage: Stage) throws -> [String: Double] {
    var accuracies: [String: Double] = [:]
    for (name, examples) in [("validation", data.validation), ("test", data.test)] {
      let path = evaluationPath(of: stage, on: name)
      guard let examples else {
        // What an earlier recipe measured on is not this one's.
        try? FilePath(text: path).remove()
        continue
      }
      let result = try evaluate(
        network, on: examples, input: recipe.input, evaluationRuntime)
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
}
