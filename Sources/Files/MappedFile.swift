import Foundation
import SystemPackage

/// A file read through the page cache: its bytes are mapped, not copied.
public final class MappedFile: @unchecked Sendable {
  /// The file's path.
  public let path: String
  /// The file's bytes; valid as long as this object lives.
  public let bytes: UnsafeRawBufferPointer

  /// Maps the file at `path` for reading.
  /// - Throws: `FileError` naming `path`.
  public init(path: String) throws {
    self.path = path
    let descriptor = FilePath(text: path).open(O_RDONLY)
    guard descriptor >= 0 else { throw FileError("read", path, code: errno) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw FileError("read", path, code: errno) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw FileError("read", path, code: 0, detail: "not a regular file")
    }
    let count = Int(status.st_size)
    guard count > 0 else {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    let address = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0)
    guard let address, address != MAP_FAILED else { throw FileError("map", path, code: errno) }
    bytes = UnsafeRawBufferPointer(start: address, count: count)
  }

  /// Takes the file's pages out of the process; they come back when they are read.
  public func forgetPages() {
    if let base = bytes.baseAddress {
      madvise(UnsafeMutableRawPointer(mutating: base), bytes.count, MADV_DONTNEED)
    }
  }

  deinit {
    if let base = bytes.baseAddress {
      munmap(UnsafeMutableRawPointer(mutating: base), bytes.count)
    }
  }
}
