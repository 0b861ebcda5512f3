import ImageData
import Shards

/// A data set of which nothing is known any more.
struct MissingImages: ShardedDataset {
  /// What messages call it.
  let name: String
  /// Why its pictures cannot be read.
  let reason: String
  var classes: [String] = []
  var absence: String? { reason }
  let count = 0
  let shardCount = 0
  let isRandomAccess = true

  func shardName(_ shard: Int) -> String { "" }
  func identity(ofShard shard: Int) -> String { "" }
  func range(ofShard shard: Int) -> Range<Int> { 0..<0 }
  func key(at index: Int) -> String { "" }
  func label(at index: Int) -> Int? { nil }
  func read(at index: Int) throws -> EncodedImage {
    throw ImageDataError.dataset(path: name, reason: reason)
  }
}
