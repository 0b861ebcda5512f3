import CTorch

extension Tensor {
  /// The largest element of each window of a picture [N, C, H, W].
  /// - Throws: `TorchError` when the picture is smaller than the window.
  public func maxPooled(kernel: Int, stride: Int, padding: Int, _ pass: Pass) throws -> Tensor {
    if let trace = pass.trace {
      return try trace.window(
        self, channels: shape[1], kernel: [kernel, kernel], stride: [stride, stride],
        padding: [padding, padding], multiplyAddsPerElement: 0)
    }
    return try make("max_pool2d", [self]) {
      ctorch_max_pool2d(handle, Int64(kernel), Int64(stride), Int64(padding), $0)
    }
  }

  /// The mean of each channel: [N, C, H, W] or [N, C, T, H, W] → [N, C].
  /// - Throws: `TorchError`.
  public func globalAveragePooled(_ pass: Pass) throws -> Tensor {
    let shape = self.shape
    if let trace = pass.trace { return try trace.output(Array(shape[..<2])) }
    return try mean(axes: Array(2..<shape.count))
  }
}
