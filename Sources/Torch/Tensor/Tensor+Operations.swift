import CTorch

extension Tensor {
  /// The same elements under another shape; one axis may be -1.
  /// - Throws: `TorchError` when the counts differ.
  public func reshaped(to shape: [Int]) throws -> Tensor {
    try make("reshape", [self]) {
      ctorch_reshape(handle, shape.wide, Int32(shape.count), $0)
    }
  }

  /// The axes in another order.
  /// - Throws: `TorchError` unless `axes` names each axis once.
  public func permuted(_ axes: [Int]) throws -> Tensor {
    try make("permute", [self]) { ctorch_permute(handle, axes.wide, Int32(axes.count), $0) }
  }

  /// The part `range` of one axis.
  /// - Throws: `TorchError` when it reaches beyond the axis.
  public func narrowed(axis: Int, to range: Range<Int>) throws -> Tensor {
    try make("narrow", [self]) {
      ctorch_narrow(handle, Int64(axis), Int64(range.lowerBound), Int64(range.count), $0)
    }
  }

  /// Every `step`th entry of one axis, from the first on.
  /// - Throws: `TorchError` when there is no such axis.
  public func every(_ step: Int, axis: Int) throws -> Tensor {
    try make("slice", [self]) {
      ctorch_slice(handle, Int64(axis), 0, Int64.max, Int64(step), $0)
    }.standing(for: quantization)
  }

  /// Zeros before and after the entries of one axis.
  /// - Throws: `TorchError` when there is no such axis.
  public func padded(axis: Int, before: Int, after: Int) throws -> Tensor {
    // libtorch names the last axis first.
    let padding = [Int](repeating: 0, count: 2 * max(0, shape.count - 1 - axis)) + [before, after]
    let zero = dtype == .uint8 ? Int64(quantization?.zeroPoint ?? 0) : 0
    return try make("pad", [self]) {
      ctorch_pad(handle, padding.wide, Int32(padding.count), zero, $0)
    }.standing(for: quantization)
  }

  /// Axes of one entry as long as in `shape`, without copies.
  /// - Throws: `TorchError` when another axis differs.
  public func expanded(to shape: [Int]) throws -> Tensor {
    try make("expand", [self]) { ctorch_expand(handle, shape.wide, Int32(shape.count), $0) }
  }

  /// The tensors behind each other along one axis.
  /// - Throws: `TorchError` when the other axes differ.
  public static func concatenated(_ tensors: [Tensor], axis: Int = 0) throws -> Tensor {
    try make("cat", tensors) {
      ctorch_concatenate(tensors.map(\.handle), Int32(tensors.count), Int64(axis), $0)
    }
  }

  /// The sum, element by element, with broadcasting.
  /// - Throws: `TorchError` when the shapes do not fit.
  public func adding(_ other: Tensor) throws -> Tensor {
    let (left, right) = (try dequantized(), try other.dequantized())
    return try make("add", [left, right]) { ctorch_add(left.handle, right.handle, $0) }
  }

  /// The difference, element by element, with broadcasting.
  /// - Throws: `TorchError` when the shapes do not fit.
  public func subtracting(_ other: Tensor) throws -> Tensor {
    try make("sub", [self, other]) { ctorch_subtract(handle, other.handle, $0) }
  }

  /// The product, element by element, with broadcasting.
  /// - Throws: `TorchError` when the shapes do not fit.
  public func multiplied(by other: Tensor) throws -> Tensor {
    try make("mul", [self, other]) { ctorch_multiply(handle, other.handle, $0) }
  }

  /// The quotient, element by element, with broadcasting.
  /// - Throws: `TorchError` when the shapes do not fit.
  public func divided(by other: Tensor) throws -> Tensor {
    try make("div", [self, other]) { ctorch_divide(handle, other.handle, $0) }
  }

  /// Every element times `factor` plus `offset`.
  /// - Throws: `TorchError`.
  public func scaled(by factor: Double, plus offset: Double = 0) throws -> Tensor {
    try make("mul", [self]) { ctorch_scale(handle, factor, offset, $0) }
  }

