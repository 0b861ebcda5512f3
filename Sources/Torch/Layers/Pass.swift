/// How a network is run: for training or evaluation, in which precision, and who counts.
///
/// Explicit at every call: no layer remembers a mode.
public struct Pass {
  /// Training normalises by the batch and updates running statistics; evaluation uses them.
  public enum Mode: Sendable {
    case training, evaluation
  }

  /// For training or evaluation.
  public let mode: Mode
  /// The precision of everything but the last layer.
  public let precision: Precision
  /// Counts instead of computing, when there is one.
  public let trace: Trace?

  /// A pass in `mode` and `precision`.
  public init(_ mode: Mode, precision: Precision = .float32, trace: Trace? = nil) {
    self.mode = mode
    self.precision = precision
    self.trace = trace
  }

  /// A training pass in float32.
  public static var training: Pass { Pass(.training) }
  /// An evaluation pass in float32.
  public static var evaluation: Pass { Pass(.evaluation) }
}

/// Counts multiply-adds and activation memory of a pass over `meta` tensors, allocating nothing.
public final class Trace {
  /// Multiply-adds of convolutions and matrix products.
  public private(set) var multiplyAdds = 0
  /// Elements of the activations that a backward pass needs.
  public private(set) var savedElements = 0
  /// Elements of the largest single activation.
  public private(set) var largestActivation = 0

  /// A trace that has counted nothing.
  public init() {}

  /// The output of an operation of `multiplyAdds` each element, which a backward pass keeps.
  func output(_ shape: [Int], multiplyAddsPerElement: Int = 0) throws -> Tensor {
    let count = shape.reduce(1, *)
    multiplyAdds += count * multiplyAddsPerElement
    savedElements += count
    largestActivation = max(largestActivation, count)
    return try Tensor.empty(shape, device: .meta)
  }

  /// The output of a convolution or pooling with square windows.
  func window(
    _ x: Tensor, channels: Int, kernel: [Int], stride: [Int], padding: [Int],
    multiplyAddsPerElement: Int
  ) throws -> Tensor {
    let shape = x.shape
    let spatial: [Int] = (0..<kernel.count).map { (axis: Int) -> Int in
      let reach = shape[axis + 2] + 2 * padding[axis] - kernel[axis]
      return reach < 0 ? 0 : reach / stride[axis] + 1
    }
    guard spatial.allSatisfy({ $0 > 0 }) else {
      throw TorchError("conv2d", shapes: [shape], message: "the picture is smaller than the window")
    }
    return try output(
      [shape[0], channels] + spatial, multiplyAddsPerElement: multiplyAddsPerElement)
  }
}
