import Recipes
import Training

/// Stage 1, first half: the teacher learns other labelled pictures, V, before it learns D.
public enum TuneTeacher {
  /// Trains the teacher on V, or does nothing when this run has done it already.
  /// - Throws: `PipelineError`.
  public static func perform(in run: Run) throws {
    try run.stage(.taskTuning) {
      guard let task = run.data.task else {
        throw PipelineError.data("teacher.fineTuneOn.labelled: its pictures are not there")
      }
      return try run.train(
        task, run.examples(of: task), run.recipe.teacher.fineTuneOn.training)
    }
  }
}
