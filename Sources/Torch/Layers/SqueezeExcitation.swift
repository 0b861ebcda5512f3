/// Squeeze and excitation (Hu et al., arXiv:1709.01507): each channel of a picture is multiplied by a
/// number between 0 and 1 that two small layers make of the means of all channels.
public struct SqueezeExcitation {
  private let reduce, expand: Conv2d
  private let activation, gate: Activation

  /// What makes of the means of so many `channels` the `reduced` ones, applies `activation`, and makes
  /// of those as many as before, through `gate`. Their biases begin at 0, or as PyTorch begins them.
  /// - Throws: `TorchError`.
  public init(
    _ reducePath: Path, _ expandPath: Path, channels: Int, reduced: Int,
    activation: Activation = .relu, gate: Activation = .sigmoid, biasesAsPyTorch: Bool = false
  ) throws {
    func bias(_ inputs: Int) -> ParameterStore.Start {
      biasesAsPyTorch ? .uniform(bound: 1 / Double(inputs).squareRoot()) : .constant(0)
    }
    reduce = try Conv2d(
      reducePath, from: channels, to: reduced, kernel: 1, hasBias: true, biasStart: bias(channels))
    expand = try Conv2d(
      expandPath, from: reduced, to: channels, kernel: 1, hasBias: true, biasStart: bias(reduced))
    self.activation = activation
    self.gate = gate
  }

  /// [N, C, H, W] → the same shape.
  /// - Throws: `TorchError` when the channels differ.
  public func callAsFunction(_ x: Tensor, _ pass: Pass) throws -> Tensor {
    let shape = x.shape
    let x = try x.dequantized()
    let means = try x.globalAveragePooled(pass).reshaped(to: Array(shape[..<2]) + [1, 1])
    let factors = try expand(reduce(means, pass).activated(by: activation, pass), pass)
      .activated(by: gate, pass)
    return try pass.trace?.output("multiply", shape) ?? x.multiplied(by: factors)
  }
}
