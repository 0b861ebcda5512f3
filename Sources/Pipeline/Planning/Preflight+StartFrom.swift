import Files
import Foundation
import ImageData
import Models
import Recipes
import SystemPackage
import Torch
import Training

extension Preflight {
  /// Looks at the weights that the teacher starts from: whether they are there and fit, and whether what
  /// they were trained on looked as this recipe's pictures do.
  ///
  /// Where the classes are not known, the last layer is left out of account.
  mutating func checkStartingWeights(of recipe: Recipe, classNames: [String]?) throws {
    let key = "teacher.startFrom"
    guard let source = recipe.teacher.startFrom, !isAtFault(key), !isAtFault("teacher.model"),
      !isAtFault("teacher.width"), !isAtFault("input.channels")
    else { return }
    let options = recipe.teacherOptions(classCount: classNames?.count ?? 1)
    let weights = try attempt(key) {
      let network = try ModelCatalog.make(options, device: .meta)
      let weights = try StartingWeights(
        source, for: network, options, classNames: classNames ?? [])
      try weights.requireFinite(for: network)
      return weights
    }
    guard let weights else { return }
    if let input = weights.model?.input { warn(of: input, in: recipe) }
    startingWeights = classNames == nil ? nil : weights.note
  }

  /// Notes in which values the starting weights' description differs from the recipe.
  private mutating func warn(of theirs: Recipe.Input, in recipe: Recipe) {
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
    if theirs.size != ours.size {
      wanted.append(("input.size", "\(theirs.size)", "\(ours.size)"))
    }
    if theirs.interpolation != ours.interpolation {
      wanted.append(
        ("input.interpolation", theirs.interpolation.rawValue, ours.interpolation.rawValue))
    }
    guard let first = wanted.first else { return }
    let values = wanted.map { "\($0.key): \($0.value) (not \($0.ours))" }.joined(separator: ", ")
    let consequence =
      recipe.teacher.training.freezeBackbone
      ? "frozen as they are, they never adapt to other values"
      : "they have to learn other values anew"
    warn(
      "teacher.startFrom's weights were trained with other pictures' values, and \(consequence); set "
        + values,
      key: first.key)
  }
}

extension Recipe {
  /// The teacher's network for so many classes.
  func teacherOptions(classCount: Int) -> NetworkOptions {
    NetworkOptions(
      model: teacher.model, classCount: classCount, inputChannels: input.channels,
      stem: teacher.stem, width: teacher.width, inputSize: input.size)
  }
}
