import Foundation

@testable import ImageData
@testable import Shards

/// A tar archive put together by hand, so that any byte of it can be wrong.
struct TarBuilder {
  private(set) var bytes: [UInt8] = []

  /// A header block of which any field may be set by hand.
  static func header(
    _ name: String, size: Int = 0, kind: Character = "0", sizeField: [UInt8]? = nil,
    prefix: String = "", magic: String = "ustar\u{0}00"
  ) -> [UInt8] {
    var block = [UInt8](repeating: 0, count: 512)
    func put(_ field: [UInt8], at offset: Int) {
      block.replaceSubrange(offset..<offset + field.count, with: field)
    }
    put(Array(name.utf8), at: 0)
    put(Array("0000644\u{0}".utf8), at: 100)
    let octal = String(size, radix: 8)
    put(
      sizeField ?? Array((String(repeating: "0", count: max(0, 11 - octal.count)) + octal).utf8),
      at: 124)
    put(Array(magic.utf8), at: 257)
    put(Array(prefix.utf8), at: 345)
    block[156] = kind.asciiValue ?? 0
    return summed(block)
  }

  /// `block` with the right checksum.
  static func summed(_ block: [UInt8]) -> [UInt8] {
    var block = block
    block.replaceSubrange(148..<156, with: repeatElement(32, count: 8))
    let octal = String(block.reduce(0) { $0 + Int($1) }, radix: 8)
    let field = String(repeating: "0", count: 6 - octal.count) + octal + "\u{0} "
    block.replaceSubrange(148..<156, with: Array(field.utf8))
    return block
  }

  /// Appends bytes as they are.
  mutating func append(_ more: [UInt8]) { bytes += more }

  /// Appends a member.
  mutating func add(
    _ name: String, _ data: [UInt8], kind: Character = "0", prefix: String = "",
    magic: String = "ustar\u{0}00"
  ) {
    bytes += Self.header(name, size: data.count, kind: kind, prefix: prefix, magic: magic)
    bytes += data + [UInt8](repeating: 0, count: (512 - data.count % 512) % 512)
  }

  mutating func add(_ name: String, _ text: String, kind: Character = "0") {
    add(name, Array(text.utf8), kind: kind)
  }

  /// Appends a pax header for the next member, or for all.
  mutating func addPax(_ records: [(String, String)], kind: Character = "x") {
    var body: [UInt8] = []
    for (key, value) in records {
      let rest = " \(key)=\(value)\n".utf8.count
      var length = rest + 1
      while length != rest + String(length).count { length += 1 }
      body += Array("\(length) \(key)=\(value)\n".utf8)
    }
    add("pax", body, kind: kind)
  }

  /// The archive with its end.
  var finished: [UInt8] { bytes + [UInt8](repeating: 0, count: 1024) }

  /// A shard of `count` samples, each a picture of its own bytes and its class.
  static func shard(_ count: Int, first: Int = 0, imageBytes: Int = 700) -> [UInt8] {
    var tar = TarBuilder()
    for number in first..<first + count {
      tar.add("s\(number).jpg", picture(number, bytes: imageBytes))
      tar.add("s\(number).cls", "\(number % 3)")
    }
    return tar.finished
  }

  /// Bytes that differ from sample to sample.
  static func picture(_ number: Int, bytes: Int = 700) -> [UInt8] {
    (0..<bytes + number % 7).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ number &* 17 &+ $0 >> 8) }
  }
}

/// Bytes as a stream, with or without knowing how many they are.
final class BytesStream: ByteStream {
  private var rest: ArraySlice<UInt8>
  let byteCount: Int?
  private let most: Int

  /// Gives out `bytes`, at most `most` at a time.
  init(_ bytes: [UInt8], knowsSize: Bool = false, most: Int = 1000) {
    rest = bytes[...]
    byteCount = knowsSize ? bytes.count : nil
    self.most = most
  }

  func read(into room: UnsafeMutableRawBufferPointer) throws -> Int {
    let count = min(room.count, rest.count, most)
    room.copyBytes(from: rest.prefix(count))
    rest = rest.dropFirst(count)
    return count
  }

  func close() {}
}

/// Compressed files put together by hand: blocks that are only stored.
enum Stored {
  static func gzip(_ bytes: [UInt8]) -> [UInt8] {
    var out: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255]
    var start = 0
    repeat {
      let part = bytes[start..<min(start + 0xFFFF, bytes.count)]
      start += part.count
      let length = UInt16(part.count)
      out.append(start == bytes.count ? 1 : 0)
      for number in [length, ~length] { out += [UInt8(number & 255), UInt8(number >> 8)] }
      out += part
    } while start < bytes.count
    for number in [crc32(bytes), UInt32(truncatingIfNeeded: bytes.count)] {
      out += (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
    }
    return out
  }

  static func zstandard(_ bytes: [UInt8]) -> [UInt8] {
    // No checksum, no content size, a window of 1 MiB; raw blocks of at most 128 KiB.
    var out: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0, 10 << 3]
    var start = 0
    repeat {
      let part = bytes[start..<min(start + 100_000, bytes.count)]
      start += part.count
      let header = UInt32(part.count) << 3 | (start == bytes.count ? 1 : 0)
      out += (0..<3).map { UInt8(truncatingIfNeeded: header >> (8 * $0)) }
      out += part
    } while start < bytes.count
    return out
  }

  private static func crc32(_ bytes: [UInt8]) -> UInt32 {
    var table: [UInt32] = []
    for number in UInt32(0)..<256 {
      var sum = number
      for _ in 0..<8 { sum = sum & 1 == 1 ? 0xEDB8_8320 ^ (sum >> 1) : sum >> 1 }
      table.append(sum)
    }
    var sum = UInt32.max
    for byte in bytes { sum = table[Int(UInt8(truncatingIfNeeded: sum) ^ byte)] ^ (sum >> 8) }
    return ~sum
  }
}
