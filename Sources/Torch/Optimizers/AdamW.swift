import CTorch

/// Adam with decoupled weight decay (Loshchilov and Hutter, arXiv:1711.05101), in libtorch's fused kernel.
///
/// A step is m ← β₁ m + (1 − β₁) g; v ← β₂ v + (1 − β₂) g²; w ← w − rate · weightDecay · w − rate · m̂ /
/// (√v̂ + ε), where m̂ and v̂ are divided by 1 − βᵗ, as PyTorch has it.
public final class AdamW: Optimizer {
  /// The weights that it changes.
  public var parameters: [ParameterStore.Named] { groups.flatMap(\.parameters) }
  /// How much of the last means is kept, of the gradients and of their squares.
  public let betas: (Double, Double)
  /// What is added to a root before it divides.
  public let epsilon: Double
  private let groups: [ParameterGroup]
  /// The means of each group's gradients and of their squares.
  private let means, squares: [[Tensor]]
  /// How many steps were taken, one number, so that a checkpoint holds it.
  private let steps: Tensor

  /// An optimiser of `groups` whose moments are zero.
  /// - Throws: `TorchError` when there is not enough memory.
  public init(
    _ groups: [ParameterGroup], betas: (Double, Double) = (0.9, 0.999), epsilon: Double = 1e-8
  ) throws {
    self.groups = groups
    self.betas = betas
    self.epsilon = epsilon
    func zeros() throws -> [[Tensor]] {
      try groups.map { group in
        try group.parameters.map { parameter in
          let buffer = try parameter.tensor.copied()
          try buffer.fill(0)
          return buffer
        }
      }
    }
    means = try zeros()
    squares = try zeros()
    steps = try Tensor([0] as [Int64], shape: [1])
  }

  /// The moments of each parameter as `mean.NAME` and `square.NAME`, and how many steps were taken.
  public var state: [ParameterStore.Named] {
    var state: [ParameterStore.Named] = [("optimizer.steps", steps)]
    for (group, (means, squares)) in zip(groups, zip(means, squares)) {
      for (parameter, (mean, square)) in zip(group.parameters, zip(means, squares)) {
        state.append(("mean.\(parameter.name)", mean))
        state.append(("square.\(parameter.name)", square))
      }
    }
    return state
  }

  /// Moves the parameters along their gradients.
  /// - Throws: `TorchError`.
  public func step(learningRate: Double) throws {
    let step = try steps.item() + 1
    try steps.fill(step)
    for (group, (means, squares)) in zip(groups, zip(means, squares)) {
      try withExtendedLifetime((group, means, squares)) {
        try check(
          "adamw",
          ctorch_adamw_step(
            group.parameters.map(\.tensor.handle), means.map(\.handle), squares.map(\.handle),
            Int32(group.parameters.count), learningRate * group.rateFactor, betas.0, betas.1,
            group.weightDecay, epsilon, Int64(step)))
      }
    }
  }
}
