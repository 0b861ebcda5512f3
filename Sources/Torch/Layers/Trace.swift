/// Counts multiply-adds and activation memory of a pass over `meta` tensors, allocating nothing.
public final class Trace {
  /// Multiply-adds of convolutions and matrix products.
  public private(set) var multiplyAdds = 0
  /// How many operations have such.
  package private(set) var products = 0
  /// Elements of the activations that a backward pass needs.
  public private(set) var savedElements = 0
  /// Elements of the largest single activation.
  public private(set) var largestActivation = 0

  /// A trace that has counted nothing.
  public init() {}

  /// The output of an operation of `multiplyAdds` each element, which a backward pass keeps.
  package func output(
    _ operation: String, _ shape: [Int], multiplyAddsPerElement: Int = 0
  ) throws -> Tensor {
    // libtorch refuses shapes whose elements cannot be counted in 63 bits; their sums can be more.
    let tensor = try Tensor.empty(shape, device: .meta)
    let count = tensor.count
    let work = count.multipliedReportingOverflow(by: multiplyAddsPerElement)
    let sum = multiplyAdds.addingReportingOverflow(work.partialValue)
    let saved = savedElements.addingReportingOverflow(count)
    guard !work.overflow, !sum.overflow, !saved.overflow else {
      throw TorchError(operation, shapes: [shape], message: "too large to count its work")
    }
    multiplyAdds = sum.partialValue
    if multiplyAddsPerElement > 0 { products += 1 }
    savedElements = saved.partialValue
    largestActivation = max(largestActivation, count)
    return tensor
  }

  /// The output of a convolution or pooling, whose windows are `kernel` along the axes after [N, C].
  func window(
    _ operation: String, _ x: Tensor, channels: Int, kernel: [Int], stride: [Int], padding: [Int],
    multiplyAddsPerElement: Int = 0
  ) throws -> Tensor {
    let shape = x.shape
    guard shape.count == kernel.count + 2 else {
      throw TorchError(
        operation, shapes: [shape], message: "expected \(kernel.count + 2) axes, N and C first")
    }
    let spatial: [Int] = (0..<kernel.count).map { axis in
      let reach = shape[axis + 2] + 2 * padding[axis] - kernel[axis]
      return reach < 0 ? 0 : reach / stride[axis] + 1
    }
    guard spatial.allSatisfy({ $0 > 0 }) else {
      throw TorchError(
        operation, shapes: [shape], message: "smaller than the window \(kernel)")
    }
    return try output(
      operation, [shape[0], channels] + spatial, multiplyAddsPerElement: multiplyAddsPerElement)
  }
}
