import CTorch

/// An array of numbers on a device, owned by libtorch and freed by ARC.
///
/// A tensor is not `Sendable`: libtorch's thread pool belongs to the thread that calls it, so all
/// tensor work of a process stays on one thread.
public final class Tensor {
  let handle: OpaquePointer
  /// What the elements stand for where they are bytes in place of real numbers; nil where they are what
  /// they are.
  public internal(set) var quantization: Quantization?

  /// Takes over a handle that the C ABI made.
  init(consuming handle: OpaquePointer) { self.handle = handle }

  deinit { ctorch_tensor_free(handle) }

  /// The length of each axis.
  public var shape: [Int] {
    (0..<ctorch_tensor_rank(handle)).map { Int(ctorch_tensor_size(handle, $0)) }
  }

  /// The number of elements.
  public var count: Int { Int(ctorch_tensor_count(handle)) }

  /// The type of the elements.
  public var dtype: DType {
    let code = ctorch_tensor_dtype(handle)
    return DType.allCases.first { $0.code == code } ?? .float32
  }

  /// Where the tensor lives.
  public var device: Device { Device(code: ctorch_tensor_device(handle)) }

  /// Whether the channels of a picture [N, C, H, W] or clip [N, C, T, H, W] stand next to each other
  /// in memory.
  public var isChannelsLast: Bool { ctorch_tensor_is_channels_last(handle) }
}

extension Tensor: CustomStringConvertible {
  /// The shape, type and device; not the elements.
  public var description: String { "Tensor\(shape) \(dtype) on \(device)" }
}

extension [Int] {
  var wide: [Int64] { map(Int64.init) }
}
