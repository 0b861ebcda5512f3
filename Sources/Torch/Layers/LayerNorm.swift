import CTorch

/// Normalisation of each element of the last axis by the mean and variance of that axis.
public struct LayerNorm {
  /// Scale and shift, one a feature.
  public let weight, bias: Tensor
  /// What is added to a variance before its root is taken.
  public let epsilon: Double

  /// A normalisation of so many features.
  /// - Throws: `TorchError`.
  public init(_ path: Path, features: Int, epsilon: Double = 1e-6) throws {
    weight = try path.parameter("weight", [features], .constant(1))
    bias = try path.parameter("bias", [features], .constant(0))
    self.epsilon = epsilon
  }

  /// [..., features] → the same shape.
  /// - Throws: `TorchError` when the features differ.
  public func callAsFunction(_ x: Tensor, _ pass: Pass) throws -> Tensor {
    if let trace = pass.trace { return try trace.output("layer_norm", x.shape) }
    return try make("layer_norm", [x, weight, bias]) {
      ctorch_layer_norm(x.handle, weight.handle, bias.handle, epsilon, $0)
    }
  }
}
