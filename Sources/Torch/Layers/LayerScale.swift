/// One factor a channel that a block's branch is multiplied by, small at first (Touvron et al.,
/// arXiv:2103.17239).
public struct LayerScale {
  /// One a feature.
  public let gamma: Tensor

  /// Factors of so many features, all `start` at first.
  /// - Throws: `TorchError`.
  public init(_ path: Path, features: Int, start: Double) throws {
    gamma = try path.parameter("gamma", [features], .constant(start))
  }

  /// [..., features] → the same shape.
  /// - Throws: `TorchError` when the features differ.
  public func callAsFunction(_ x: Tensor, _ pass: Pass) throws -> Tensor {
    if let trace = pass.trace { return try trace.output("multiply", x.shape) }
    return try x.multiplied(by: gamma)
  }
}
