import ImageData
import Models
import Ranking
import Recipes
import Training

/// Stage 3: a fresh student learns the classes that the teacher gave the selected pictures D̂.
public enum PretrainStudent {
  /// Pre-trains the student, or does nothing when this run has it already.
  /// - Throws: `PipelineError`; one that says so when nothing has been selected yet.
  public static func perform(in run: Run) throws {
    try run.stage(.student) {
      let options = run.options(of: .student)
      let network = try run.firstNetwork(of: .student, options, seed: run.seed(.student))
      return try run.trainAndMeasure(
        .student, network, options, on: run.firstThenOthers { try selected(in: run) },
        run.recipe.student.training)
    }
  }

  /// D̂: each selected picture of U with its classes, as often as the selection says.
  static func selected(in run: Run) throws -> Examples {
    let selected = try RunSelection(of: run)
    let selection = selected.selection
    guard selection.classes.count < Int(Int32.max) else {
      throw PipelineError.data(
        "\(selection.classes.count) labels are more than \(Int32.max); lower ranking.imagesPerClass"
      )
    }
    let pictures =
      try CachedSelection.pictures(of: selected, in: run)
      ?? MaterializedImages.pictures(of: selected, in: run)
      ?? GatherSelection.pictures(of: selected, in: run)
    let classCount = run.data.classNames.count
    guard let repeats = selection.repeats else {
      return try Examples(
        dataset: pictures, classCount: classCount,
        offsets: selection.labelOffsets.map(Int32.init),
        labels: selection.classes.map(Int32.init))
    }
    var rows: [Int] = []
    var offsets: [Int32] = [0]
    var labels: [Int32] = []
    for row in selection.images.indices {
      for _ in 0..<max(1, repeats[row]) {
        rows.append(row)
        labels += (selection.labelOffsets[row]..<selection.labelOffsets[row + 1])
          .map { Int32(selection.classes[$0]) }
        offsets.append(Int32(labels.count))
      }
    }
    return try Examples(
      dataset: try IndexedSubset(pictures, indices: rows), classCount: classCount,
      offsets: offsets, labels: labels)
  }
}
