import Foundation

/// Bytes that come one after the other: a file's, a command's, what a decompressor makes of others.
protocol ByteStream: AnyObject {
  /// How many bytes there are in all, where that is known before they are read.
  var byteCount: Int? { get }
  /// Reads into `room`, which is not empty; returns 0 at the end only.
  /// - Throws: `StreamFailure`.
  func read(into room: UnsafeMutableRawBufferPointer) throws -> Int
  /// Passes over `count` bytes and returns how many there were.
  /// - Throws: `StreamFailure`.
  func skip(_ count: Int) throws -> Int
  /// Reads what is left and makes sure that the stream ended as it should.
  /// - Throws: `StreamFailure`.
  func finish() throws
  /// Gives everything back; ends a command that still runs.
  func close()
}

/// Why a stream cannot go on.
struct StreamFailure: Error {
  enum Kind {
    /// The bytes themselves are broken or cut short, and will be so the next time.
    case damaged
    /// Where the bytes come from failed; it may work the next time.
    case source
    /// Whoever waits for the bytes was asked to stop.
    case stopped
  }

  let kind: Kind
  let reason: String
  /// Of damaged bytes, where they end or are broken, if that is known.
  let end: EarlyEnd?

  init(_ kind: Kind, _ reason: String, at end: EarlyEnd? = nil) {
    self.kind = kind
    self.reason = reason
    self.end = end
  }

  static let stopped = StreamFailure(.stopped, "it was asked to stop")
}

extension ByteStream {
  var byteCount: Int? { nil }

  /// Beyond the end of an archive there is padding; a stream that goes on longer never ends.
  static var mostAfterTheEnd: Int { 64 << 20 }

  func skip(_ count: Int) throws -> Int {
    let room = UnsafeMutableRawBufferPointer.allocate(byteCount: min(count, 1 << 16), alignment: 16)
    defer { room.deallocate() }
    var done = 0
    while done < count {
      let part = UnsafeMutableRawBufferPointer(rebasing: room[..<min(room.count, count - done)])
      let got = try read(into: part)
      if got == 0 { break }
      done += got
    }
    return done
  }

  /// Reads until `room` is full or the stream ends; returns how many bytes came.
  func readFully(into room: UnsafeMutableRawBufferPointer) throws -> Int {
    var done = 0
    while done < room.count {
      let got = try read(into: UnsafeMutableRawBufferPointer(rebasing: room[done...]))
      if got == 0 { break }
      done += got
    }
    return done
  }

  func finish() throws { try readToTheEnd() }

  func readToTheEnd() throws {
    let passed = try skip(Self.mostAfterTheEnd)
    guard passed < Self.mostAfterTheEnd else {
      throw StreamFailure(
        .damaged, "more than \(Self.mostAfterTheEnd >> 20) MiB follow the end of the archive")
    }
  }
}

/// A regular file, read at a position of its own; passing over bytes costs nothing.
final class FileStream: ByteStream {
  private let descriptor: Int32
  private let size: Int
  private var position = 0

  /// Takes over `descriptor`, a file of `size` bytes.
  init(descriptor: Int32, size: Int) {
    self.descriptor = descriptor
    self.size = size
  }

  deinit { Foundation.close(descriptor) }

  var byteCount: Int? { size }

  func read(into room: UnsafeMutableRawBufferPointer) throws -> Int {
    while true {
      let got = pread(descriptor, room.baseAddress, room.count, off_t(position))
      if got < 0, errno == EINTR { continue }
      guard got >= 0 else { throw StreamFailure(.source, String(cString: strerror(errno))) }
      position += got
      return got
    }
  }

  func skip(_ count: Int) throws -> Int {
    let passed = max(0, min(count, size - position))
    position += passed
    return passed
  }

  func finish() throws {}
  func close() {}
}

/// Bytes that were read already, and after them the rest of their stream.
final class PrefixedStream: ByteStream {
  private var prefix: ArraySlice<UInt8>
  private let rest: any ByteStream

  init(_ prefix: [UInt8], before rest: any ByteStream) {
    self.prefix = prefix[...]
    self.rest = rest
  }

  var byteCount: Int? { nil }

  func read(into room: UnsafeMutableRawBufferPointer) throws -> Int {
    guard !prefix.isEmpty else { return try rest.read(into: room) }
    let count = min(room.count, prefix.count)
    room.copyBytes(from: prefix.prefix(count))
    prefix = prefix.dropFirst(count)
    return count
  }

  func finish() throws { try rest.finish() }
  func close() { rest.close() }
}
