import ImageData
import Recipes
import Shards

/// Pictures that are no longer there, as the run remembers them: their names, labels and order.
struct RememberedImages: ShardedDataset {
  /// What messages call it.
  let name: String
  /// Why the pictures cannot be read.
  let reason: String
  /// The same, since they are not there.
  var absence: String? { reason }
  /// The class names in the order of their labels.
  let classes: [String]
  private let list: ImageList
  private let places: [String: Int]
  private let shards: EvenShards

  /// What `directory` remembers of its set called `set`; nil where it remembers nothing.
  init?(_ set: String, in directory: RunDirectory, _ recipe: Recipe, because reason: String) {
    guard let list = ImageList(contentsOf: directory.listPath(of: set)),
      let classes = directory.origins[set]?.classes
    else { return nil }
    name = "the \(set) pictures of \(directory.path)"
    self.reason = reason
    self.classes = classes
    self.list = list
    places = Dictionary(
      zip(classes, classes.indices), uniquingKeysWith: { first, _ in first })
    shards = EvenShards(
      CountOnly(count: list.count), shardSize: recipe.data.shardSize)
  }

  var count: Int { list.count }
  var shardCount: Int { shards.shardCount }
  var isRandomAccess: Bool { true }

  func key(at index: Int) -> String { list[index].key }
  func label(at index: Int) -> Int? { places[list[index].className] }
  func shardName(_ shard: Int) -> String { shards.shardName(shard) }
  func range(ofShard shard: Int) -> Range<Int> { shards.range(ofShard: shard) }
  func identity(ofShard shard: Int) -> String { "" }
  func tags(at index: Int) -> [String] { [] }
  func read(at index: Int) throws -> EncodedImage {
    throw ImageDataError.dataset(path: name, reason: reason)
  }

  /// As many pictures, of which nothing else is asked.
  private struct CountOnly: ImageDataset {
    let name = ""
    let classes: [String] = []
    let count: Int

    func key(at index: Int) -> String { "" }
    func label(at index: Int) -> Int? { nil }
    func read(at index: Int) throws -> EncodedImage {
      throw ImageDataError.argument("there are no pictures")
    }
  }
}
