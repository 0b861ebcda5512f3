import Files
import Foundation
public import ImageData
import SystemPackage

/// Pictures of U, read from a cache.
public final class CachedImages: ImageDataset {
  /// What messages call them.
  public let name: String
  /// None: they are U's.
  public let classes: [String] = []
  /// How many there are.
  public let count: Int
  private let cache: ImageCache
  private let place: @Sendable (Int) -> (shard: Int, position: Int)
  private let shardName: @Sendable (Int) -> String
  private let keys: @Sendable (Int) -> String
  private let shards = RecentlyUsed<CachedShard>(most: 256)

  /// `count` pictures, of which the cache has the shards.
  /// - Parameters:
  ///   - cache: Where they are.
  ///   - name: What messages call them.
  ///   - count: How many there are.
  ///   - place: Where each stands: U's shard, and its position there.
  ///   - shardName: What U calls a shard.
  ///   - keys: What U calls each picture.
  public init(
    in cache: ImageCache, name: String, count: Int,
    place: @escaping @Sendable (Int) -> (shard: Int, position: Int),
    shardName: @escaping @Sendable (Int) -> String, keys: @escaping @Sendable (Int) -> String
  ) {
    self.cache = cache
    self.name = name
    self.count = count
    self.place = place
    self.shardName = shardName
    self.keys = keys
  }

  /// The sample's key in U.
  public func key(at index: Int) -> String { keys(index) }

  /// None: labels are the selection's.
  public func label(at index: Int) -> Int? { nil }

  /// The copy of the picture.
  /// - Throws: `ImageDataError.unreadable` where it could not be read when the cache was made; `.source` where
  ///   a shard of it is gone.
  public func read(at index: Int) throws -> EncodedImage {
    let (number, position) = place(index)
    let shard = try shards.value(number) { try CachedShard(shardName(number), of: cache) }
    let (offset, length) = try shard.index.place(at: position)
    guard length > 0 else {
      throw ImageDataError.unreadable(
        key: key(at: index), reason: "it could not be read when the cache was made")
    }
    let bytes = try shard.file.read(length, at: offset, key: key(at: index))
    guard cache.format.encoding == .raw else { return .file(bytes) }
    guard let size = try shard.index.size(at: position) else {
      throw ImageDataError.unreadable(key: key(at: index), reason: "the cache has no size of it")
    }
    return .pixels(
      bytes, width: size.width, height: size.height, channels: cache.format.channels)
  }
}

/// A shard of a cache that is open.
private final class CachedShard: Sendable {
  let index: ShardIndex
  let file: ShardFile

  init(_ name: String, of cache: ImageCache) throws {
    let path = cache.path(name, "tar")
    do {
      guard let record = try cache.record(name) else {
        throw StreamFailure(.source, "\(cache.path(name, "json")) is gone")
      }
      index = try ShardIndex(path: cache.path(name, "index"))
      file = try ShardFile(path)
      guard index.count == record.count, file.state.size == record.bytes else {
        throw StreamFailure(.source, "\(path) is not as it was written")
      }
    } catch let failure as StreamFailure {
      throw ImageDataError.source(
        shard: name,
        reason: "\(failure.reason); the cache \(cache.folder) has changed since it was opened")
    }
  }
}
