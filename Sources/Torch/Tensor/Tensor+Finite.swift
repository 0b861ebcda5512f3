extension Tensor {
  /// Whether every element is a finite number.
  /// - Throws: `TorchError`.
  public func isFinite() throws -> Bool {
    // What sums to a finite number is finite; large numbers may sum to one that is not.
    if try sum().item().isFinite { return true }
    return try to(.float32, device: .cpu).array(of: Float.self).allSatisfy(\.isFinite)
  }
}

extension ParameterStore {
  /// The name of the first tensor that holds a NaN or an infinity; nil where all are numbers.
  /// - Throws: `TorchError`.
  public func firstNotFinite() throws -> String? {
    try state.first { try !$0.tensor.isFinite() }?.name
  }
}
