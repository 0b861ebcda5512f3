import ImageData
import Shards

/// Pictures that a finished run was made from and that cannot be read any more.
protocol AbsentPictures: ShardedDataset {
  /// Why they cannot be read.
  var reason: String { get }
}

/// Stands for a data set of which nothing is known any more.
struct MissingPictures: AbsentPictures {
  /// What messages call it.
  let name: String
  /// Why its pictures cannot be read.
  let reason: String
  var classes: [String] = []
  let count = 0
  let shardCount = 0
  let isRandomAccess = true

  func shardName(_ shard: Int) -> String { "" }
  func identity(ofShard shard: Int) -> String { "" }
  func range(ofShard shard: Int) -> Range<Int> { 0..<0 }
  func tags(at index: Int) -> [String] { [] }
  func key(at index: Int) -> String { "" }
  func label(at index: Int) -> Int? { nil }
  func read(at index: Int) throws -> EncodedImage {
    throw ImageDataError.dataset(path: name, reason: reason)
  }
}
