import Foundation
import SystemPackage

/// A text file that grows by whole lines: each is one `write`, so a reader sees no half lines.
package final class AppendedFile {
  package let path: String
  private let descriptor: Int32

  package init(path: String) throws {
    self.path = path
    descriptor = FilePath(text: path).open(O_WRONLY | O_CREAT | O_APPEND, 0o644)
    guard descriptor >= 0 else { throw FileError("write", path, code: errno) }
  }

  /// Opens the file at `path` and cuts it to its first `byteCount` bytes.
  /// - Throws: `FileError` naming `path`, also when it is shorter.
  package init(path: String, trimmedTo byteCount: Int) throws {
    self.path = path
    descriptor = FilePath(text: path).open(O_WRONLY | O_CREAT | O_APPEND, 0o644)
    guard descriptor >= 0 else { throw FileError("write", path, code: errno) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, Int(status.st_size) >= byteCount else {
      close(descriptor)
      throw FileError("go on with", path, code: 0, detail: "it is shorter than it was")
    }
    guard ftruncate(descriptor, off_t(byteCount)) == 0 else {
      let code = errno
      close(descriptor)
      throw FileError("write", path, code: code)
    }
  }

  deinit { close(descriptor) }

  /// Appends `bytes`.
  package func append(_ bytes: [UInt8]) throws {
    let code = bytes.withUnsafeBytes { WholeTransfer.write($0, to: descriptor).code }
    guard code == 0 else { throw FileError("write", path, code: code) }
  }

  /// Flushes what was appended to the disk.
  package func flush() throws {
    guard fsync(descriptor) == 0 else { throw FileError("flush", path, code: errno) }
  }

  /// Appends `line` and a newline.
  package func append(_ line: String) throws {
    let code = WholeTransfer.write(line + "\n", to: descriptor)
    guard code == 0 else { throw FileError("write", path, code: code) }
  }

  /// The whole lines of the file at `path`, and whether a torn one follows them; none without a
  /// file.
  package static func lines(of path: String) throws -> (whole: [String], torn: Bool) {
    guard FilePath(text: path).exists else { return ([], false) }
    let text = try FileContents.text(of: path)
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let last = lines.popLast() ?? ""
    return (lines, !last.isEmpty)
  }

  /// How many whole lines the file at `path` has; 0 without a file.
  package static func lineCount(of path: String) -> Int { (try? lines(of: path).whole.count) ?? 0 }

  /// Keeps the whole lines that `keeps` says; the file is replaced only where that changes it.
  package static func filter(_ path: String, _ keeps: (String) throws -> Bool) throws {
    let (lines, torn) = try lines(of: path)
    let kept = try lines.filter(keeps)
    guard torn || kept.count < lines.count else { return }
    try DurableFile.write(kept.map { $0 + "\n" }.joined(), to: path)
  }
}
