import Foundation
import Synchronization

/// Pictures that come from pipes, which can be read only once: what came is kept.
final class PictureStreams: Sendable {
  private let pictures = Mutex<[Int: Result<Data, ImageDataError>]>([:])

  /// Whether a pipe, a terminal or a socket is at `path`, rather than a file.
  static func isStream(_ path: [UInt8]) -> Bool {
    var status = stat()
    guard !path.contains(0), stat(path.map { CChar(bitPattern: $0) } + [0], &status) == 0 else {
      return false
    }
    return [S_IFIFO, S_IFCHR, S_IFSOCK].contains(status.st_mode & S_IFMT)
  }

  /// The bytes that come from `path`, the picture `number` of its data set.
  /// - Throws: `ImageDataError.unreadable` naming `key`.
  func picture(_ path: [UInt8], number: Int, key: String) throws -> Data {
    // One at a time: two names may lead to one pipe.
    try pictures.withLock { pictures in
      if let known = pictures[number] { return known }
      let result = Self.bytes(of: path, key: key)
      pictures[number] = result
      return result
    }.get()
  }

  private static func bytes(of path: [UInt8], key: String) -> Result<Data, ImageDataError> {
    func failure(_ reason: String) -> Result<Data, ImageDataError> {
      .failure(.unreadable(key: key, reason: reason))
    }
    var descriptor = open(path.map { CChar(bitPattern: $0) } + [0], O_RDONLY | O_CLOEXEC)
    // A socket cannot be opened by its name, but may be the standard input.
    if descriptor < 0, errno == ENXIO, path.elementsEqual("/dev/stdin".utf8) {
      descriptor = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
    }
    guard descriptor >= 0 else { return failure(String(cString: strerror(errno))) }
    defer { close(descriptor) }
    var data = Data()
    var part = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let got = Foundation.read(descriptor, &part, part.count)
      if got < 0, errno == EINTR { continue }
      guard got >= 0 else { return failure(String(cString: strerror(errno))) }
      guard got > 0 else { break }
      data.append(contentsOf: part[..<got])
      guard data.count <= EncodedImage.mostFileBytes else {
        return failure("more than \(EncodedImage.mostFileBytes) bytes came")
      }
    }
    return data.isEmpty ? failure("nothing came") : .success(data)
  }
}
