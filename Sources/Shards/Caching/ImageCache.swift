import Copies
import Files
import Foundation
public import ImageData
import SystemPackage

/// A folder of U's pictures at training size, shard by shard: decoded once, for all later training.
///
/// | file | what |
/// |---|---|
/// | `format` | what the copies are like (`CacheFormat`), JSON; written before the first shard |
/// | `SHARD.tar` | the copies, a member each, in U's order: WebDataset's form |
/// | `SHARD.index` | where each lies (`ShardIndexLayout`); one that could not be read has no bytes |
/// | `SHARD.json` | what the shard holds (`CacheRecord`), written last |
///
/// What stands in it follows from U and the format alone, so that runs can share it.
public struct ImageCache: Sendable {
  /// Where it lies.
  public let folder: String
  /// What its copies are like.
  public let format: CacheFormat
  /// No shard's files are called so: their names have endings.
  private static let formatName = "format"

  /// Takes a folder that is empty or not there, or that holds copies of the same format.
  /// - Throws: As `requireRoom` does, `FileError`.
  public init(in folder: String, as format: CacheFormat) throws {
    self.folder = folder
    self.format = format
    try Self.requireRoom(in: folder, for: format)
    try FilePath(text: folder).makeFolder()
    DurableFile.removeTorn(in: folder)
    // Of several that begin at once one's format is that of all.
    let file = try DurableFile(path: "\(folder)/\(Self.formatName)")
    try file.write(JSON.pretty(format))
    try file.commitUnlessThere()
    try Self.requireRoom(in: folder, for: format)
  }

  /// Refuses a folder that cannot become a cache of these copies; writes nothing.
  /// - Throws: `ImageDataError.argument` naming what is in its place, `FileError`.
  public static func requireRoom(in folder: String, for format: CacheFormat) throws {
    let place = FilePath(text: folder)
    guard place.isFolder || !place.exists else {
      throw ImageDataError.argument("\(folder) is a file; name a folder, which is made")
    }
    if let found = try Self.format(of: folder) {
      guard found == format else {
        throw ImageDataError.argument(
          "\(folder) is a cache of other copies (\(found.words)) than are asked for (\(format.words)); ask "
            + "for those, or name another folder")
      }
      return
    }
    let names = (try? place.names()) ?? []
    if let other = names.filter({ !$0.contains(".tmp-") }).min() {
      throw ImageDataError.argument(
        "\(folder) holds \(other) and no \(formatName), so it is no cache; name an empty folder, so "
          + "that nothing of yours is replaced")
    }
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

  func path(_ shard: String, _ ending: String) -> String { "\(folder)/\(shard).\(ending)" }

  /// The record of a shard; nil where there is none.
  /// - Throws: `FileError` where it is damaged.
  func record(_ shard: String) throws -> CacheRecord? {
    try JSON.read(CacheRecord.self, at: path(shard, "json"))
  }

  /// What there is of a shard's copies.
  public enum ShardState: Sendable {
    /// Nothing that was finished.
    case missing
    /// Files that are not as they were written.
    case damaged
    /// Copies of other pictures, which are to be replaced.
    case other
    /// All of it.
    case whole
  }

  /// What there is of the copies of a shard of U.
  ///
  /// Files are known by their sizes and times; those that were written since are compared to the byte, U's
  /// pictures by their hashes.
  /// - Parameters:
  ///   - source: What the shard is now.
  ///   - replacing: Whether copies of other pictures under its name are to be replaced.
  /// - Returns: Whether they are there, and as they were written.
  /// - Throws: `ImageDataError.dataset` when the copies are of other pictures.
  public func state(of source: CacheSource, replacing: Bool = false) throws -> ShardState {
    guard let record = try? record(source.name) else {
      return FilePath(text: path(source.name, "json")).exists ? .damaged : .missing
    }
    guard record.format == format, record.shard == source.name,
      record.inputIdentity == source.identity, record.count == source.count
    else { return try .ofOthers(source.name, in: self, replacing) }
    guard isWhole(record) else { return .damaged }
    guard record.filesState != source.filesState else { return .whole }
    guard try holds(record, source) else { return try .ofOthers(source.name, in: self, replacing) }
    // Only copied or touched: the next one need not look again.
    var renewed = record
    renewed.filesState = source.filesState
    try DurableFile.write(JSON.pretty(renewed), to: path(source.name, "json"))
    return .whole
  }

  /// Whether the pictures that have copies are, byte by byte, those that were copied.
  private func holds(_ record: CacheRecord, _ source: CacheSource) throws -> Bool {
    let index = try ShardIndex(path: path(record.shard, "index"))
    var hashes: [ContentHash.Prefix] = []
    for position in 0..<index.count where try index.place(at: position).length > 0 {
      guard let hash = source.contentHash(position) else { return false }
      hashes.append(hash)
    }
    return CacheSource.identity(of: hashes) == record.contents
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

  /// Begins the copies of what `source` is now.
  /// - Throws: `FileError`.
  public func writer(of source: CacheSource) throws -> CacheShardWriter {
    // First the mark: without it, what is half replaced is not there.
    FilePath(text: path(source.name, "json")).unlink()
    return try CacheShardWriter(self, of: source)
  }
}

extension ImageCache.ShardState {
  /// What copies of other pictures count as.
  fileprivate static func ofOthers(
    _ shard: String, in cache: ImageCache, _ replacing: Bool
  ) throws -> Self {
    if replacing { return .other }
    throw ImageDataError.dataset(
      path: cache.path(shard, "json"),
      reason:
        "these are copies of other pictures than shard \(shard) has now; name another folder, or "
        + "remove this shard's files there (or give --redo) to make them again, for every run that reads them"
    )
  }
}
