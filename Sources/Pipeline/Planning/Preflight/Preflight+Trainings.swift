import Files
import ImageData
import Models
import Recipes
import Torch
import Training

extension Preflight {
  /// Looks at each training on D, W and V, of which `learned` has how many examples there are (none where
  /// that is not known): whether its schedule comes out and whether it fits into memory; of the student's pre-training the memory alone, since D̂ is not known yet.
  mutating func checkTrainings(
    of recipe: Recipe, labelled: Int, classCount: Int, learned: [Stage: DataCounts.Learned],
    device: Device?, processes: Int = 1, isFinished: (Stage) -> Bool
  ) throws {
    let known: [Stage: Recipe.Training] = Stage.allCases.filter(recipe.knowsLength(of:))
      .reduce(into: [:]) { $0[$1] = recipe.training(of: $1) }
    for stage in Stage.allCases where recipe.includes(stage) && !isFinished(stage) {
      let key = "\(stage.recipeKey).training"
      if stage.facts.learns == .own, learned[stage] == nil { continue }
      let group = recipe.consistency(of: stage)?.group ?? 1
      let (images, classes) =
        learned[stage].map { ($0.images, $0.classes) } ?? (group * labelled, classCount)
      if let training = recipe.training(of: stage), !isAtFault(in: key) {
        let isSoft = stage.facts.learns == .selected && recipe.student.targets == .soft
        checkThreshold(
          of: training, key: key, classCount: classes,
          softClasses: isSoft ? recipe.ranking.labelsPerImage : nil)
      }
      if let training = known[stage], !isAtFault(in: key) {
        let plan = try attempt(key) { try TrainingPlan(training, imageCount: images) }
        if let plan { warn(of: plan, training, key: key) }
      } else if stage == .student, recipe.student.training.schedule != .steps,
        recipe.student.training.images != nil, !isAtFault(in: key)
      {
        // Its steps do not depend on how many pictures D̂ has.
        let training = recipe.student.training
        let plan = try attempt(key) { try TrainingPlan(training, imageCount: labelled) }
        if let plan { warn(of: plan, training, key: key) }
      }
      if let training = known[stage] ?? recipe.longTraining(of: stage), !isAtFault(in: key) {
        try checkParts(of: training, key: key, processes)
      }
      guard let device, let training = known[stage] ?? recipe.longTraining(of: stage),
        !isAtFault(in: key), !isAtFault(in: stage.isOfTeacher ? "teacher" : "student"),
        !isAtFault(in: "input")
      else { continue }
      if training.replicas > processes, device != .cpu {
        try note(
          PipelineError.usage(
            "\(key).replicas: \(training.replicas) compute on the threads of a CPU; leave it out with "
              + "device: \(device)"), key: "\(key).replicas")
      }
      let room = TrainingRoom(
        stage: stage, training: training,
        options: recipe.options(of: stage, classCount: classes), size: recipe.input.size,
        precision: Run.precision(recipe.precision, on: device), processes: processes)
      let refusal = try attempt(key) { try room.refusal(on: device) } ?? nil
      if let refusal { try note(refusal, key: "\(key).accumulate") }
    }
  }

  /// Notes where a training's batches cannot be shared by so many processes.
  private mutating func checkParts(
    of training: Recipe.Training, key: String, _ processes: Int
  ) throws {
    guard processes > 1, training.accumulate > 0, training.replicas > 0 else { return }
    do {
      _ = try PartShare(
        batch: training.batch, accumulate: training.accumulate, replicas: training.replicas,
        syncBatchNorm: training.syncBatchNorm, rank: 0, size: processes)
    } catch let error as TrainingError {
      try note(PipelineError.usage("\(key): \(error)"), key: "\(key).replicas")
    }
  }

  /// Notes which classes have no picture in the part of D that is held out.
  mutating func warnOfMissingClasses(in heldOut: Examples?, key: String, _ fraction: Double) {
    guard let heldOut, fraction > 0 else { return }
    let missing = zip(heldOut.dataset.classes, heldOut.countPerClass).filter { $1 == 0 }.map(\.0)
    guard !missing.isEmpty else { return }
    warn(
      "\(Format.counted(missing.count, "class has", "classes have")) no validation picture, having one "
        + "picture only: \(missing.prefix(3).joined(separator: ", "))"
        + "\(missing.count > 3 ? ", …" : ""); give data.validation, or \(key): 0",
      key: key)
  }

  /// Whether a value of the group `key` is known to be wrong.
  private func isAtFault(in key: String) -> Bool {
    problems.contains { $0.key == key || $0.key?.hasPrefix(key + ".") ?? false }
  }
}

extension Recipe {
  /// The trainings that are not on D's pictures alone, or whose length is not known yet.
  fileprivate func longTraining(of stage: Stage) -> Training? {
    knowsLength(of: stage) ? nil : training(of: stage)
  }

  /// Whether the length of the stage's training is known before a run: not where it depends on what is selected.
  fileprivate func knowsLength(of stage: Stage) -> Bool {
    !learnsSelected(stage) && stage.facts.training?.isAsLongAsPipeline != true
  }

  /// The network of a training stage for so many classes.
  func options(of stage: Stage, classCount: Int) -> NetworkOptions {
    let isTeacher = stage.isOfTeacher
    return NetworkOptions(
      model: isTeacher ? teacher.model : student.model, classCount: classCount,
      inputChannels: input.channels, stem: isTeacher ? teacher.stem : student.stem,
      width: isTeacher ? teacher.width : student.width, inputSize: input.size)
  }
}
