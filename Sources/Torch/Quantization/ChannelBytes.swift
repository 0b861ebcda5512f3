import CTorch

/// Numbers as bytes where each channel has a range of its own, such as pictures that were bytes before their
/// channels were normalised: then nothing is lost.
///
/// oneDNN knows one scale and one zero for all channels. So weights take the scales in, the bias takes in the
/// zeros, and pictures get their padding here, of the bytes that are nearest to 0.
struct ChannelBytes {
  private let scales, zeros: [Float]
  private let padding: Int
  /// What the convolution is told of such bytes: that they stand for themselves.
  private static let themselves = Quantization(ValueRange(low: 0, high: 255))

  init(_ ranges: [ValueRange], padding: Int) throws {
    guard ranges.allSatisfy({ $0.low < $0.high }) else {
      throw TorchError("quantize", message: "a channel has no numbers: \(ranges)")
    }
    scales = ranges.map { ($0.high - $0.low) / 255 }
    zeros = zip(ranges, scales).map { -$0.low / $1 }
    self.padding = padding
  }

  /// float32 [N, C, H, W] → bytes, padded.
  func bytes(of x: Tensor) throws -> Tensor {
    guard x.shape.count == 4, x.shape[1] == scales.count else {
      throw TorchError(
        "quantize", shapes: [x.shape], message: "expected pictures of \(scales.count) channels")
    }
    return try make("quantize", [x]) {
      ctorch_quantize_padded(x.handle, scales, zeros, Int64(padding), $0)
    }.standing(for: Self.themselves)
  }

  /// The weights of a convolution without groups that sees these bytes.
  func taking(_ weight: Tensor) throws -> Tensor {
    try weight.multiplied(by: Tensor(scales, shape: [1, scales.count, 1, 1]))
  }

  /// The bias of the same convolution.
  func bias(_ bias: Tensor, of weight: QuantizedWeight) throws -> Tensor {
    let zeros = try Tensor(zeros, shape: [1, zeros.count, 1, 1]).expanded(to: weight.shape)
    let (outputs, others) = (weight.shape[0], weight.shape[1...].reduce(1, *))
    let shift = try weight.numbers().multiplied(by: zeros).reshaped(to: [outputs, others])
      .mean(axes: [1]).scaled(by: Double(others))
    return try bias.subtracting(shift)
  }
}
