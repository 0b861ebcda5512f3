import Files
import Foundation
import ImageData
import Models
import Recipes
import SystemPackage
import Torch
import Training

extension Preflight {
  /// Looks at the weights that networks start from: whether they are there and fit, and whether what
  /// they were trained on looked as this recipe's pictures do.
  ///
  /// Where the classes are not known, the last layer is left out of account; those of stages that are
  /// finished are not looked at.
  mutating func checkStartingWeights(
    of recipe: Recipe, classNames: [Stage: [String]], isFinished: (Stage) -> Bool
  ) throws {
    let first = recipe.firstOfTeacher
    if first != .teacher, recipe.teacher.startFrom != nil, !isFinished(first) {
      warn(
        "teacher.startFrom and \(first.imageKey): the \(first.title) begins with these weights, and "
          + "the teacher with what that leaves",
        key: "teacher.startFrom")
    }
    // The baseline begins as the student does.
    func isDone(_ stage: Stage) -> Bool {
      isFinished(stage)
        && (stage != .student || !recipe.includes(.baseline) || isFinished(.baseline))
    }
    for stage in [first, .student] where !isDone(stage) {
      guard let start = stage.facts.startFrom, let source = start.source(recipe),
        !isAtFault(start.key),
        !["model", "stem", "width"].contains(where: { isAtFault("\(start.group).\($0)") }),
        !isAtFault("input.channels")
      else { continue }
      let names = classNames[stage]
      let options = recipe.options(of: stage, classCount: names?.count ?? 1)
      let found = try attempt(start.key) {
        let network = try ModelCatalog.make(options, device: .meta)
        let weights = try StartingWeights(
          start, source, for: network, options, classNames: names ?? [])
        try weights.requireFinite(for: network)
        // A transformer's position embeddings are resampled for another size.
        return (weights, fitsSizes: !type(of: network).undecayed.isEmpty)
      }
      guard let (weights, fitsSizes) = found else { continue }
      if let input = weights.model?.input {
        warn(of: input, of: start, in: recipe, fitsSizes: fitsSizes)
      }
      if names != nil {
        let isFrozen = stage == .teacher && recipe.teacher.kind.isOnFeatures
        startingWeights[start.key] = isFrozen ? weights.frozenNote : weights.note
      }
    }
  }

  /// Notes in which values the starting weights' description differs from the recipe.
  private mutating func warn(
    of theirs: Recipe.Input, of start: StartKey, in recipe: Recipe, fitsSizes: Bool
  ) {
    let ours = recipe.input
    var wanted: [(key: String, value: String, ours: String)] = []
    func isNear(_ a: [Double], _ b: [Double]) -> Bool {
      a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) < 0.0005 }
    }
    if !isNear(theirs.mean, ours.mean) {
      wanted.append(("input.mean", "\(theirs.mean)", "\(ours.mean)"))
    }
    if !isNear(theirs.std, ours.std) {
      wanted.append(("input.std", "\(theirs.std)", "\(ours.std)"))
    }
    if theirs.size != ours.size, !fitsSizes {
      wanted.append(("input.size", "\(theirs.size)", "\(ours.size)"))
    }
    if theirs.interpolation != ours.interpolation {
      wanted.append(
        ("input.interpolation", theirs.interpolation.rawValue, ours.interpolation.rawValue))
    }
    guard let first = wanted.first else { return }
    let values = wanted.map { "\($0.key): \($0.value) (not \($0.ours))" }.joined(separator: ", ")
    let isFrozen =
      start.group == "teacher"
      ? recipe.teacher.kind.isOnFeatures || recipe.teacher.training.freezeBackbone
      : recipe.student.training.freezeBackbone
    let consequence =
      isFrozen
      ? "frozen as they are, they never adapt to other values"
      : "they have to learn other values"
    warn(
      "\(start.key)'s weights were trained with other pictures' values, and \(consequence); set "
        + values,
      key: first.key)
  }
}
