import CTorch

extension Tensor {
  /// The elements as bytes, each the one whose number is nearest.
  /// - Throws: `TorchError` unless they are float32 or bfloat16 on the CPU.
  public func quantized(_ quantization: Quantization) throws -> Tensor {
    try make("quantize", [self]) { ctorch_quantize(handle, quantization.code, $0) }
      .standing(for: quantization)
  }

  /// The numbers that bytes stand for, in `dtype`; the tensor itself where it is none of them.
  /// - Throws: `TorchError`.
  public func dequantized(_ dtype: DType = .float32) throws -> Tensor {
    guard let quantization, self.dtype == .uint8 else { return self }
    return try make("dequantize", [self]) {
      ctorch_dequantize(handle, quantization.code, dtype.code, $0)
    }
  }

  /// The numbers, in `dtype`, whether they are bytes or not.
  func floating(_ dtype: DType) throws -> Tensor {
    self.dtype == .uint8 ? try dequantized(dtype) : self.dtype == dtype ? self : try to(dtype)
  }

  /// The means of the channels of bytes [N, C, H, W], as float32 [N, C].
  func quantizedMeans(_ quantization: Quantization) throws -> Tensor {
    try make("mean", [self]) { ctorch_quantized_means(handle, quantization.code, $0) }
  }

  /// Notes what the bytes stand for.
  func standing(for quantization: Quantization?) -> Tensor {
    self.quantization = quantization
    return self
  }
}

extension CPU {
  /// Whether oneDNN multiplies bytes exactly here: without these instructions its sums of two products are
  /// cut off at 16 bits, and slower than bfloat16's.
  public static let multipliesBytes =
    !flags.isDisjoint(with: ["avx512_vnni", "avx_vnni", "amx_int8"])
}
