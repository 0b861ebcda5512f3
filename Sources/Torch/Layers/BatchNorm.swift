import CTorch

/// Batch normalisation over the channels of pictures or clips, with PyTorch's momentum and epsilon.
public struct BatchNorm {
  /// Scale and shift, one a channel.
  public let weight, bias: Tensor
  /// Statistics of the training batches, one a channel.
  public let runningMean, runningVariance: Tensor
  /// What is added to a variance before its root is taken.
  public let epsilon: Double
  /// How much of a batch's statistics goes into the running ones.
  public static let momentum = 0.1

  /// A normalisation of so many channels, whose weights all begin at `scale`: 0 in the last one of a
  /// residual block that begins as if it were not there.
  /// - Throws: `TorchError`.
  public init(
    _ path: Path, channels: Int, epsilon: Double = 1e-5, scale: Double = 1
  ) throws {
    self.epsilon = epsilon
    weight = try path.parameter("weight", [channels], .constant(scale))
    bias = try path.parameter("bias", [channels], .constant(0))
    runningMean = try path.buffer("running_mean", [channels], .constant(0))
    runningVariance = try path.buffer("running_var", [channels], .constant(1))
  }

  /// Normalises by the batch in training (and updates the running statistics), else by those.
  /// - Throws: `TorchError` when the channels differ; `DistributedError` where a pass is synced.
  public func callAsFunction(_ x: Tensor, _ pass: Pass) throws -> Tensor {
    if let trace = pass.trace { return try trace.output("batch_norm", x.shape) }
    return try withExtendedLifetime((bias, runningMean, runningVariance)) {
      if pass.mode == .training, let group = pass.synced { return try synced(x, over: group) }
      return try make("batch_norm", [x, weight]) {
        ctorch_batch_norm(
          x.handle, weight.handle, bias.handle, runningMean.handle, runningVariance.handle,
          pass.mode == .training, Self.momentum, epsilon, $0)
      }
    }
  }

  private func synced(_ x: Tensor, over group: DistributedGroup) throws -> Tensor {
    let handle = try group.live()
    return try group.sayingWhoIsLost("a batch norm's statistics") {
      try make("batch_norm", [x, weight]) {
        ctorch_synced_batch_norm(
          handle, x.handle, weight.handle, bias.handle, runningMean.handle, runningVariance.handle,
          Self.momentum, epsilon, $0)
      }
    }
  }
}
