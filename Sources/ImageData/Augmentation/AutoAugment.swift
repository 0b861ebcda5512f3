/// Operations that are drawn for each training picture; with torchvision's operations and magnitudes.
public enum AutoAugment: Sendable, Hashable {
  /// So many operations one after the other, each any of 14, all of one magnitude, 0 to 30: E. Cubuk et al.,
  /// "RandAugment: Practical automated data augmentation with a reduced search space" (arXiv:1909.13719).
  case randAugment(operations: Int, magnitude: Int)
  /// One operation, any of these 14, of any magnitude, which reach further: S. Müller and F. Hutter,
  /// "TrivialAugment: Tuning-free Yet State-of-the-Art Data Augmentation" (arXiv:2103.10158); torchvision's
  /// `TrivialAugmentWide`.
  case trivialAugment
  /// One of 25 pairs of operations, found on ImageNet: E. Cubuk et al., "AutoAugment: Learning Augmentation
  /// Policies from Data" (arXiv:1805.09501).
  case imagenet
  /// The same, found on CIFAR-10.
  case cifar10

  /// The highest magnitude of `randAugment`: torchvision counts 31.
  public static let mostMagnitude = 30

  /// An operation and its magnitude, with its sign.
  typealias Drawn = (operation: AugmentationOperation, magnitude: Double)

  /// What is done to a picture of `size` pixels a side, in this order.
  func draw(_ random: inout CounterRandom, size: Int) -> [Drawn] {
    switch self {
    case .randAugment(let count, let magnitude):
      return (0..<count).map { _ in
        let operation = Self.anyOperation(&random)
        return drawn(
          operation, operation.magnitude(magnitude, of: Self.mostMagnitude + 1, size: size), &random
        )
      }
    case .trivialAugment:
      let operation = Self.anyOperation(&random)
      let bins = Self.mostMagnitude + 1
      let magnitude = operation.magnitude(
        random.integer(below: bins), of: bins, size: size, isWide: true)
      return [drawn(operation, magnitude, &random)]
    case .imagenet: return draw(from: Self.imagenetPolicies, &random, size)
    case .cifar10: return draw(from: Self.cifar10Policies, &random, size)
    }
  }

  private func draw(
    from policies: [[PolicyStep]], _ random: inout CounterRandom, _ size: Int
  ) -> [Drawn] {
    policies[random.integer(below: policies.count)].compactMap { step in
      guard random.happens(step.probability) else { return nil }
      return drawn(step.operation, step.operation.magnitude(step.bin, of: 10, size: size), &random)
    }
  }

  /// Any but `invert`, which is the last.
  private static func anyOperation(_ random: inout CounterRandom) -> AugmentationOperation {
    let all = AugmentationOperation.allCases
    return all[random.integer(below: all.count - 1)]
  }

  private func drawn(
    _ operation: AugmentationOperation, _ magnitude: Double, _ random: inout CounterRandom
  ) -> Drawn {
    let isNegative = operation.isSigned && random.integer(below: 2) == 0
    return (operation, isNegative ? -magnitude : magnitude)
  }
}

/// An operation of a policy: how often it is done, and in which of ten magnitudes.
struct PolicyStep {
  let operation: AugmentationOperation
  let probability: Double
  let bin: Int

  init(_ operation: AugmentationOperation, _ probability: Double, _ bin: Int = 0) {
    self.operation = operation
    self.probability = probability
    self.bin = bin
  }
}
