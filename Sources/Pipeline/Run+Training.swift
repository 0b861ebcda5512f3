import Files
import Foundation
import ImageData
import Models
import Recipes
import SystemPackage
import Terminal
import Torch
import Training

extension Run {
  /// The network that a stage begins with: with the weights of the stage before it under a new last layer,
  /// where that is the teacher's too, with those that the recipe gives it, or with fresh ones drawn from `seed`.
  func firstNetwork(
    of stage: Stage, _ options: NetworkOptions, classNames: [String]? = nil, seed: UInt64
  ) throws -> any Network {
    let network = try ModelCatalog.make(options, seed: seed, device: device)
    guard let start = stage.facts.startFrom else { return network }
    let earlier = stage.isOfTeacher ? recipe.beginning(of: stage)?.with : nil
    if let earlier { _ = try finished(earlier) }
    guard let source = earlier.map(directory.folder(of:)) ?? start.source(recipe) else {
      return network
    }
    let weights = try StartingWeights(
      start, source, for: network, options, classNames: classNames ?? data.classNames,
      takesLast: earlier == nil)
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
    var consistency: Consistency?
    if recipe.consistency(of: stage) != nil {
      consistency = try firstThenOthers { try self.consistency(of: stage) }
    }
    var outcome = try train(
      stage, network, options, on: examples, settings, classNames: data.classNames,
      validation: data.validation, consistency: consistency, seed: seed)
    outcome.accuracies = try measure(network, stage)
    return outcome
  }

  /// Trains the network of a stage, which is the one of `options` and tells `classNames` apart, on
  /// `examples` and writes the model folder; what is random follows from `seed`, by default the stage's
  /// own.
  func train(
    _ stage: Stage, _ network: any Network, _ options: NetworkOptions, on examples: Examples,
    _ settings: TrainingSettings, classNames: [String], validation: Examples? = nil,
    consistency: Consistency? = nil, seed: UInt64? = nil
  ) throws -> StageOutcome {
    var job = TrainingJob(
      network, on: examples, settings, input: recipe.input, validation: validation,
      seed: seed ?? self.seed(stage), title: stage.title)
    job.measuredEvery = recipe.evaluation.everyImages
    job.stepGuard = stepGuard
    job.consistency = consistency
    if stage == .student, recipe.student.targets == .teacher {
      let teacher = try model(of: .teacher)
      try requireSameClasses(
        teacher.classNames, "the teacher's classes", classNames, "the labelled set's")
      job.teaching = Teaching(
        from: try teacher.load(on: device), temperature: recipe.student.temperature)
    }
    let records = try isFirst ? records(of: stage, examples) : limits(of: stage, examples)
    let result = try fittingMemory(stage, job, options) {
      try Training.train(job, evaluationRuntime, records)
    }
    let model = ModelFolder(
      path: directory.folder(of: stage), options: options, classNames: classNames,
      input: recipe.input)
    if isFirst { try model.write(network) }
    return StageOutcome(
      outputs: ["model.safetensors", "config.json"], seconds: result.seconds,
      imagesSeen: result.imagesSeen, accuracies: [:], threads: result.threads)
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
    records.capturesPath = capturesPath(of: stage)
    records.console = console
    return records
  }

  /// What a process keeps of a training whose records the first one has.
  private func limits(of stage: Stage, _ examples: Examples) -> TrainingRecords {
    var records = TrainingRecords()
    records.unreadableLimit = unreadableLimit(of: examples.dataset, in: stage)
    records.capturesPath = capturesPath(of: stage)
    return records
  }

  /// Where the first step of a stage that could not be taken is kept.
  private func capturesPath(of stage: Stage) -> String { "\(directory.folder(of: stage))/refused" }

  /// Accuracies on the validation and the test pictures; per class into `evaluation-validation.json`
  /// and `evaluation-test.json`.
  func measure(_ network: any Network, _ stage: Stage) throws -> [String: Double] {
    var accuracies: [String: Double] = [:]
    for (name, examples) in [("validation", data.validation), ("test", data.test)] {
      let path = directory.evaluationPath(of: stage, on: name)
      // Test pictures are for final figures alone.
      let isHeldOut = stage == .teacher && name == "validation"
      guard let examples else {
        // What an earlier recipe measured on is not this one's.
        if isFirst {
          try? FilePath(text: path).remove()
          try? FilePath(text: directory.predictionsPath(of: stage, on: name)).remove()
          if isHeldOut { try? FilePath(text: heldOutScoresPath).remove() }
        }
        continue
      }
      let runtime = evaluationRuntime
      let noting = NotedPredictions(
        of: examples, rankedIn: isHeldOut ? recipe.ranking.labelsPerImage : 1)
      let result = try evaluate(
        network, on: examples, input: recipe.input, runtime, progress: nil,
        observing: noting.note)
      try noting.gather(over: runtime.distributed)
      guard let top1 = result.top1 else {
        throw PipelineError.data(
          "\(stage.title): \(name): \(result.unreadableLine ?? "no pictures")")
      }
      accuracies["\(name)_top1"] = top1
      accuracies["\(name)_top5"] = result.top5
      if isFirst {
        try noting.write(to: directory.predictionsPath(of: stage, on: name))
        if isHeldOut { try noting.writeRanked(to: heldOutScoresPath) }
        try DurableFile.write(try JSON.pretty(result), to: path)
      }
      let count = result.measuredOn.map { " (\($0))" } ?? ""
      console.note("\(stage.title): \(name) top-1 \(Format.fixed(top1, 2)) %\(count)")
    }
    return accuracies
  }

  /// The scores that the teacher would rank each validation picture by.
  var heldOutScoresPath: String { "\(directory.folder(of: .teacher))/ranked-validation.csv" }

  /// Why the teacher's scores of the validation pictures, which a teacher from another run or version may lack or have in
  /// fewer classes, are to be computed anew; nil where they suffice.
  func whyRankedAgain(_ stage: Stage) -> String? {
    guard stage == .teacher, let pictures = data.validation, pictures.count > 0,
      pictures.dataset.absence == nil
    else { return nil }
    let wanted = min(recipe.ranking.labelsPerImage, data.classNames.count)
    guard let count = HeldOutScores.labelsPerImage(at: heldOutScoresPath) else {
      return "its scores of the validation pictures are not there; it is measured again"
    }
    return count < wanted
      ? "its scores of the validation pictures are of \(Format.counted(count, "class", "classes")) each, and not of "
        + "\(wanted); it is measured again" : nil
  }
}
