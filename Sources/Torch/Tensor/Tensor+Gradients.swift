import CTorch

extension Tensor {
  /// Says whether gradients flow to this tensor.
  /// - Throws: `TorchError` for a tensor of integers.
  public func setRequiresGradient(_ required: Bool) throws {
    try check("requires_grad_", [self], ctorch_set_requires_gradient(handle, required))
  }

  /// Whether gradients flow to this tensor.
  public var requiresGradient: Bool { ctorch_requires_gradient(handle) }

  /// The gradient that `backward()` left here, if any.
  /// - Throws: `TorchError`.
  public func gradient() throws -> Tensor? {
    var gradient: OpaquePointer?
    try check("grad", [self], ctorch_gradient(handle, &gradient))
    return gradient.map(Tensor.init(consuming:))
  }

  /// Adds the gradient of this loss to every tensor it depends on.
  /// - Throws: `TorchError` unless this is one number that depends on such a tensor.
  public func backward() throws {
    try check("backward", [self], ctorch_backward(handle))
  }

  /// Forgets the gradients of `tensors`.
  /// - Throws: `TorchError`.
  public static func clearGradients(of tensors: [Tensor]) throws {
    try withExtendedLifetime(tensors) {
      try check(
        "zero_grad", ctorch_clear_gradients(tensors.map(\.handle), Int32(tensors.count)))
    }
  }

  /// Whether neither `value` nor a gradient of `tensors` holds a NaN or an infinity, by our own kernel or,
  /// plainly, by libtorch's operations.
  static func gradientsAreFinite(
    _ tensors: [Tensor], and value: Tensor?, plainly: Bool
  ) throws -> Bool {
    var finite = true
    try withExtendedLifetime((tensors, value)) {
      try check(
        "isfinite",
        ctorch_gradients_finite(
          tensors.map(\.handle), Int32(tensors.count), value?.handle, plainly, &finite))
    }
    return finite
  }
}

/// Runs `body` without recording what gradients would need.
public func withoutGradients<Result>(_ body: () throws -> Result) rethrows -> Result {
  let previous = ctorch_set_gradients_enabled(false)
  defer { _ = ctorch_set_gradients_enabled(previous) }
  return try body()
}
