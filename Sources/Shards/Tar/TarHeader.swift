import Foundation

/// One 512-byte header block of a tar archive.
///
/// The layout (POSIX.1-1988 ustar; numbers are octal text, or base 256 where the first bit is set):
///
/// | offset | bytes | what |
/// |---|---|---|
/// | 0 | 100 | name |
/// | 124 | 12 | length of the data |
/// | 148 | 8 | sum of the block's bytes, these eight taken as spaces |
/// | 156 | 1 | kind |
/// | 257 | 6 | `ustar` and a zero (POSIX) or two spaces (GNU) |
/// | 345 | 155 | what stands before the name and a slash (POSIX) |
/// | 482 | 1 | whether further blocks of a sparse file's map follow (GNU) |
struct TarHeader {
  static let blockSize = 512

  /// What a block turned out to be.
  enum Block {
    case zeros
    case header(TarHeader)
    /// Not a header: the reason.
    case wrong(String)
  }

  /// Why a length cannot be what it says.
  enum Length: Equatable {
    case bytes(Int)
    case wrong(String)
  }

  let name: [UInt8]
  let length: Length
  let kind: UInt8
  let hasUstarMagic: Bool
  let isExtendedSparse: Bool

  /// Reads `block`, which has 512 bytes.
  static func parse(_ block: UnsafeRawBufferPointer) -> Block {
    guard let base = block.baseAddress, block.count == blockSize else {
      return .wrong("the header is cut short")
    }
    let bytes = base.assumingMemoryBound(to: UInt8.self)
    if bytes[0] == 0, isZero(block) { return .zeros }
    guard let stated = octal(block, 148..<156), sumsTo(stated, bytes) else {
      return .wrong("not a tar header: its checksum is wrong")
    }
    let isUstar = "ustar".utf8.elementsEqual(block[257..<262])
    // GNU's own format has other things where POSIX keeps the prefix.
    let hasPrefix = isUstar && bytes[262] == 0 && bytes[345] != 0
    var name: [UInt8] = []
    if hasPrefix {
      name = Array(text(block, 345..<500))
      name.append(UInt8(ascii: "/"))
    }
    name.append(contentsOf: text(block, 0..<100))
    return .header(
      TarHeader(
        name: name, length: length(block), kind: bytes[156], hasUstarMagic: isUstar,
        isExtendedSparse: bytes[482] != 0))
  }

  private static func isZero(_ block: UnsafeRawBufferPointer) -> Bool {
    var any: UInt64 = 0
    for word in 0..<blockSize / 8 {
      any |= block.loadUnaligned(fromByteOffset: 8 * word, as: UInt64.self)
    }
    return any == 0
  }

  /// Whether the block sums to `stated`; some old programs added the bytes as signed.
  private static func sumsTo(_ stated: Int, _ bytes: UnsafePointer<UInt8>) -> Bool {
    var sum: UInt32 = 0
    var high: UInt32 = 0
    for index in 0..<blockSize {
      sum &+= UInt32(bytes[index])
      high &+= UInt32(bytes[index] >> 7)
    }
    var field: UInt32 = 0
    var fieldHigh: UInt32 = 0
    for index in 148..<156 {
      field &+= UInt32(bytes[index])
      fieldHigh &+= UInt32(bytes[index] >> 7)
    }
    let unsigned = Int(sum) - Int(field) + 8 * 32
    return stated == unsigned || stated == unsigned - 256 * (Int(high) - Int(fieldHigh))
  }

  /// The bytes of a field up to the first zero.
  private static func text(
    _ block: UnsafeRawBufferPointer, _ range: Range<Int>
  ) -> Slice<UnsafeRawBufferPointer> {
    var end = range.lowerBound
    while end < range.upperBound, block[end] != 0 { end += 1 }
    return block[range.lowerBound..<end]
  }

  /// The octal number in a field, or nil when it is none; an empty field is 0.
  private static func octal(_ block: UnsafeRawBufferPointer, _ range: Range<Int>) -> Int? {
    var index = range.lowerBound
    while index < range.upperBound, block[index] == UInt8(ascii: " ") { index += 1 }
    var value = 0  // twelve digits are 36 bits at most
    while index < range.upperBound {
      let byte = block[index]
      if byte == 0 || byte == UInt8(ascii: " ") { break }
      guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "7") else { return nil }
      value = value << 3 | Int(byte & 7)
      index += 1
    }
    return value
  }

  private static func length(_ block: UnsafeRawBufferPointer) -> Length {
    let field = 124..<136
    guard block[124] & 0x80 != 0 else {
      return octal(block, field).map { .bytes($0) } ?? .wrong("its length is not a number")
    }
    if block[124] & 0x40 != 0 { return .wrong("its length is negative") }
    var value = UInt64(block[124] & 0x3F)
    for byte in block[125..<136] {
      guard value < 1 << 54 else { return .wrong("its length is larger than any file") }
      value = value << 8 | UInt64(byte)
    }
    return .bytes(Int(value))
  }
}
