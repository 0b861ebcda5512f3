import Files
import ImageData
import Recipes
import Shards

extension Preflight {
  /// Notes which keys mean nothing to a teacher of the recipe's kind.
  mutating func warnOfIdleKeys(of recipe: Recipe) {
    let keys = recipe.idleKeys
    guard let first = keys.first else { return }
    let names = keys.count > 3 ? "\(keys.prefix(3).joined(separator: ", ")), …" : Format.few(keys)
    let isTraining = keys.contains { $0.hasPrefix("teacher.training.") }
    warn(
      "teacher.kind is \(recipe.teacher.kind.rawValue), so that \(names) "
        + "\(keys.count == 1 ? "means" : "mean") nothing to the teacher"
        + (isTraining && recipe.baseline.enabled
          ? "; the baseline is trained so, where baseline.training does not say otherwise" : ""),
      key: first)
  }

  /// Notes which of the teachers that the recipe names have no scores of these pictures and classes.
  mutating func requireTeachers(
    of recipe: Recipe, _ pictures: any ShardedDataset, classes: [String]
  ) throws {
    guard recipe.teacher.kind == .given, !recipe.ranking.teachers.isEmpty,
      pictures.absence == nil
    else { return }
    _ = try attempt("ranking.teachers") {
      try MeanScores.teachers(of: recipe, pictures, classes: classes)
    }
  }

  /// Notes that there are no scores where they are to be given.
  mutating func requireGivenScores(of recipe: Recipe, in directory: RunDirectory?) {
    guard recipe.teacher.kind == .given, recipe.ranking.teachers.isEmpty,
      directory?.hasScores != true
    else { return }
    let problem = ScoreImages.noneGiven(in: directory)
    refuse(PipelineError.line(about: problem), exitCode: problem.exitCode, key: "teacher.kind")
  }
}
