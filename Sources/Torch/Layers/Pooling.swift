import CTorch

extension Tensor {
  /// The largest element of each window of a picture [N, C, H, W].
  /// - Throws: `TorchError` when the picture is smaller than the window.
  public func maxPooled(kernel: Int, stride: Int, padding: Int, _ pass: Pass) throws -> Tensor {
    if let trace = pass.trace {
      return try trace.window(
        "max_pool2d", self, channels: shape.dropFirst().first ?? 0, kernel: [kernel, kernel],
        stride: [stride, stride],
        padding: [padding, padding])
    }
    return try make("max_pool2d", [self]) {
      ctorch_max_pool2d(handle, Int64(kernel), Int64(stride), Int64(padding), $0)
    }.standing(for: quantization)
  }

  /// The mean of each window of a picture [N, C, H, W]; of one that reaches beyond it, of what is there.
  /// - Throws: `TorchError` when there are no such axes.
  public func averagePooled(kernel: Int, stride: Int, _ pass: Pass) throws -> Tensor {
    let x = try dequantized()
    let pooled = try make("avg_pool2d", [x]) {
      ctorch_avg_pool2d(x.handle, Int64(kernel), Int64(stride), $0)
    }
    return try pass.trace?.output("avg_pool2d", pooled.shape) ?? pooled
  }

  /// The mean of each channel: [N, C, H, W] or [N, C, T, H, W] → [N, C].
  /// - Throws: `TorchError` when there is nothing but [N, C].
  public func globalAveragePooled(_ pass: Pass) throws -> Tensor {
    let shape = self.shape
    guard shape.count > 2 else {
      throw TorchError(
        "global_average_pool", shapes: [shape], message: "expected [N, C] and axes to pool")
    }
    if let trace = pass.trace { return try trace.output("mean", Array(shape[..<2])) }
    if dtype == .uint8, let quantization { return try quantizedMeans(quantization) }
    return try mean(axes: Array(2..<shape.count))
  }

  /// The largest element of each channel: [N, C, H, W] or [N, C, T, H, W] → [N, C].
  /// - Throws: `TorchError` when there is nothing but [N, C].
  public func globalMaxPooled(_ pass: Pass) throws -> Tensor {
    let shape = self.shape
    guard shape.count > 2 else {
      throw TorchError(
        "global_max_pool", shapes: [shape], message: "expected [N, C] and axes to pool")
    }
    let channels = Array(shape[..<2])
    if let trace = pass.trace { return try trace.output("amax", channels) }
    return try dequantized().reshaped(to: channels + [shape[2...].reduce(1, *)]).top(1).values
      .reshaped(to: channels)
  }
}
