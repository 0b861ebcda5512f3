import Files
import Foundation
import SystemPackage

/// Who scores which shard, when workers come and go: a lease is a small file in a folder that all of
/// them see.
///
/// A worker takes the lease of a shard before it scores it, touches the file while it works and
/// removes it afterwards. A lease that was not touched for a while is a dead worker's and may be
/// taken over. Nothing depends on leases being exclusive: two workers that score one shard write the
/// same bytes.
public final class ShardClaims {
  private let folder: String
  /// After how many seconds without a sign of life a worker is taken for dead.
  let patience: Double
  private let worker: String
  /// Whether the folder is there.
  private var isMade = false

  /// Leases in `folder`, which is made with the first if need be.
  /// - Parameters:
  ///   - folder: A folder that every worker sees.
  ///   - patience: After how many seconds without a sign of life a worker is taken for dead.
  public init(folder: String, patience: Double) {
    self.folder = folder
    self.patience = patience
    worker = "\(ProcessInfo.processInfo.hostName)-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
  }

  /// The lease of a shard; given back when it goes away.
  public final class Lease {
    private let path: String
    private let owner: String
    private var touched = Stopwatch()
    private let interval: Double

    fileprivate init(path: String, owner: String, interval: Double) {
      self.path = path
      self.owner = owner
      self.interval = interval
    }

    deinit { if ShardClaims.owner(of: path) == owner { FilePath(text: path).unlink() } }

    /// Shows that the worker lives; cheap enough for every batch.
    public func touch() {
      guard touched.seconds > interval else { return }
      touched = Stopwatch()
      guard ShardClaims.owner(of: path) == owner else { return }
      _ = FilePath(text: path).withPlatformString { utimes($0, nil) }
    }
  }

  /// Takes the lease of `shard`, or nil when a living worker has it.
  /// - Throws: `FileError` when the folder cannot be written.
  public func lease(of shard: String) throws -> Lease? {
    if !isMade { try RunDirectory.makeFolder(folder) }
    isMade = true
    let path = "\(folder)/\(shard).claim"
    if try take(path) { return lease(at: path) }
    let owner = Self.owner(of: path)
    guard try isAbandoned(path) else { return nil }
    // Several may find it abandoned. Whoever moves away another's new lease gives it back.
    let aside = "\(path).\(worker)"
    guard FilePath(text: path).rename(to: FilePath(text: aside)) == 0 else { return nil }
    guard Self.owner(of: aside) == owner else {
      FilePath(text: aside).rename(to: FilePath(text: path))
      return nil
    }
    FilePath(text: aside).unlink()
    return try take(path) ? lease(at: path) : nil
  }

  /// Who has the lease of `shard`, and for how many seconds there was no sign of life; nil when nobody
  /// has it.
  func holder(of shard: String) throws -> (name: String, silence: Double)? {
    let path = "\(folder)/\(shard).claim"
    guard let name = Self.owner(of: path), let last = Self.modified(path), let now = try now()
    else { return nil }
    return (name, max(0, now - last))
  }

  private func lease(at path: String) -> Lease {
    Lease(path: path, owner: worker, interval: min(5, patience / 10))
  }

  private func take(_ path: String) throws -> Bool {
    let descriptor = FilePath(text: path).open(O_WRONLY | O_CREAT | O_EXCL, 0o644)
    guard descriptor >= 0 else {
      if errno == EEXIST { return false }
      throw FileError("write", path, code: errno)
    }
    defer { close(descriptor) }
    let bytes = Array(worker.utf8)
    guard write(descriptor, bytes, bytes.count) == bytes.count else {
      let code = errno
      FilePath(text: path).unlink()
      throw FileError("write", path, code: code)
    }
    return true
  }

  /// Whether the lease has expired: nobody has touched it for this worker's patience. Both times are the file
  /// system's, since machines' clocks differ.
  private func isAbandoned(_ path: String) throws -> Bool {
    guard let last = Self.modified(path), let now = try now() else { return false }
    return now - last > patience
  }

  /// The file system's time.
  private func now() throws -> Double? {
    let probe = "\(folder)/.now-\(worker)"
    let descriptor = FilePath(text: probe).open(O_WRONLY | O_CREAT, 0o644)
    guard descriptor >= 0 else { throw FileError("write", probe, code: errno) }
    close(descriptor)
    defer { FilePath(text: probe).unlink() }
    return Self.modified(probe)
  }

  private static func modified(_ path: String) -> Double? {
    guard let status = FilePath(text: path).status else { return nil }
    return Double(status.st_mtim.tv_sec) + Double(status.st_mtim.tv_nsec) / 1e9
  }

  fileprivate static func owner(of path: String) -> String? {
    (try? FilePath(text: path).contents()).map { String(decoding: $0, as: UTF8.self) }
  }
}
