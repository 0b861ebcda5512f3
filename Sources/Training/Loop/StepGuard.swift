public import Models
public import Torch

/// Says whether a step may be taken, before it changes a weight.
///
/// A step that is not taken leaves no trace in the weights, and three in a row end the training.
public protocol StepGuard {
  /// Whether the optimiser may move the weights in the step `step`, counted from 1, along the gradients
  /// that a batch of these sums has left.
  /// - Throws: `TorchError`.
  func accepts(_ sums: LossSums, _ optimizer: any Optimizer, step: Int) throws -> Bool
}

/// Takes the steps whose loss and gradients are finite numbers.
public struct FiniteSteps: StepGuard {
  /// How many steps in a row may be refused.
  static let mostRefused = 3

  /// The guard.
  public init() {}

  /// Whether the loss and every gradient are finite.
  /// - Throws: `TorchError`.
  public func accepts(_ sums: LossSums, _ optimizer: any Optimizer, step: Int) throws -> Bool {
    try optimizer.gradientsAreFinite(and: sums.loss)
  }
}

/// The running means and variances of a network, as they were before a step that may not be taken.
public struct BatchStatistics {
  private let tensors: [Tensor]
  private let before: [Tensor]

  /// Those of `network`, as they are now.
  /// - Throws: `TorchError` when there is not enough memory.
  public init(of network: any Network) throws {
    tensors = network.weights.buffers.map(\.tensor)
    before = try tensors.map { try $0.copied() }
  }

  /// Keeps them as they are now.
  /// - Throws: `TorchError`.
  public func remember() throws { try Tensor.copyAll(from: tensors, to: before) }

  /// Puts back what was kept.
  /// - Throws: `TorchError`.
  public func restore() throws { try Tensor.copyAll(from: before, to: tensors) }
}
