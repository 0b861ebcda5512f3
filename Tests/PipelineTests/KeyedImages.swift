import ImageData
import Shards

/// Pictures of which the keys alone matter, in shards of three.
struct KeyedImages: ImageDataset {
  let keys: [String]
  let name = "u"
  let classes: [String] = []
  var count: Int { keys.count }

  func key(at index: Int) -> String { keys[index] }
  func label(at index: Int) -> Int? { nil }
  func read(at index: Int) throws -> EncodedImage {
    throw ImageDataError.unreadable(key: keys[index], reason: "it is a name alone")
  }

  static func shards(_ keys: [String]) -> EvenShards {
    EvenShards(KeyedImages(keys: keys), shardSize: 3)
  }
}
