/// Bytes that little-endian integers are appended to.
public struct ByteColumn {
  /// What was appended.
  public private(set) var bytes: [UInt8]

  /// Begins with `bytes`.
  public init(_ bytes: [UInt8] = []) { self.bytes = bytes }

  /// Appends the bytes of `value`.
  public mutating func append(_ value: some FixedWidthInteger) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }

  /// Appends zeros up to `count` bytes in all.
  public mutating func pad(to count: Int) {
    bytes.append(contentsOf: repeatElement(0, count: max(0, count - bytes.count)))
  }
}

extension UnsafeRawBufferPointer {
  /// The little-endian integer at `offset`.
  @inlinable
  public func integer<Value: FixedWidthInteger & BitwiseCopyable>(
    at offset: Int, as type: Value.Type
  ) -> Value {
    Value(littleEndian: loadUnaligned(fromByteOffset: offset, as: type))
  }

  /// `count` values from the aligned `offset` on, in the order of a little-endian machine's memory.
  @inlinable
  public func column<Value: BitwiseCopyable>(
    at offset: Int, count: Int, as type: Value.Type
  ) -> UnsafeBufferPointer<Value> {
    let bytes = UnsafeRawBufferPointer(
      rebasing: self[offset..<(offset + count * MemoryLayout<Value>.stride)])
    return bytes.assumingMemoryBound(to: type)
  }
}
