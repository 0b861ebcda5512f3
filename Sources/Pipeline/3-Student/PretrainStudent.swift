import ImageData
import Models
import Ranking
import Recipes
import Training

/// Stage 3: a fresh student learns the classes that the teacher gave the selected pictures D̂; or, where the recipe has it
/// so, D and by itself U, or D with labels that the teacher refines.
public enum PretrainStudent {
  /// Pre-trains the student, or does nothing when this run has it already.
  /// - Throws: `PipelineError`; one that says so when nothing has been selected yet.
  public static func perform(in run: Run) throws {
    try run.stage(.student) {
      let options = run.options(of: .student)
      let network = try run.firstNetwork(of: .student, options, seed: run.seed(.student))
      return try run.trainAndMeasure(
        .student, network, options, on: run.firstThenOthers { try examples(in: run) },
        run.recipe.student.training)
    }
  }

  /// D̂, and D beside it where the recipe has it so; or D alone.
  private static func examples(in run: Run) throws -> Examples {
    guard run.recipe.learnsSelected(.student) else { return run.data.labelled }
    let selected = try selected(in: run)
    let share = run.recipe.student.mixLabelled
    guard share > 0 else { return selected }
    return try selected.beside(run.data.labelled, share: share)
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
    let labels = try labels(of: selection, in: run)
    let classCount = run.data.classNames.count
    guard let repeats = selection.repeats else {
      return try Examples(
        dataset: pictures, classCount: classCount, offsets: labels.offsets,
        labels: labels.classes, weights: labels.weights)
    }
    var rows: [Int] = []
    var repeated = Labels(offsets: [0], classes: [], weights: labels.weights.map { _ in [] })
    for row in selection.images.indices {
      for _ in 0..<max(1, repeats[row]) {
        rows.append(row)
        repeated.append(row, of: labels)
      }
    }
    return try Examples(
      dataset: try IndexedSubset(pictures, indices: rows), classCount: classCount,
      offsets: repeated.offsets, labels: repeated.classes, weights: repeated.weights)
  }

  /// The classes of pictures in compressed rows, and how much of each.
  private struct Labels {
    var offsets: [Int32]
    var classes: [Int32]
    var weights: [Float]?

    mutating func append(_ row: Int, of other: Labels) {
      let place = Int(other.offsets[row])..<Int(other.offsets[row + 1])
      classes += other.classes[place]
      if let all = other.weights { weights?.append(contentsOf: all[place]) }
      offsets.append(Int32(classes.count))
    }
  }

  /// The classes that pictures were selected for, or where targets are soft all that the teacher kept of them.
  private static func labels(of selection: Selection, in run: Run) throws -> Labels {
    let student = run.recipe.student
    guard student.targets == .soft else {
      return Labels(
        offsets: selection.labelOffsets.map(Int32.init), classes: selection.classes.map(Int32.init))
    }
    let soft = try SoftLabels(
      of: selection, from: ScoredShards(in: run).scored, temperature: student.temperature)
    guard soft.classes.count < Int(Int32.max) else {
      throw PipelineError.data(
        "\(soft.classes.count) soft labels are more than \(Int32.max); lower ranking.labelsPerImage"
      )
    }
    return Labels(
      offsets: soft.offsets.map(Int32.init), classes: soft.classes.map(Int32.init),
      weights: soft.probabilities)
  }
}
