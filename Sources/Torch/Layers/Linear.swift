import CTorch

/// A fully connected layer, initialised as PyTorch does unless said.
public struct Linear {
  /// [out, in].
  public let weight: Tensor
  /// [out]; nil in a layer without.
  public let bias: Tensor?

  /// A layer `from` so many features `to` so many. With a `start` weights begin as that says, and the bias
  /// is 0; without, as PyTorch begins.
  /// - Throws: `TorchError`.
  public init(
    _ path: Path, from input: Int, to output: Int, hasBias: Bool = true,
    start: ParameterStore.Start? = nil
  ) throws {
    let uniform = ParameterStore.Start.uniform(bound: 1 / Double(input).squareRoot())
    weight = try path.parameter("weight", [output, input], start ?? uniform)
    bias =
      hasBias
      ? try path.parameter("bias", [output], start == nil ? uniform : .constant(0)) : nil
  }

  /// [..., in] → [..., out].
  /// - Throws: `TorchError` when the features do not fit.
  public func callAsFunction(_ x: Tensor, _ pass: Pass) throws -> Tensor {
    if let trace = pass.trace {
      let input = x.shape
      let shape = weight.shape
      guard input.count >= 2, input.last == shape[1] else {
        throw TorchError(
          "linear", shapes: [input, shape], message: "expected rows of \(shape[1]) features")
      }
      return try trace.output(
        "linear", input.dropLast() + [shape[0]], multiplyAddsPerElement: shape[1])
    }
    return try make("linear", [x, weight] + (bias.map { [$0] } ?? [])) {
      ctorch_linear(x.handle, weight.handle, bias?.handle, $0)
    }
  }
}
