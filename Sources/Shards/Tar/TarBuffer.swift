import Foundation

/// A window over a stream, from which blocks are looked at in place.
///
/// After a jump little is read at once, since the next jump may come soon; what is read in sequence
/// comes in ever larger parts.
struct TarBuffer: ~Copyable {
  private let stream: any ByteStream
  private let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 64)
  private var start = 0
  private var end = 0
  private var nextFill = leastFill
  private static let leastFill = 1 << 13

  /// Where in the stream the window begins.
  private(set) var position = 0

  init(_ stream: any ByteStream) {
    self.stream = stream
  }

  deinit { bytes.deallocate() }

  /// How long the stream is, where that is known.
  var total: Int? { stream.byteCount }

  /// The next `count` bytes, at most 64 KiB, fewer at the end; valid until the next call.
  mutating func peek(_ count: Int) throws -> UnsafeRawBufferPointer {
    while end - start < count {
      if start > 0 {
        bytes.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
        end -= start
        start = 0
      }
      let room = UnsafeMutableRawBufferPointer(
        rebasing: bytes[end..<min(bytes.count, end + max(nextFill, count))])
      let got = try stream.read(into: room)
      if got == 0 { break }
      end += got
      nextFill = min(nextFill * 2, bytes.count)
    }
    return UnsafeRawBufferPointer(rebasing: bytes[start..<min(end, start + count)])
  }

  /// Passes over `count` bytes that were looked at.
  mutating func drop(_ count: Int) {
    start += count
    position += count
  }

  /// Passes over `count` bytes and returns how many there were.
  mutating func skip(_ count: Int) throws -> Int {
    let here = min(count, end - start)
    drop(here)
    guard count > here else { return count }
    nextFill = Self.leastFill
    let beyond = try stream.skip(count - here)
    position += beyond
    return here + beyond
  }

  /// The next `count` bytes, fewer at the end. Their memory grows as they come: a length in a header
  /// is no promise.
  mutating func read(_ count: Int) throws -> [UInt8] {
    var out: [UInt8] = []
    while out.count < count {
      let part = try peek(min(count - out.count, 1 << 16))
      if part.isEmpty { break }
      out.append(contentsOf: part)
      drop(part.count)
    }
    return out
  }
}
