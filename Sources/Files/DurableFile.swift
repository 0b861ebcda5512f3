public import Foundation
import SystemPackage

/// A file that is either wholly there or not there at all.
///
/// Bytes go to a temporary name beside the target; `commit()` flushes them to the disk, renames the
/// file over the target and flushes the folder, so a crash at any moment leaves the old file or the
/// new one. A file that is never committed is removed when its writer goes away.
///
/// ```swift
/// let file = try DurableFile(path: "runs/a/summary.json")
/// try file.write(data)
/// try file.commit()
/// ```
public final class DurableFile: @unchecked Sendable {
  /// Where the file will be after `commit()`.
  public let path: String
  /// How many bytes were written so far.
  public private(set) var byteCount = 0
  private let temporaryPath: String
  private var descriptor: Int32

  /// Opens a temporary file beside `path`.
  /// - Throws: `FileError` naming `path` when the folder cannot be written.
  public init(path: String) throws {
    self.path = path
    temporaryPath =
      "\(FilePath(text: path).text).tmp-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
    descriptor = FilePath(text: temporaryPath).open(O_RDWR | O_CREAT | O_EXCL, 0o644)
    guard descriptor >= 0 else { throw FileError("write", path, code: errno) }
  }

  deinit { discard() }

  /// Appends `bytes`.
  /// - Throws: `FileError` naming the target path, for example on a full disk.
  public func write(_ bytes: UnsafeRawBufferPointer) throws {
    let (done, code) = WholeTransfer.write(bytes, to: descriptor)
    byteCount += done
    guard code == 0 else { throw failure("write", code) }
  }

  /// Appends `data`.
  /// - Throws: `FileError` naming the target path.
  public func write(_ data: Data) throws {
    try data.withUnsafeBytes { try write($0) }
  }

  /// Writes `bytes` from `offset` on, wherever that is; several threads may at the same time.
  /// - Throws: `FileError` naming the target path, for example on a full disk.
  public func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws {
    let code = WholeTransfer.write(bytes, to: descriptor, at: offset).code
    guard code == 0 else { throw FileError("write", path, code: code) }
  }

  /// Fills `bytes` with what was written from `offset` on.
  /// - Throws: `FileError` naming the target path.
  public func read(_ bytes: UnsafeMutableRawBufferPointer, at offset: Int) throws {
    let (done, code) = WholeTransfer.read(bytes, from: descriptor, at: offset)
    guard done == bytes.count else { throw FileError("read", path, code: code) }
  }

  /// Flushes what was written so far to the disk, for which `commit()` then need not wait.
  /// - Throws: `FileError` naming the target path.
  public func flush() throws {
    guard fsync(descriptor) == 0 else { throw FileError("flush", path, code: errno) }
  }

  /// Makes the file the one at `path`, durably.
  /// - Throws: `FileError` naming the target path; the earlier file at `path` is then untouched.
  public func commit() throws {
    guard fsync(descriptor) == 0 else { throw failure("flush", errno) }
    let closed = close(descriptor)
    descriptor = -1
    guard closed == 0 else { throw failure("close", errno) }
    guard FilePath(text: temporaryPath).rename(to: FilePath(text: path)) == 0 else {
      throw failure("rename into", errno)
    }
    try Self.flushFolder(of: path)
  }

  /// Makes the file the one at `path`, durably, unless there is one already, which then stays.
  /// - Throws: `FileError` naming the target path.
  public func commitUnlessThere() throws {
    guard fsync(descriptor) == 0 else { throw failure("flush", errno) }
    let linked = FilePath(text: temporaryPath).link(to: FilePath(text: path))
    let code = errno
    if linked != 0, [EPERM, ENOTSUP, EMLINK].contains(code) {
      // A file system without links: whoever is last between these two lines wins.
      if !FilePath(text: path).exists { return try commit() }
    } else if linked != 0, code != EEXIST {
      throw failure("make", code)
    }
    discard()
    try Self.flushFolder(of: path)
  }

  /// Gives the temporary file up; nothing happens after `commit()`.
  public func discard() {
    guard descriptor >= 0 else { return }
    close(descriptor)
    descriptor = -1
    FilePath(text: temporaryPath).unlink()
  }

  private func failure(_ operation: String, _ code: Int32) -> FileError {
    let error = FileError(operation, path, code: code)
    if descriptor >= 0 { discard() } else { FilePath(text: temporaryPath).unlink() }
    return error
  }

  /// Writes `data` to `path` as one durable file.
  /// - Throws: `FileError` naming `path`.
  public static func write(_ data: Data, to path: String) throws {
    let file = try DurableFile(path: path)
    try file.write(data)
    try file.commit()
  }

  /// Writes `text` to `path` in UTF-8 as one durable file.
  /// - Throws: `FileError` naming `path`.
  public static func write(_ text: String, to path: String) throws {
    try write(Data(text.utf8), to: path)
  }

  /// Removes what killed processes left half-written in `folder`: temporary files that nobody has written to for a day,
  /// as another process, or another machine, may be at a newer one.
  public static func removeTorn(in folder: String) {
    let now = time(nil)
    for name in (try? FilePath(text: folder).names()) ?? []
    where name.wholeMatch(of: /.+\.tmp-[0-9]+-[0-9]+/) != nil {
      let file = FilePath(text: "\(folder)/\(name)")
      if let status = file.status, now - status.st_mtim.tv_sec > 86_400 { file.unlink() }
    }
  }

  /// Flushes the entry of `path` in its folder to the disk.
  /// - Throws: `FileError` naming `path`.
  public static func flushFolder(of path: String) throws {
    let handle = FilePath(text: path).folder.open(O_RDONLY | O_DIRECTORY)
    guard handle >= 0 else { throw FileError("open the folder of", path, code: errno) }
    defer { close(handle) }
    guard fsync(handle) == 0 else { throw FileError("flush the folder of", path, code: errno) }
  }
}
