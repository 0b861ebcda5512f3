import CInflate
import Files
import Foundation

/// Writes a zip archive as `torch.save` does: nothing is compressed, and each file begins at a multiple of 64
/// bytes, so that it can be mapped. Format: PKWARE's APPNOTE 6.3, sections 4.3 and 4.5.3.
struct ZipWriter {
  private let file: DurableFile
  private var directory = Data()
  private var count = 0

  /// From here on a size or a place stands behind a file's name, in 64 bits.
  private let wide: Int

  init(path: String, wide: Int = 0xFFFF_FFFF) throws {
    file = try DurableFile(path: path)
    self.wide = wide
  }

  /// Adds the file `name`.
  mutating func add(_ name: String, _ bytes: UnsafeRawBufferPointer) throws {
    let start = file.byteCount
    let isWide = bytes.count >= wide
    let crc = cinflate_crc32(
      0, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), Int64(bytes.count))
    // Names in UTF-8, method 0, the first day of 1980; the sizes before and after compression.
    var common = Self.little(UInt16(0x800)) + Self.little(UInt16(0))
    common += Self.little(UInt32(0x21_0000))
    common += Self.little(crc) + size(bytes.count) + size(bytes.count)
    common += Self.little(UInt16(name.utf8.count))

    let sizes = isWide ? Self.extra([bytes.count, bytes.count]) : Data()
    // PyTorch's own padding is such a field too.
    let header = 30 + name.utf8.count + sizes.count + 4
    let padding = (64 - (start + header) % 64) % 64
    let fill = Self.little(UInt16(0x4246)) + Self.little(UInt16(padding)) + Data(count: padding)
    try file.write(
      Self.little(UInt32(0x0403_4B50)) + Self.little(UInt16(45)) + common
        + Self.little(UInt16(sizes.count + fill.count)) + Data(name.utf8)
        + sizes + fill)
    try file.write(bytes)

    let isFar = start >= wide
    let numbers: [Int] = (isWide ? [bytes.count, bytes.count] : []) + (isFar ? [start] : [])
    let extra = numbers.isEmpty ? Data() : Self.extra(numbers)
    directory +=
      Self.little(UInt32(0x0201_4B50)) + Self.little(UInt16(45)) + Self.little(UInt16(45))
    directory += common + Self.little(UInt16(extra.count)) + Data(count: 10) + size(start)
    directory += Data(name.utf8) + extra
    count += 1
  }

  /// Adds the directory and makes the archive the file at its path.
  func commit() throws {
    let start = file.byteCount
    try file.write(directory)
    let end = file.byteCount
    // The end's record with 64 bits is there always; where it is not needed it says the same.
    var tail = Self.little(UInt32(0x0606_4B50)) + Self.little(UInt64(44))
    tail += Self.little(UInt16(45)) + Self.little(UInt16(45)) + Data(count: 8)
    tail += Self.little(UInt64(count)) + Self.little(UInt64(count))
    tail += Self.little(UInt64(directory.count)) + Self.little(UInt64(start))
    tail += Self.little(UInt32(0x0706_4B50)) + Data(count: 4) + Self.little(UInt64(end))
    tail += Self.little(UInt32(1))
    let files = UInt16(min(count, 0xFFFF))
    tail += Self.little(UInt32(0x0605_4B50)) + Data(count: 4)
    tail += Self.little(files) + Self.little(files)
    tail += size(directory.count) + size(start) + Data(count: 2)
    try file.write(tail)
    try file.commit()
  }

  private func size(_ count: Int) -> Data {
    Self.little(count < wide ? UInt32(count) : .max)
  }

  private static func extra(_ numbers: [Int]) -> Data {
    numbers.reduce(little(UInt16(1)) + little(UInt16(8 * numbers.count))) {
      $0 + little(UInt64($1))
    }
  }

  private static func little(_ value: some FixedWidthInteger) -> Data {
    withUnsafeBytes(of: value.littleEndian) { Data($0) }
  }
}
