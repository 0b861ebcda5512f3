import CTorch

/// A convolution with a folded batch norm that adds and activates in the same kernel where there is one.
final class FusedConvolution {
  let dtype: DType
  private let weight, bias: Tensor
  private let stride, padding: [Int64]
  private let groups: Int64
  private var packed: (shape: [Int], weight: Tensor)?
  private let packs: Bool

  init(_ convolution: Conv2d, _ norm: BatchNorm, precision: Precision) throws {
    dtype = precision == .bf16 ? .bfloat16 : .float32
    let (weight, bias) = try convolution.folding(norm)
    self.weight = try weight.to(dtype).channelsLast()
    self.bias = try bias.to(dtype)
    stride = [Int64](repeating: Int64(convolution.stride), count: 2)
    padding = [Int64](repeating: Int64(convolution.padding), count: 2)
    groups = Int64(convolution.groups)
    packs = self.weight.device == .cpu && (precision == .float32 || CPU.packsBFloat16)
  }

  func callAsFunction(
    _ x: Tensor, adding residual: Tensor?, activation: Activation?
  ) throws -> Tensor {
    let shape = x.shape
    guard shape.count == 4, shape[1] == self.weight.shape[1] * Int(groups) else {
      throw TorchError(
        "conv2d", shapes: [shape, self.weight.shape],
        message: "expected pictures of \(self.weight.shape[1] * Int(groups)) channels")
    }
    let weight = packs ? try packedWeight(for: shape) : self.weight
    return try withExtendedLifetime((weight, bias)) {
      try make("conv2d", [x, self.weight] + (residual.map { [$0] } ?? [])) {
        ctorch_fused_convolution(
          x.handle, weight.handle, packs, bias.handle, residual?.handle,
          activation?.code ?? Int32(CTORCH_NO_ACTIVATION), stride, padding, groups, $0)
      }
    }
  }

  /// The weight in the layout that oneDNN wants for pictures of this shape.
  private func packedWeight(for shape: [Int]) throws -> Tensor {
    if let packed, packed.shape == shape { return packed.weight }
    let weight = try make("reorder_conv2d_weight", [self.weight]) {
      ctorch_pack_convolution(self.weight.handle, stride, padding, groups, shape.wide, $0)
    }
    packed = (shape, weight)
    return weight
  }
}

extension Conv2d {
  /// The weight and bias, in float32, of one convolution that does what this and `norm` after it do in
  /// evaluation.
  func folding(_ norm: BatchNorm) throws -> (weight: Tensor, bias: Tensor) {
    try withoutGradients {
      let deviation = try norm.runningVariance.scaled(by: 1, plus: norm.epsilon).squareRoot()
      let scale = try norm.weight.divided(by: deviation)
      let folded = try weight.multiplied(by: scale.reshaped(to: [-1, 1, 1, 1]))
      let mean = try bias.map { try norm.runningMean.subtracting($0) } ?? norm.runningMean
      let shift = try norm.bias.subtracting(mean.multiplied(by: scale))
      return (try folded.detached(), try shift.detached())
    }
  }
}
