import Models
import Recipes
import Training

/// The comparison: the student's architecture trained on the labelled pictures D alone.
public enum TrainBaseline {
  /// Trains the baseline, or does nothing when this run has it already.
  /// - Throws: `PipelineError`.
  public static func perform(in run: Run) throws {
    try train(.baseline, run.recipe.baseline.training, in: run)
  }

  /// Trains it once more, for as many images as the whole pipeline saw.
  /// - Throws: `PipelineError`; one that says so when the stages are not all done.
  public static func performLong(in run: Run) throws {
    var images = 0
    for stage in Stage.pipeline where run.recipe.includes(stage) {
      images += try run.finished(stage).imagesSeen
    }
    var training = run.recipe.baseline.training
    training.epochs = nil
    training.images = images
    try train(.baselineLong, training, in: run)
  }

  private static func train(
    _ stage: Stage, _ training: Recipe.Training, in run: Run
  ) throws {
    try run.stage(stage) {
      let options = run.options(of: stage)
      // The same first weights as the student's: the comparison is about the data.
      let network = try run.firstNetwork(of: stage, options, seed: run.seed(.student))
      return try run.trainAndMeasure(
        stage, network, options, on: run.data.labelled, training, seed: run.seed(.baseline))
    }
  }
}
