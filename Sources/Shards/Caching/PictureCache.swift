import Files
import Foundation
public import ImageData
import SystemPackage

/// A folder of U's pictures at training size, shard by shard: decoded once, for all later training.
///
/// | file | what |
/// |---|---|
/// | `cache.json` | what the copies are like (`CacheFormat`); written before the first shard |
/// | `SHARD.tar` | the copies, a member each, in U's order: WebDataset's form |
/// | `SHARD.index` | where each lies (`ShardIndexLayout`); one that could not be read has no bytes |
/// | `SHARD.json` | what the shard holds (`CacheRecord`), written last |
///
/// What stands in it follows from U and the format alone, so that runs can share it.
public struct PictureCache: Sendable {
  /// Where it lies.
  public let folder: String
  /// What its copies are like.
  public let format: CacheFormat
  private static let formatName = "cache.json"

  /// Takes a folder that is empty or not there, or that holds copies of the same format.
  /// - Throws: `ImageDataError.argument` naming what else is in it, `FileError`.
  public init(in folder: String, as format: CacheFormat) throws {
    self.folder = folder
    self.format = format
    let names = (try? FilePath(text: folder).names()) ?? []
    if let found = try Self.format(of: folder) {
      guard found == format else {
        throw ImageDataError.argument(
          "\(folder) is a cache of other copies (\(found.words)) than are asked for (\(format.words)); ask "
            + "for those, or name another folder")
      }
      removeTornFiles(names)
      return
    }
    if let other = names.filter({ !$0.contains(".tmp-") }).min() {
      throw ImageDataError.argument(
        "\(folder) holds \(other) and no \(Self.formatName), so it is no cache; name an empty folder, so "
          + "that nothing of yours is replaced")
    }
    try FilePath(text: folder).makeFolder()
    removeTornFiles(names)
    try DurableFile.write(JSON.pretty(format), to: "\(folder)/\(Self.formatName)")
  }

  /// Opens the cache in `folder`.
  /// - Throws: `ImageDataError.dataset` when there is none.
  public init(at folder: String) throws {
    guard let format = try Self.format(of: folder) else {
      throw ImageDataError.dataset(path: folder, reason: "no cache of pictures in it")
    }
    self.folder = folder
    self.format = format
  }

  private static func format(of folder: String) throws -> CacheFormat? {
    try JSON.read(CacheFormat.self, at: "\(folder)/\(formatName)")
  }

  /// Removes what killed processes left half-written: temporary files that nobody has written to for a day.
  private func removeTornFiles(_ names: [String]) {
    let now = time(nil)
    for name in names where name.contains(".tmp-") {
      let file = FilePath(text: "\(folder)/\(name)")
      if let status = file.status, now - status.st_mtim.tv_sec > 86_400 { file.unlink() }
    }
  }

  func path(_ shard: String, _ ending: String) -> String { "\(folder)/\(shard).\(ending)" }

  func record(_ shard: String) -> CacheRecord? {
    try? JSON.read(CacheRecord.self, at: path(shard, "json"))
  }

  /// What there is of a shard's copies.
  public enum ShardState: Sendable {
    /// Nothing that was finished.
    case missing
    /// Files that are not as they were written.
    case damaged
    /// All of it.
    case whole
  }

  /// What there is of the copies of U's shard `name`, which has so many samples and is what `identity` says.
  /// Files are known by their sizes; one that was written since is compared to the byte.
  /// - Parameters:
  ///   - name: The shard's name.
  ///   - count: How many samples it has.
  ///   - identity: What it is, as `ShardedDataset.identity(ofShard:)` says.
  ///   - replacing: Whether copies of other pictures under that name count as none.
  /// - Returns: Whether they are there, and as they were written.
  /// - Throws: `ImageDataError.dataset` when the copies are of other pictures.
  public func state(
    ofShard name: String, count: Int, identity: String, replacing: Bool = false
  ) throws -> ShardState {
    guard let record = record(name) else { return .missing }
    guard record.format == format, record.inputIdentity == identity, record.count == count else {
      if replacing { return .missing }
      throw ImageDataError.dataset(
        path: path(name, "json"),
        reason:
          "these are copies of other pictures than shard \(name) has now; name another folder, or "
          + "remove this shard's files there (or give --redo) to make them again")
    }
    return isWhole(record) ? .whole : .damaged
  }

  /// Whether a shard's files are those that were written.
  private func isWhole(_ record: CacheRecord) -> Bool {
    guard let status = FilePath(text: path(record.shard, "tar")).status,
      case let state = SourceState(status), state.size == record.bytes,
      (try? Checksum.sha256(file: path(record.shard, "index"))) == record.indexSHA256
    else { return false }
    if state.changed == record.changed { return true }
    return (try? Checksum.sha256(file: path(record.shard, "tar"))) == record.sha256
  }

  /// Begins the shard `name`, which is what `identity` says.
  /// - Throws: `FileError`.
  public func writer(ofShard name: String, identity: String) throws -> CacheShardWriter {
    // First the mark: without it, what is half replaced is not there.
    FilePath(text: path(name, "json")).unlink()
    return try CacheShardWriter(self, shard: name, identity: identity)
  }
}
