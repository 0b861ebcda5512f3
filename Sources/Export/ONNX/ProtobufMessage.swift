import Foundation
import Torch

/// One message in Protocol Buffers' wire format (protobuf.dev/programming-guides/encoding), as it is being
/// written: fields in the order in which they are added. Tensors are kept as such until they are written.
struct ProtobufMessage {
  /// A part of the message's bytes.
  enum Piece {
    case bytes(Data)
    /// The elements of a tensor, in row-major order.
    case elements(Tensor)
  }

  private(set) var pieces: [Piece] = []
  /// How many bytes the message has.
  private(set) var byteCount = 0

  private enum WireType: UInt64 {
    case varint = 0
    case lengthDelimited = 2
    case fixed32 = 5
  }

  /// Adds a whole number.
  mutating func add(_ field: Int, _ number: Int) {
    append(tag(field, .varint) + Self.varint(UInt64(bitPattern: Int64(number))))
  }

  /// Adds a float.
  mutating func add(_ field: Int, _ number: Float) {
    let bytes = withUnsafeBytes(of: number.bitPattern.littleEndian) { Data($0) }
    append(tag(field, .fixed32) + bytes)
  }

  /// Adds a text.
  mutating func add(_ field: Int, _ text: String) { add(field, Data(text.utf8)) }

  /// Adds bytes.
  mutating func add(_ field: Int, _ bytes: Data) {
    append(tag(field, .lengthDelimited) + Self.varint(UInt64(bytes.count)) + bytes)
  }

  /// Adds the elements of a tensor.
  mutating func add(_ field: Int, elementsOf tensor: Tensor) {
    let count = tensor.byteCount
    append(tag(field, .lengthDelimited) + Self.varint(UInt64(count)))
    pieces.append(.elements(tensor))
    byteCount += count
  }

  /// Adds a message.
  mutating func add(_ field: Int, _ message: ProtobufMessage) {
    append(tag(field, .lengthDelimited) + Self.varint(UInt64(message.byteCount)))
    for piece in message.pieces {
      if case .bytes(let bytes) = piece { append(bytes) } else { pieces.append(piece) }
    }
    byteCount += message.byteCount - message.writtenCount
  }

  /// How many of the bytes are not a tensor's.
  private var writtenCount: Int {
    pieces.reduce(0) { count, piece in
      if case .bytes(let bytes) = piece { count + bytes.count } else { count }
    }
  }

  private mutating func append(_ bytes: Data) {
    byteCount += bytes.count
    if case .bytes(var last) = pieces.last {
      pieces.removeLast()
      last += bytes
      pieces.append(.bytes(last))
    } else {
      pieces.append(.bytes(bytes))
    }
  }

  private func tag(_ field: Int, _ type: WireType) -> Data {
    Self.varint(UInt64(field) << 3 | type.rawValue)
  }

  private static func varint(_ value: UInt64) -> Data {
    var (value, bytes) = (value, Data())
    while value >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: value) | 0x80)
      value >>= 7
    }
    bytes.append(UInt8(value))
    return bytes
  }
}
