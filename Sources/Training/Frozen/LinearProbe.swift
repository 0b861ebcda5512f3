import Foundation
package import Torch

/// A linear layer on frozen features, whose weight decay is chosen on labelled pictures that are held out
/// in turn.
package struct LinearProbe {
  /// The layer, trained on all pictures.
  package let layer: SoftmaxRegression.Layer
  /// The weight decay that was chosen.
  package let weightDecay: Double
  /// What was tried, strongest first.
  package let trials: [Trial]

  /// One weight decay, as it did on pictures that it was not trained on.
  package struct Trial: Codable, Equatable, Sendable {
    /// λ: half of it times the squared weights is added to the mean cross-entropy.
    package let weightDecay: Double
    /// At how many of the held-out pictures it was right.
    package var correct = 0
    /// How many there were.
    package var count = 0
    /// Its mean cross-entropy there.
    package var loss = 0.0

    enum CodingKeys: String, CodingKey {
      case correct, count, loss
      case weightDecay = "weight_decay"
    }
  }

  /// The weight decays that are tried, strongest first.
  package static let weightDecays = [1, 0.1, 0.01, 0.001, 0.0001, 0.00001]

  /// Up to so many pictures each fifth is held out once; of more, one of them is enough.
  private static let few = 5_000
  private static let parts = 5

  /// Chooses the weight decay that is right most often on what is held out, of equal ones that with the
  /// least cross-entropy, and trains with it on all pictures. `step` is called after each training.
  /// - Parameters:
  ///   - features: [pictures, features] float32.
  ///   - classes: Their classes.
  ///   - classCount: How many classes there are.
  ///   - weightDecays: What is tried, strongest first.
  ///   - done: What earlier calls came to with the first parts that are held out; they are not tried again.
  ///   - keep: Is given what each part came to.
  ///   - step: Is called after each training.
  /// - Throws: `TorchError`, what `keep` and `step` throw.
  package init(
    _ features: Tensor, classes: [Int], classCount: Int,
    weightDecays: [Double] = Self.weightDecays, done: [[Trial]] = [],
    keep: ([Trial]) throws -> Void = { _ in }, step: () throws -> Void = {}
  ) throws {
    let whole = try SoftmaxRegression(features, classes: classes, classCount: classCount)
    var trials = weightDecays.map { Trial(weightDecay: $0) }
    let folds = Self.folds(of: classes, classCount: classCount)
    for fold in 0..<Self.partCount(of: classes.count) {
      let part =
        fold < done.count
        ? done[fold]
        : try Self.trials(weightDecays, holding: fold, of: folds, whole, features, step)
      if fold >= done.count { try keep(part) }
      for (index, trial) in part.enumerated() {
        trials[index].correct += trial.correct
        trials[index].count += trial.count
        trials[index].loss += trial.loss * Double(trial.count)
      }
    }
    for index in trials.indices { trials[index].loss /= Double(max(1, trials[index].count)) }
    let best = trials.max { ($0.correct, -$0.loss) < ($1.correct, -$1.loss) }
    self.trials = trials
    weightDecay = best?.weightDecay ?? weightDecays[0]
    layer = try whole.layer(weightDecay: weightDecay)
    try step()
  }

  /// How many parts of so many pictures are held out, one after the other.
  package static func partCount(of count: Int) -> Int { count > few ? 1 : parts }

  /// Each weight decay on the part `fold`, trained on the others.
  private static func trials(
    _ weightDecays: [Double], holding fold: Int, of folds: [Int], _ whole: SoftmaxRegression,
    _ features: Tensor, _ step: () throws -> Void
  ) throws -> [Trial] {
    let held = folds.indices.filter { folds[$0] == fold }
    let kept = folds.indices.filter { folds[$0] != fold }
    guard !held.isEmpty, !kept.isEmpty else { return weightDecays.map { Trial(weightDecay: $0) } }
    let (trained, measured) = try (
      whole.part(kept, of: features), whole.part(held, of: features)
    )
    var layer: SoftmaxRegression.Layer?
    return try weightDecays.map { weightDecay in
      let next = try trained.layer(weightDecay: weightDecay, from: layer)
      let (correct, loss) = try measured.score(of: next)
      layer = next
      try step()
      return Trial(weightDecay: weightDecay, correct: correct, count: held.count, loss: loss)
    }
  }

  /// In which part each picture is held out: of each class one after the other, and of one class from
  /// another part on than of the one before, so that classes of one picture are not all held out at once.
  static func folds(of classes: [Int], classCount: Int) -> [Int] {
    var next = (0..<classCount).map { $0 % parts }
    return classes.map { label in
      defer { next[label] = (next[label] + 1) % parts }
      return next[label]
    }
  }

  /// In percent of what was held out; nil where nothing was.
  package var heldOutTop1: Double? {
    trials.first { $0.weightDecay == weightDecay }
      .flatMap { $0.count > 0 ? 100 * Double($0.correct) / Double($0.count) : nil }
  }
}
