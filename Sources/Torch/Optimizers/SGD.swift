import CTorch

/// Stochastic gradient descent with momentum, weight decay and Nesterov's variant, in libtorch's
/// fused kernel.
///
/// A step is v ← momentum · v + (g + weightDecay · w); w ← w − rate · v, as PyTorch has it.
public final class SGD: Optimizer {
  /// The share of the last step's direction that is kept.
  public let momentum: Double
  /// How strongly weights are pulled to zero.
  public let weightDecay: Double
  /// Whether the step looks ahead along the momentum.
  public let nesterov: Bool
  /// The weights that it changes.
  public let parameters: [ParameterStore.Named]
  private let momenta: [Tensor]

  /// An optimiser of `parameters` whose momenta are zero.
  /// - Throws: `TorchError` when there is not enough memory.
  public init(
    _ parameters: [ParameterStore.Named], momentum: Double = 0.9, weightDecay: Double = 1e-4,
    nesterov: Bool = false
  ) throws {
    self.parameters = parameters
    self.momentum = momentum
    self.weightDecay = weightDecay
    self.nesterov = nesterov && momentum != 0
    momenta = try parameters.map { parameter in
      let buffer = try parameter.tensor.copied()
      try buffer.fill(0)
      return buffer
    }
  }

  /// The momentum of each parameter, as `momentum.NAME`.
  public var state: [ParameterStore.Named] {
    zip(parameters, momenta).map { ("momentum.\($0.name)", $1) }
  }

  /// Moves the parameters along their gradients.
  /// - Throws: `TorchError`.
  public func step(learningRate: Double) throws {
    try withExtendedLifetime((parameters, momenta)) {
      try check(
        "sgd",
        ctorch_sgd_step(
          parameters.map(\.tensor.handle), momenta.map(\.handle), Int32(parameters.count),
          learningRate, momentum, weightDecay, nesterov))
    }
  }
}
