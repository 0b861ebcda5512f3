import Files
import Recipes

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

  /// Notes that there are no scores where they are to be given.
  mutating func requireGivenScores(of recipe: Recipe, in directory: RunDirectory?) {
    guard recipe.teacher.kind == .given, directory?.hasScores != true else { return }
    let problem = ScoreImages.noneGiven(in: directory)
    refuse(PipelineError.line(about: problem), exitCode: problem.exitCode, key: "teacher.kind")
  }
}
