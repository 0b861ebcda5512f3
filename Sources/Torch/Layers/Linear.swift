import CTorch

/// A fully connected layer with bias, initialised as PyTorch does.
public struct Linear {
  /// [out, in].
  public let weight: Tensor
  /// [out].
  public let bias: Tensor

  /// A layer `from` so many features `to` so many.
  /// - Throws: `TorchError`.
  public init(_ path: Path, from input: Int, to output: Int) throws {
    let bound = 1 / Double(input).squareRoot()
    weight = try path.parameter("weight", [output, input], .uniform(bound: bound))
    bias = try path.parameter("bias", [output], .uniform(bound: bound))
  }

  /// [N, in] → [N, out].
  /// - Throws: `TorchError` when the features do not fit.
  public func callAsFunction(_ x: Tensor, _ pass: Pass) throws -> Tensor {
    if let trace = pass.trace {
      let input = x.shape
      let shape = weight.shape
      guard input.count == 2, input[1] == shape[1] else {
        throw TorchError(
          "linear", shapes: [input, shape], message: "expected rows of \(shape[1]) features")
      }
      return try trace.output("linear", [input[0], shape[0]], multiplyAddsPerElement: shape[1])
    }
    return try make("linear", [x, weight, bias]) {
      ctorch_linear(x.handle, weight.handle, bias.handle, $0)
    }
  }
}
