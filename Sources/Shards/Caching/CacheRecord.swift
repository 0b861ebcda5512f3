import Files
import Foundation
import ImageData
import SystemPackage

/// What a shard of a cache holds: `SHARD.json`, written after its other files, the mark that it is done.
struct CacheRecord: Codable, Equatable {
  /// The shard's name, of U and of the cache.
  var shard: String
  /// What U's shard held, as `ShardedDataset.identity(ofShard:)` has it.
  var inputIdentity: String
  /// The states of its files when they were copied; nil where U says itself what it holds.
  var filesState: String?
  /// The SHA-256 of the first 16 bytes of the content hash of every picture that has a copy.
  var contents: String
  /// What the copies are like.
  var format: CacheFormat
  /// Pictures of U's shard.
  var count: Int
  /// Of these, how many could not be read and have no copy.
  var unreadable: Int
  /// How many are smaller than the copies are to be, and so have the size that they had.
  var smaller: Int
  /// Bytes of `SHARD.tar`.
  var bytes: Int
  /// When that last changed, in nanoseconds since 1970: where it still says so, nobody reads it all again.
  var changed: Int
  /// The SHA-256 of `SHARD.tar`.
  var sha256: String
  /// The SHA-256 of `SHARD.index`.
  var indexSHA256: String

  enum CodingKeys: String, CodingKey {
    case shard, format, count, unreadable, smaller, bytes, changed, sha256
    case inputIdentity = "input_identity"
    case filesState = "files_state"
    case contents = "contents_sha256"
    case indexSHA256 = "index_sha256"
  }
}