  /// The square root of every element.
  /// - Throws: `TorchError`.
  public func squareRoot() throws -> Tensor {
    try make("sqrt", [self]) { ctorch_square_root(handle, $0) }
  }

  /// The matrix product [m, k] · [k, n].
  /// - Throws: `TorchError` when the inner axes differ.
  public func matrixProduct(_ other: Tensor) throws -> Tensor {
    try make("matmul", [self, other]) { ctorch_matrix_product(handle, other.handle, $0) }
  }

  /// The softmax along one axis.
  /// - Throws: `TorchError` when there is no such axis.
  public func softmax(axis: Int = -1) throws -> Tensor {
    try make("softmax", [self]) { ctorch_softmax(handle, Int64(axis), $0) }
  }

  /// Pictures [N, C, H, W] in another size, by cubic convolution with a = -0.75 that sees every pixel of a
  /// larger picture, as PyTorch's `interpolate` has it with `antialias`.
  /// - Throws: `TorchError`.
  public func resizedBicubic(height: Int, width: Int) throws -> Tensor {
    try make("upsample_bicubic2d", [self]) {
      ctorch_resize_bicubic(handle, Int64(height), Int64(width), true, $0)
    }
  }

  /// The sum of all elements, a tensor of one.
  /// - Throws: `TorchError`.
  public func sum() throws -> Tensor {
    try make("sum", [self]) { ctorch_sum(handle, $0) }
  }

  /// The mean over some axes, which go away.
  /// - Throws: `TorchError` when there is no such axis.
  public func mean(axes: [Int]) throws -> Tensor {
    try make("mean", [self]) { ctorch_mean(handle, axes.wide, Int32(axes.count), $0) }
  }

  /// The `count` largest entries of the last axis, largest first, and where they stand.
  /// - Throws: `TorchError` when the axis is shorter.
  public func top(_ count: Int) throws -> (values: Tensor, indices: Tensor) {
    var values: OpaquePointer?
    var indices: OpaquePointer?
    try check("topk", [self], ctorch_top(handle, Int64(count), &values, &indices))
    guard let values, let indices else {
      throw TorchError("topk", message: "no tensor came back")
    }
    return (Tensor(consuming: values), Tensor(consuming: indices))
  }

  /// The positive part of every element.
  /// - Throws: `TorchError`.
  public func relu() throws -> Tensor {
    try make("relu", [self]) { ctorch_relu(handle, $0) }
  }

  /// Keeps the positive part of every element, in place.
  /// - Throws: `TorchError`.
  public func reluInPlace() throws {
    try check("relu_", [self], ctorch_relu_in_place(handle))
  }

  /// Adds `other` in place, with its gradient.
  /// - Throws: `TorchError` when the shapes do not fit.
  public func addInPlace(_ other: Tensor) throws {
    try check("add_", [self, other], ctorch_add_in_place(handle, other.handle))
  }

  /// The convolution of a picture [N, C, H, W] or clip [N, C, T, H, W] with `weight`
  /// [out, C / groups, kernel…]; `stride` and `padding` have one number each of those axes.
  /// - Throws: `TorchError` when the channels or the numbers of axes do not fit.
  public func convolved(
    with weight: Tensor, bias: Tensor? = nil, stride: [Int], padding: [Int], groups: Int = 1
  ) throws -> Tensor {
    let axes = stride.count
    let inputs = [self, weight] + (bias.map { [$0] } ?? [])
    guard axes == 2 || axes == 3, padding.count == axes else {
      throw TorchError(
        "convolution", shapes: inputs.map(\.shape),
        message: "stride and padding must both have 2 numbers or 3")
    }
    return try make("conv\(axes)d", inputs) {
      ctorch_convolution(
        handle, weight.handle, bias?.handle, Int32(axes), stride.wide, padding.wide,
        [Int64](repeating: 1, count: axes), Int64(groups), $0)
    }
  }
}
