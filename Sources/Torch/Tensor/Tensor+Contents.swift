import CTorch

extension Tensor {
  /// Copies `bytes`, the elements in row-major order, into a new tensor.
  /// - Throws: `TorchError` when the shape needs another number of bytes.
  public convenience init(
    bytes: UnsafeRawBufferPointer, shape: [Int], dtype: DType, device: Device = .cpu
  ) throws {
    var handle: OpaquePointer?
    var nothing: UInt8 = 0
    let status = withUnsafePointer(to: &nothing) { empty in
      ctorch_tensor_from_bytes(
        bytes.baseAddress ?? UnsafeRawPointer(empty), Int64(bytes.count), shape.wide,
        Int32(shape.count), dtype.code, device.code, &handle)
    }
    try check("tensor", shapes: [shape], status)
    guard let handle else { throw TorchError("tensor", message: "no tensor came back") }
    self.init(consuming: handle)
  }

  /// Copies `values`, in row-major order, into a new tensor.
  /// - Throws: `TorchError` when the shape needs another number of values.
  public convenience init<Element: TensorElement>(
    _ values: [Element], shape: [Int], device: Device = .cpu
  ) throws {
    let buffer = values.withUnsafeBytes { source in
      let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: source.count, alignment: 16)
      copy.copyMemory(from: source)
      return copy
    }
    defer { buffer.deallocate() }
    try self.init(
      bytes: UnsafeRawBufferPointer(buffer), shape: shape, dtype: Element.dtype, device: device)
  }

  /// Pictures as a network on the CPU sees them: bytes [N, H, W, C] → float32 [rows, C, H, W], channels
  /// last in memory, in one pass.
  ///
  /// Each value is its byte times its channel's scale, rounded, plus its offset.
  /// - Parameters:
  ///   - bytes: N × H × W × C bytes.
  ///   - shape: N, H, W and C.
  ///   - rows: How many rows there are to be, at least N; the others are those of zeros.
  ///   - scale: A factor for each channel.
  ///   - offset: What is added to each channel.
  /// - Returns: The pictures.
  /// - Throws: `TorchError` when the numbers do not fit one another.
  public static func images(
    _ bytes: UnsafeRawBufferPointer, shape: [Int], paddedTo rows: Int, scale: [Float],
    offset: [Float]
  ) throws -> Tensor {
    guard shape.count == 4, bytes.count == shape.reduce(1, *), scale.count == shape[3],
      offset.count == shape[3]
    else {
      throw TorchError(
        "pictures", shapes: [shape],
        message: "they do not fit \(bytes.count) bytes, \(scale.count) scales and "
          + "\(offset.count) offsets")
    }
    var nothing: UInt8 = 0
    return try withUnsafePointer(to: &nothing) { empty in
      try make("pictures", shapes: [shape]) {
        ctorch_pictures(
          bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? empty, Int64(shape[0]),
          Int64(rows), Int64(shape[1]), Int64(shape[2]), Int64(shape[3]), scale, offset, $0)
      }
    }
  }

  /// A tensor whose elements are not set.
  /// - Throws: `TorchError` when there is not enough memory.
  public static func empty(
    _ shape: [Int], dtype: DType = .float32, device: Device = .cpu
  ) throws -> Tensor {
    try make("empty", shapes: [shape]) {
      ctorch_tensor_empty(shape.wide, Int32(shape.count), dtype.code, device.code, $0)
    }
  }

  /// A tensor whose elements all are `value`.
  /// - Throws: `TorchError` when there is not enough memory.
  public static func full(
    _ shape: [Int], _ value: Double, dtype: DType = .float32, device: Device = .cpu
  ) throws -> Tensor {
    try make("full", shapes: [shape]) {
      ctorch_tensor_full(shape.wide, Int32(shape.count), value, dtype.code, device.code, $0)
    }
  }

  /// Copies the elements, in row-major order, into `bytes`.
  /// - Throws: `TorchError` when the buffer has another size.
  public func copyBytes(into bytes: UnsafeMutableRawBufferPointer) throws {
    guard let base = bytes.baseAddress else { return }
    try check("copy", [self], ctorch_tensor_bytes(handle, base, Int64(bytes.count)))
  }

  /// The elements in row-major order.
  /// - Throws: `TorchError` when the elements are of another type.
  public func array<Element: TensorElement>(of type: Element.Type = Element.self) throws
    -> [Element]
  {
    guard dtype == Element.dtype else {
      throw TorchError("array", shapes: [shape], message: "the elements are \(dtype), not \(type)")
    }
    guard device != .meta else {
      throw TorchError("array", shapes: [shape], message: "a meta tensor has no elements")
    }
    let count = self.count
    let buffer = UnsafeMutableBufferPointer<Element>.allocate(capacity: count)
    defer { buffer.deallocate() }
    try copyBytes(into: UnsafeMutableRawBufferPointer(buffer))
    return Array(buffer)
  }

  /// The one element of a tensor of one.
  /// - Throws: `TorchError` when there are more.
  public func item() throws -> Double {
    var value = 0.0
    try check("item", [self], ctorch_tensor_item(handle, &value))
    return value
  }

  /// This tensor as `dtype` on `device`; itself where both already hold.
  /// - Throws: `TorchError` when there is not enough memory.
  public func to(_ dtype: DType? = nil, device: Device? = nil) throws -> Tensor {
    try make("to", [self]) {
      ctorch_tensor_to(
        handle, dtype?.code ?? Int32(CTORCH_KEEP), device?.code ?? Int32(CTORCH_KEEP), $0)
    }
  }

  /// A copy with its own memory, outside of any gradient.
  /// - Throws: `TorchError` when there is not enough memory.
  public func copied() throws -> Tensor {
    try make("clone", [self]) { ctorch_tensor_clone(handle, $0) }
  }

  /// The same elements, outside of any gradient.
  /// - Throws: `TorchError`.
  public func detached() throws -> Tensor {
    try make("detach", [self]) { ctorch_tensor_detach(handle, $0) }
  }

  /// The same elements with the channels last in memory; the shape stays [N, C, H, W].
  /// - Throws: `TorchError` unless there are 4 or 5 axes.
  public func channelsLast() throws -> Tensor {
    try make("channels_last", [self]) { ctorch_tensor_channels_last(handle, $0) }
  }

  /// Replaces the elements by those of `source`, without a gradient.
  /// - Throws: `TorchError` when the shapes differ.
  public func copy(from source: Tensor) throws {
    try check("copy_", [self, source], ctorch_tensor_copy(handle, source.handle))
  }

  /// Sets every element to `value`, without a gradient.
  /// - Throws: `TorchError`.
  public func fill(_ value: Double) throws {
    try check("fill_", [self], ctorch_tensor_fill(handle, value))
  }

  /// Replaces the elements of each target by its source's.
  /// - Throws: `TorchError` when the shapes or numbers differ.
  public static func copyAll(from sources: [Tensor], to targets: [Tensor]) throws {
    guard sources.count == targets.count else {
      throw TorchError("copy_", message: "\(sources.count) sources, \(targets.count) targets")
    }
    func firstMisfits() -> [Tensor] {
      zip(targets, sources).first { $0.shape != $1.shape }.map { [$0, $1] } ?? []
    }
    try check(
      "copy_", firstMisfits(),
      ctorch_copy_all(targets.map(\.handle), sources.map(\.handle), Int32(targets.count)))
  }

  /// Moves each target by `part` of the way to its source, in one kernel for all where there is one.
  /// - Throws: `TorchError` when the shapes or numbers differ.
  public static func move(_ targets: [Tensor], to sources: [Tensor], by part: Double) throws {
    guard sources.count == targets.count else {
      throw TorchError("lerp_", message: "\(sources.count) sources, \(targets.count) targets")
    }
    try check(
      "lerp_", [],
      ctorch_move_towards(
        targets.map(\.handle), sources.map(\.handle), Int32(targets.count), part))
  }
}
