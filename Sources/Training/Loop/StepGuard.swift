public import Models
public import Torch

/// Says whether a step may be taken, before it changes a weight.
///
/// A step that is not taken leaves no trace in the weights, and three in a row end the training.
public protocol StepGuard {
  /// Why the optimiser may not move the weights in the step `step`, counted from 1, along the gradients
  /// that a batch of these sums has left: a clause, such as "the loss was not a finite number"; nil where it
  /// may.
  /// - Throws: `TorchError`.
  func refusal(of sums: LossSums, _ optimizer: any Optimizer, step: Int) throws -> String?
}

/// Takes the steps whose loss and gradients are finite numbers.
public struct FiniteSteps: StepGuard {
  /// The guard.
  public init() {}

  /// A clause where the loss or a gradient is not finite.
  /// - Throws: `TorchError`.
  public func refusal(
    of sums: LossSums, _ optimizer: any Optimizer, step: Int
  ) throws -> String? {
    try optimizer.gradientsAreFinite(and: sums.loss)
      ? nil : "the loss or a gradient was not a finite number"
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

  /// Makes them what they were, times `decay`, plus what the parts of the step's batch have come to.
  /// - Throws: `TorchError`.
  public func move(by parts: Tensor, keeping decay: Double) throws {
    try Tensor.moveStatistics(tensors, before: before, by: parts, keeping: decay)
  }

  /// Puts back what was kept.
  /// - Throws: `TorchError`.
  public func restore() throws { try Tensor.copyAll(from: before, to: tensors) }
}
