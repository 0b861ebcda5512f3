import ImageData

/// Stands for a data set that a finished run was made from and that is no longer there.
struct MissingPictures: ShardedDataset {
  /// What messages call it.
  let name: String
  /// Why its pictures cannot be read.
  let reason: String
  let classes: [String] = []
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
