import Files
import Foundation
import SystemPackage

/// One process's claim on a run directory, or the share of one of several that score it; given up when
/// this object goes away or the process ends, however it ends.
public final class RunLock {
  private let descriptor: Int32

  /// Locks the file at `path`, the lock of the run directory `directory`; `shared` with other processes
  /// that ask for a shared lock.
  /// - Throws: `PipelineError.io` naming the process that holds it; `FileError`.
  package init(
    path: String, of directory: String, shared: Bool = false,
    advice: String = "give --out another folder"
  ) throws {
    descriptor = FilePath(text: path).open(O_RDWR | O_CREAT, 0o644)
    guard descriptor >= 0 else { throw FileError("lock", path, code: errno) }
    guard flock(descriptor, (shared ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0 else {
      let code = errno
      let holder = Self.text(of: descriptor).trimmingCharacters(in: .whitespacesAndNewlines)
      close(descriptor)
      guard code == EWOULDBLOCK else {
        throw FileError(
          "lock", path, code: code, detail: "put the run directory on a file system with flock")
      }
      if !shared, Self.isShared(path) {
        throw PipelineError.io(
          "\(directory) is in use by processes that score it; wait for them, stop them, or give "
            + "--out another folder")
      }
      throw PipelineError.io(
        "\(directory) is in use by process \(holder.isEmpty ? "unknown" : holder); "
          + "wait for it, stop it, or \(advice)")
    }
    guard !shared else { return }
    let pid = Array("\(getpid())\n".utf8)
    guard ftruncate(descriptor, 0) == 0, pwrite(descriptor, pid, pid.count, 0) == pid.count else {
      let code = errno
      close(descriptor)
      throw FileError("write", path, code: code)
    }
  }

  deinit { close(descriptor) }

  /// Whether those who have the lock share it.
  private static func isShared(_ path: String) -> Bool {
    let descriptor = FilePath(text: path).open(O_RDONLY)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    return flock(descriptor, LOCK_SH | LOCK_NB) == 0
  }

  private static func text(of descriptor: Int32) -> String {
    var bytes = [UInt8](repeating: 0, count: 32)
    let count = pread(descriptor, &bytes, bytes.count, 0)
    return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
  }
}
