import Models
import Recipes
import Training

/// Stage 4: the pre-trained student learns from the true labels of D.
public enum FineTuneStudent {
  /// Fine-tunes the student, or does nothing when this run has it already.
  /// - Throws: `PipelineError`; one that says so when there is no pre-trained student yet.
  public static func perform(in run: Run) throws {
    try run.stage(.fineTuning) {
      let pretrained = try run.model(of: .student)
      try requireSameClasses(
        pretrained.classNames, "the pre-trained student's classes", run.data.classNames,
        "the labelled set's")
      return try run.trainAndMeasure(
        .fineTuning, pretrained.load(on: run.device), pretrained.options, on: run.data.labelled,
        run.recipe.fineTuning.training)
    }
  }
}
