import Models
import Recipes
import Training

/// Stage 1: a teacher learns from the labelled pictures D, from scratch or from given weights.
public enum TrainTeacher {
  /// Trains the teacher, or does nothing when this run has it already.
  /// - Throws: `PipelineError`.
  public static func perform(in run: Run) throws {
    let recipe = run.recipe.teacher
    try run.stage(.teacher) {
      let options = run.options(model: recipe.model, stem: recipe.stem, width: recipe.width)
      let network = try ModelCatalog.make(options, seed: run.seed(.teacher), device: run.device)
      if let source = recipe.startFrom {
        let weights = try StartingWeights(
          source, for: network, options, classNames: run.data.classNames)
        try weights.load(into: network)
        run.console.note("teacher: \(weights.note)")
      }
      return try run.trainAndMeasure(
        .teacher, network, options, on: run.data.labelled, recipe.training)
    }
  }
}
