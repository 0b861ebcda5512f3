import CTorch

/// A convolution with a folded batch norm that computes with bytes: its input's are unsigned, its weights'
/// signed, with one scale an output channel, and its sums are whole numbers of 32 bits.
final class QuantizedConvolution {
  private let weight, scales, zeros, bias: Tensor
  private let input: Quantization?
  private let output: Quantization
  private let stride, padding: [Int64]
  private let groups: Int
  private var packed: (shape: [Int], quantization: Quantization, weight: Tensor)?

  init(_ convolution: Conv2d, _ norm: BatchNorm, _ ranges: ActivationRanges.Layer) throws {
    let (weight, bias) = try convolution.folding(norm)
    guard weight.device == .cpu else {
      throw TorchError("quantize", message: "int8 is computed on a CPU, not on \(weight.device)")
    }
    (self.weight, scales) = try weight.quantizedByRow()
    self.bias = bias
    zeros = try Tensor.full([weight.shape[0]], 0, dtype: .int64)
    input = ranges.input.map(Quantization.init)
    output = Quantization(ranges.output)
    stride = [Int64](repeating: Int64(convolution.stride), count: 2)
    padding = [Int64](repeating: Int64(convolution.padding), count: 2)
    groups = convolution.groups
  }

  /// activation(conv(x) + `residual`) as bytes; floating-point numbers become bytes first.
  func callAsFunction(
    _ x: Tensor, adding residual: Tensor?, activation: Activation?
  ) throws -> Tensor {
    let x = try bytes(of: x)
    let shape = x.shape
    guard let from = x.quantization, shape.count == 4, shape[1] == weight.shape[1] * groups else {
      throw TorchError(
        "conv2d", shapes: [shape, weight.shape],
        message: "expected pictures of \(weight.shape[1] * groups) channels")
    }
    let residual = try residual.map { $0.dtype == .uint8 ? $0 : try $0.quantized(output) }
    let packed = try packedWeight(for: shape, from)
    return try withExtendedLifetime((packed, scales, zeros, bias)) {
      try make("conv2d", [x, weight] + (residual.map { [$0] } ?? [])) {
        ctorch_int8_convolution(
          x.handle, from.code, packed.handle, scales.handle, zeros.handle, bias.handle,
          residual?.handle, (residual?.quantization ?? output).code,
          activation?.code ?? Int32(CTORCH_NO_ACTIVATION), stride, padding, Int64(groups),
          output.code, $0)
      }
    }.standing(for: output)
  }

  private func bytes(of x: Tensor) throws -> Tensor {
    guard x.quantization == nil else { return x }
    guard let input else {
      throw TorchError(
        "conv2d", shapes: [x.shape], message: "which numbers it sees was not calibrated")
    }
    return try x.quantized(input)
  }

  /// The weight in the layout that oneDNN wants for bytes of this shape and quantization.
  private func packedWeight(for shape: [Int], _ from: Quantization) throws -> Tensor {
    if let packed, packed.shape == shape, packed.quantization == from { return packed.weight }
    let made = try make("qconv_prepack", [weight, scales]) {
      ctorch_pack_int8_convolution(
        weight.handle, scales.handle, from.code, stride, padding, Int64(groups), shape.wide, $0)
    }
    packed = (shape, from, made)
    return made
  }
}

extension Tensor {
  /// The weights of each row as signed bytes from -127 to 127, and what a step of each row is worth.
  func quantizedByRow() throws -> (bytes: Tensor, scales: Tensor) {
    var bytes: OpaquePointer?
    var scales: OpaquePointer?
    try check("quantize", [self], ctorch_quantize_weight(handle, &bytes, &scales))
    guard let bytes, let scales else {
      throw TorchError("quantize", message: "no tensor came back")
    }
    return (Tensor(consuming: bytes), Tensor(consuming: scales))
  }
}
