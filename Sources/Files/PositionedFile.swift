import Foundation
import SystemPackage

/// A file that is read, and if temporary also written, at given positions by way of the caller's
/// buffers.
///
/// Unlike a mapped file it never counts as memory of the process, whatever its size, and one that is
/// cut short while it is read is an error instead of a fault. Any number of threads may use it.
public final class PositionedFile: Sendable {
  /// The file's path; of a temporary one what its path was.
  public let path: String
  /// How many bytes the file had when it was opened.
  public let byteCount: Int
  private let descriptor: Int32

  /// Opens the file at `path` for reading.
  /// - Throws: `FileError` naming `path` when it cannot be read or is no regular file.
  public init(path: String) throws {
    self.path = path
    // Not blocking: a pipe would wait for its writer for ever, before it could be refused.
    descriptor = FilePath(text: path).open(O_RDONLY | O_NONBLOCK)
    guard descriptor >= 0 else { throw FileError("read", path, code: errno) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      let code = errno
      close(descriptor)
      throw FileError("read", path, code: code)
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw FileError("read", path, code: 0, detail: "not a regular file")
    }
    byteCount = Int(status.st_size)
  }

  /// Makes an empty file in `folder` that has no name any more and goes away with this object, even
  /// when the process is killed.
  /// - Throws: `FileError` naming the file when the folder cannot be written.
  public init(temporaryIn folder: String) throws {
    path = "\(folder)/.temporary-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
    descriptor = FilePath(text: path).open(O_RDWR | O_CREAT | O_EXCL, 0o600)
    guard descriptor >= 0 else { throw FileError("write", path, code: errno) }
    FilePath(text: path).unlink()
    byteCount = 0
  }

  deinit { close(descriptor) }

  /// Tells the system that the file is read from its beginning to its end.
  public func expectSequentialReading() {
    #if os(Linux)
      posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL)
    #endif
  }

  /// Fills `bytes` with those from `offset` on.
  /// - Throws: `FileError` naming the file when it cannot be read or ends before.
  public func read(_ bytes: UnsafeMutableRawBufferPointer, at offset: Int) throws {
    let (done, code) = WholeTransfer.read(bytes, from: descriptor, at: offset)
    guard code == 0 else { throw FileError("read", path, code: code) }
    guard done == bytes.count else {
      throw FileError(
        "read", path, code: 0, detail: "it ends at byte \(offset + done) while it is read")
    }
  }

  /// Writes `bytes` from `offset` on.
  /// - Throws: `FileError` naming the file, for example on a full disk.
  public func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws {
    let code = WholeTransfer.write(bytes, to: descriptor, at: offset).code
    guard code == 0 else { throw FileError("write", path, code: code) }
  }
}
