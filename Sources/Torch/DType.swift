import CTorch

/// The type of a tensor's elements.
public enum DType: Sendable, CaseIterable {
  case uint8, int8, bool, int32, int64, float16, bfloat16, float32, float64

  /// The size of one element in bytes.
  public var byteCount: Int {
    switch self {
    case .uint8, .int8, .bool: 1
    case .float16, .bfloat16: 2
    case .int32, .float32: 4
    case .int64, .float64: 8
    }
  }

  /// Whether the elements are floating-point numbers.
  public var isFloatingPoint: Bool {
    switch self {
    case .float16, .bfloat16, .float32, .float64: true
    case .uint8, .int8, .bool, .int32, .int64: false
    }
  }

  var code: Int32 {
    switch self {
    case .uint8: Int32(CTORCH_UINT8)
    case .int8: Int32(CTORCH_INT8)
    case .bool: Int32(CTORCH_BOOL)
    case .int32: Int32(CTORCH_INT32)
    case .int64: Int32(CTORCH_INT64)
    case .float16: Int32(CTORCH_FLOAT16)
    case .bfloat16: Int32(CTORCH_BFLOAT16)
    case .float32: Int32(CTORCH_FLOAT32)
    case .float64: Int32(CTORCH_FLOAT64)
    }
  }
}

/// A Swift type that tensors can be made of and read into.
public protocol TensorElement: BitwiseCopyable {
  /// The tensor type whose elements have this type's bits.
  static var dtype: DType { get }
}

extension UInt8: TensorElement {
  /// `uint8`.
  public static var dtype: DType { .uint8 }
}
extension Int8: TensorElement {
  /// `int8`.
  public static var dtype: DType { .int8 }
}
extension Int32: TensorElement {
  /// `int32`.
  public static var dtype: DType { .int32 }
}
extension Int64: TensorElement {
  /// `int64`.
  public static var dtype: DType { .int64 }
}
extension Float: TensorElement {
  /// `float32`.
  public static var dtype: DType { .float32 }
}
extension Double: TensorElement {
  /// `float64`.
  public static var dtype: DType { .float64 }
}
