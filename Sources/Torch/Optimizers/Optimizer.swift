/// What changes a network's weights along their gradients.
///
/// An optimiser is one file here that says what `step` does, and a line in `Optimizers` of `Training`
/// that gives it a name for recipes. What it remembers between steps stands in `state`, so that a
/// checkpoint holds it.
public protocol Optimizer: AnyObject {
  /// The weights that it changes.
  var parameters: [ParameterStore.Named] { get }

  /// What it remembers between steps, by name, such as `momentum.conv1.weight`.
  var state: [ParameterStore.Named] { get }

  /// Moves the parameters along their gradients.
  /// - Throws: `TorchError`.
  func step(learningRate: Double) throws
}

extension Optimizer {
  /// Replaces each gradient by its mean over the processes of `group`.
  /// - Throws: `TorchError`.
  public func averageGradients(over group: any ProcessGroup) throws {
    try group.average(parameters.compactMap { try $0.tensor.gradient() })
  }

  /// Whether every gradient is a finite number, and so is `value`, by default none.
  /// - Throws: `TorchError`.
  public func gradientsAreFinite(and value: Tensor? = nil) throws -> Bool {
    try Tensor.gradientsAreFinite(parameters.map(\.tensor), and: value, plainly: false)
  }

  /// Forgets the gradients.
  /// - Throws: `TorchError`.
  public func clearGradients() throws {
    try Tensor.clearGradients(of: parameters.map(\.tensor))
  }
}
