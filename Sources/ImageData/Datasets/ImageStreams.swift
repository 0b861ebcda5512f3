import Foundation
import Synchronization

/// Pictures that come from pipes, which can be read only once: what came is kept.
final class ImageStreams: Sendable {
  private let pictures = Mutex<[Int: Result<Data, ImageDataError>]>([:])
  /// Is told the name of a pipe that has said nothing for a while.
  private let waiting: @Sendable (String) -> Void
  /// Is asked whether to give up waiting.
  private let shouldStop: @Sendable () -> Bool

  init(
    shouldStop: @escaping @Sendable () -> Bool, waiting: @escaping @Sendable (String) -> Void
  ) {
    self.shouldStop = shouldStop
    self.waiting = waiting
  }

  /// Whether a pipe is at `path`, or what this process was given open: those have no end that could be
  /// looked up. A device or a socket that is named is no picture.
  static func isStream(_ path: [UInt8]) -> Bool {
    var status = stat()
    if let given = descriptor(named: path) {
      guard fstat(given, &status) == 0 else { return true }
      let kind = status.st_mode & S_IFMT
      return [S_IFIFO, S_IFSOCK].contains(kind) || kind == S_IFCHR && isatty(given) == 0
    }
    guard !path.contains(0), stat(path.map { CChar(bitPattern: $0) } + [0], &status) == 0 else {
      return false
    }
    return status.st_mode & S_IFMT == S_IFIFO
  }

  /// The number of the open file that `path` names: of `/dev/stdin`, `/dev/fd/63`.
  private static func descriptor(named path: [UInt8]) -> Int32? {
    let text = String(decoding: path, as: UTF8.self)
    if text == "/dev/stdin" { return STDIN_FILENO }
    return ["/dev/fd/", "/proc/self/fd/"].lazy.compactMap { folder in
      text.hasPrefix(folder) ? Int32(text.dropFirst(folder.count)) : nil
    }.first
  }

  /// The bytes that come from `path`, the picture `number` of its data set.
  /// - Throws: `ImageDataError.unreadable` naming `key`.
  func picture(_ path: [UInt8], number: Int, key: String) throws -> Data {
    // One at a time: two names may lead to one pipe.
    try pictures.withLock { pictures in
      if let known = pictures[number] { return known }
      let result = bytes(of: path, key: key)
      pictures[number] = result
      return result
    }.get()
  }

  private func bytes(of path: [UInt8], key: String) -> Result<Data, ImageDataError> {
    func failure(_ reason: String) -> Result<Data, ImageDataError> {
      .failure(.unreadable(key: key, reason: reason))
    }
    func failure(_ code: Int32) -> Result<Data, ImageDataError> {
      failure(code == EBADF ? "nothing is open there" : String(cString: strerror(code)))
    }
    // Not blocking: opening a pipe would wait for its writer, where nothing can be said.
    let descriptor =
      Self.descriptor(named: path).map { fcntl($0, F_DUPFD_CLOEXEC, 0) }
      ?? open(path.map { CChar(bitPattern: $0) } + [0], O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return failure(errno) }
    defer { close(descriptor) }
    var data = Data()
    let code = readStream(
      descriptor, waiting: { waiting(key) }, shouldStop: shouldStop
    ) {
      data.append(contentsOf: $0)
      return data.count <= EncodedImage.mostFileBytes
    }
    guard code == 0 else { return failure(code) }
    guard data.count <= EncodedImage.mostFileBytes else {
      return failure("more than \(EncodedImage.mostFileBytes) bytes came")
    }
    return data.isEmpty ? failure("nothing came") : .success(data)
  }
}
