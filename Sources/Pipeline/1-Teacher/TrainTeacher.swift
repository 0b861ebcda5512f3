import Models
import Recipes
import Training

/// Stage 1: a teacher learns from the labelled pictures D, from scratch or from given weights, or is put
/// behind a network that stays as it is.
public enum TrainTeacher {
  /// Trains the teacher, on V first where the recipe has it, or does nothing when this run has it already.
  /// - Throws: `PipelineError`.
  public static func perform(in run: Run) throws {
    guard run.recipe.includes(.teacher) else {
      throw PipelineError.usage(
        "teacher.kind is given: there is no teacher to train; `halcyon score RECIPE --from FILE…` takes "
          + "the scores that another program made")
    }
    if let earlier = run.directory.earlierRound {
      return try TakeStudent.perform(from: earlier.directory, in: run)
    }
    // `train-teacher` alone does what the teacher begins with; a whole run has done it.
    if run.recipe.includes(.taskTuning), !run.directory.isFinished(.taskTuning) {
      try TuneTeacher.perform(in: run)
    }
    guard !run.recipe.teacher.kind.isOnFeatures else {
      return try run.onFirst {
        try run.stage(.teacher) { try FrozenTeacher.make(in: run) }
      }
    }
    try run.stage(.teacher) {
      let options = run.options(of: .teacher)
      let network = try run.firstNetwork(of: .teacher, options, seed: run.seed(.teacher))
      return try run.trainAndMeasure(
        .teacher, network, options, on: run.data.labelled,
        run.recipe.teacher.training)
    }
  }
}
