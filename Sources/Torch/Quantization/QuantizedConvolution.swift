import CTorch

/// A convolution with a folded batch norm that computes with bytes: its input's are unsigned, its weights'
/// signed, with one scale an output channel, and its sums are whole numbers of 32 bits.
final class QuantizedConvolution {
  private let weight: QuantizedWeight
  private let bias, zeros: Tensor
  private let input: Input
  private let output: Quantization
  private let stride: [Int64]
  private let groups: Int
  private var packed: (shape: [Int], quantization: Quantization, weight: Tensor)?

  /// What comes in beside other convolutions' bytes.
  private enum Input {
    /// Nothing.
    case bytes
    /// Numbers that become bytes in this way.
    case numbers(Quantization)
    /// Numbers of which each channel has a range of its own.
    case channels(ChannelBytes)
  }

  init(_ convolution: Conv2d, _ norm: BatchNorm, _ ranges: ActivationRanges.Layer) throws {
    let (weight, bias) = try convolution.folding(norm)
    guard weight.device == .cpu else {
      throw TorchError("quantize", message: "int8 is computed on a CPU, not on \(weight.device)")
    }
    output = Quantization(ranges.output)
    stride = [Int64](repeating: Int64(convolution.stride), count: 2)
    groups = convolution.groups
    zeros = try Tensor.full([weight.shape[0]], 0, dtype: .int64)
    let inputs = ranges.input ?? []
    if inputs.count > 1 {
      let channels = try ChannelBytes(inputs, padding: convolution.padding)
      self.weight = try QuantizedWeight(channels.taking(weight), padding: 0)
      self.bias = try channels.bias(bias, of: self.weight)
      input = .channels(channels)
    } else {
      self.weight = try QuantizedWeight(weight, padding: convolution.padding)
      self.bias = bias
      input = inputs.first.map { .numbers(Quantization($0)) } ?? .bytes
    }
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
    return try withExtendedLifetime((packed, weight, zeros, bias)) {
      try make("conv2d", [x, weight.bytes] + (residual.map { [$0] } ?? [])) {
        ctorch_int8_convolution(
          x.handle, from.code, packed.handle, weight.scales.handle, zeros.handle, bias.handle,
          residual?.handle, (residual?.quantization ?? output).code,
          activation?.code ?? Int32(CTORCH_NO_ACTIVATION), stride, weight.padding, Int64(groups),
          output.code, $0)
      }
    }.standing(for: output)
  }

  private func bytes(of x: Tensor) throws -> Tensor {
    guard x.quantization == nil else { return x }
    switch input {
    case .numbers(let quantization): return try x.quantized(quantization)
    case .channels(let channels): return try channels.bytes(of: x)
    case .bytes:
      throw TorchError(
        "conv2d", shapes: [x.shape], message: "which numbers it sees was not calibrated")
    }
  }

  /// The weight in the layout that oneDNN wants for bytes of this shape and quantization.
  private func packedWeight(for shape: [Int], _ from: Quantization) throws -> Tensor {
    if let packed, packed.shape == shape, packed.quantization == from { return packed.weight }
    let made = try make("qconv_prepack", [weight.bytes, weight.scales]) {
      ctorch_pack_int8_convolution(
        weight.bytes.handle, weight.scales.handle, from.code, stride, weight.padding,
        Int64(groups), shape.wide, $0)
    }
    packed = (shape, from, made)
    return made
  }
}

/// Weights as signed bytes from -127 to 127, with what a step of each output channel is worth.
struct QuantizedWeight {
  /// int8 [out, in / groups, kernel, kernel].
  let bytes: Tensor
  /// float32 [out].
  let scales: Tensor
  /// The zeros around a picture.
  let padding: [Int64]

  /// The bytes nearest to `weight`, each channel's largest magnitude being 127.
  init(_ weight: Tensor, padding: Int) throws {
    var bytes: OpaquePointer?
    var scales: OpaquePointer?
    try check("quantize", [weight], ctorch_quantize_weight(weight.handle, &bytes, &scales))
    guard let bytes, let scales else {
      throw TorchError("quantize", message: "no tensor came back")
    }
    self.bytes = Tensor(consuming: bytes)
    self.scales = Tensor(consuming: scales)
    self.padding = [Int64](repeating: Int64(padding), count: 2)
  }

  var shape: [Int] { bytes.shape }

  /// What the bytes stand for.
  func numbers() throws -> Tensor {
    try bytes.to(.float32).multiplied(by: scales.reshaped(to: [-1, 1, 1, 1]))
  }
}
