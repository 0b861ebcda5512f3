import Files
import ImageData
import Models
import Recipes
import Torch
import Training

extension Preflight {
  /// Looks at each training on D: whether its schedule comes out and whether it fits into memory; of the
  /// student's pre-training the memory alone, since D̂ is not known yet.
  mutating func checkTrainings(
    of recipe: Recipe, labelled: Int, classCount: Int, device: Device?,
    isFinished: (Stage) -> Bool
  ) throws {
    var onLabelled: [Stage: Recipe.Training] = [
      .baseline: recipe.baseline.training, .fineTuning: recipe.fineTuning.training,
    ]
    if recipe.teacher.kind == .trained { onLabelled[.teacher] = recipe.teacher.training }
    for stage in Stage.allCases where recipe.includes(stage) && !isFinished(stage) {
      let key = "\(stage.recipeKey).training"
      if let training = onLabelled[stage], !isAtFault(in: key) {
        let plan = try attempt(key) { try TrainingPlan(training, imageCount: labelled) }
        if let plan { warn(of: plan, training, key: key) }
      } else if stage == .student, recipe.student.training.schedule != .steps,
        recipe.student.training.images != nil, !isAtFault(in: key)
      {
        // Its steps do not depend on how many pictures D̂ has.
        let training = recipe.student.training
        let plan = try attempt(key) { try TrainingPlan(training, imageCount: labelled) }
        if let plan { warn(of: plan, training, key: key) }
      }
      guard let device, let training = onLabelled[stage] ?? recipe.longTraining(of: stage),
        !isAtFault(in: key), !isAtFault(in: "\(stage == .teacher ? "teacher" : "student")"),
        !isAtFault(in: "input")
      else { continue }
      let room = TrainingRoom(
        stage: stage, training: training,
        options: recipe.options(of: stage, classCount: classCount), size: recipe.input.size,
        precision: Run.precision(recipe.precision, on: device))
      let refusal = try attempt(key) { try room.refusal(on: device) } ?? nil
      if let refusal { try note(refusal, key: "\(key).accumulate") }
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
    switch stage {
    case .student: student.training
    case .baselineLong: baseline.training
    default: nil
    }
  }

  /// The network of a training stage for so many classes.
  func options(of stage: Stage, classCount: Int) -> NetworkOptions {
    let isTeacher = stage == .teacher
    return NetworkOptions(
      model: isTeacher ? teacher.model : student.model, classCount: classCount,
      inputChannels: input.channels, stem: isTeacher ? teacher.stem : student.stem,
      width: isTeacher ? teacher.width : student.width, inputSize: input.size)
  }
}
