import Files
import Foundation
import ImageData
import SystemPackage

/// A shard that was opened for reading from its beginning.
struct ShardSource {
  /// Its (inflated) bytes.
  let stream: any ByteStream
  /// Whether there is no way to its middle but through what stands before.
  let isReadInOrder: Bool
  /// What tells later whether it is still the same.
  let state: SourceState

  /// Opens the archive at `location`; what is compressed is known by its first bytes, whatever it is
  /// called. `note` is told when a server fails and is asked again.
  /// - Throws: `StreamFailure`.
  init(
    _ location: ShardLocation, patience: FetchedStream.Patience = FetchedStream.Patience(),
    note: ((String) -> Void)? = nil
  ) throws {
    switch location.kind {
    case .pipe:
      var variables: [String: String] = [:]
      if let name = location.variable { variables["SHARD"] = name }
      stream = try Self.inflating(
        try CommandStream(location.text, variables: variables, patience: patience))
      isReadInOrder = true
      state = SourceState()
    case .url:
      // An index says what it likes, and libcurl takes other things for an address, too.
      guard ShardLocation.isURL(location.text) else {
        throw StreamFailure(.source, "\(location.text) is no http(s) address")
      }
      let fetched = try FetchedStream(location.text, patience: patience, note: note)
      stream = try Self.inflating(fetched)
      isReadInOrder = true
      state = fetched.served?.state ?? SourceState()
    case .file:
      let file = try ShardFile(location.text)
      var head = [UInt8](repeating: 0, count: 4)
      let got = pread(file.descriptor, &head, head.count, 0)
      let copy = fcntl(file.descriptor, F_DUPFD_CLOEXEC, 0)
      guard got >= 0, copy >= 0 else {
        throw StreamFailure(.source, String(cString: strerror(errno)))
      }
      state = file.state
      let plain = FileStream(descriptor: copy, size: file.state.size)
      let format = InflatedStream.Format(of: head.prefix(got))
      stream = try format.map { try InflatedStream(plain, format: $0) } ?? plain
      isReadInOrder = format != nil
    case .pictures, .dataset:
      throw StreamFailure(.source, "it is no archive")
    }
  }

  private static func inflating(_ stream: any ByteStream) throws -> any ByteStream {
    var head = [UInt8](repeating: 0, count: 4)
    let got = try head.withUnsafeMutableBytes { try stream.readFully(into: $0) }
    head.removeLast(head.count - got)
    let whole = PrefixedStream(head, before: stream)
    return try InflatedStream.Format(of: head).map { try InflatedStream(whole, format: $0) }
      ?? whole
  }
}

/// An open regular file and what it was like when it was opened.
final class ShardFile: Sendable {
  let descriptor: Int32
  let state: SourceState

  /// Opens the file at `path`.
  /// - Throws: `StreamFailure`.
  init(_ path: String) throws {
    // Not blocking: a pipe named like a shard would wait for its writer for ever.
    descriptor = FilePath(text: path).open(O_RDONLY | O_NONBLOCK)
    guard descriptor >= 0 else {
      state = SourceState()
      throw StreamFailure(.source, "cannot open \(path): \(String(cString: strerror(errno)))")
    }
    var status = stat()
    let found = fstat(descriptor, &status)
    state = SourceState(status)
    guard found == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw StreamFailure(.source, "\(path) is not a regular file")
    }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// The `count` bytes from `offset` on.
  /// - Throws: `ImageDataError.unreadable` or `.resources` naming `key`.
  func read(_ count: Int, at offset: Int, key: String) throws -> Data {
    guard count > 0 else {
      throw ImageDataError.unreadable(key: key, reason: "the file is empty")
    }
    guard count <= WebDatasetSamples.mostImageBytes else {
      throw ImageDataError.unreadable(
        key: key, reason: "\(count) bytes are more than a picture has")
    }
    guard let memory = malloc(count) else {
      throw ImageDataError.resources(key: key, reason: String(cString: strerror(ENOMEM)))
    }
    let (done, code) = WholeTransfer.read(
      UnsafeMutableRawBufferPointer(start: memory, count: count), from: descriptor, at: offset)
    guard done == count else {
      free(memory)
      throw ImageDataError.unreadable(
        key: key,
        reason: code != 0
          ? String(cString: strerror(code))
          : "its shard ends after \(offset + done) bytes; it was cut short since it was indexed")
    }
    return Data(bytesNoCopy: memory, count: count, deallocator: .free)
  }
}
