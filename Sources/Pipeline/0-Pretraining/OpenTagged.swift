import ImageData
import Recipes
import Shards
import SystemPackage
import Terminal

/// Opens W: an index, shards (whose index is made first), or any other pictures, in even shards; with the
/// tags of `data.taggedTags` where they are given. Labels are left out of account.
/// - Parameters:
///   - paths: The recipe's words for the pictures; `tagged` is given.
///   - indexing: How an index is made.
/// - Returns: The pictures in parts, with their tags.
/// - Throws: `ImageDataError`; `PipelineError` when the pictures cannot be read in any order, as a training
///   reads them.
func openTagged(_ paths: Recipe.Data, _ indexing: Indexing) throws -> any ShardedDataset {
  let source = paths.tagged ?? ""
  var pictures: any ImageDataset
  if namesShards(source) || IndexedCollection.exists(in: source) {
    if let split = paths.taggedSplit {
      throw PipelineError.usage("\(source) is shards, which have no split \(split)")
    }
    pictures = try openShards(
      source, as: "tagged", called: "pictures that are trained on", indexing)
  } else {
    pictures = try openDataset(source, split: paths.taggedSplit, unlabelled: true)
  }
  if let list = paths.taggedTags {
    let tagged = try KeyedTags(pictures, tagsFrom: list)
    if tagged.strayCount > 0 {
      indexing.console.say("\(list): \(tagged.strayLine)")
    }
    pictures = tagged
  }
  return pictures as? any ShardedDataset ?? EvenShards(pictures, shardSize: paths.shardSize)
}

extension KeyedTags {
  /// What is said of lines whose keys no picture has.
  var strayLine: String {
    strayCount == 1
      ? "1 line is of a key that no picture of \(name) has"
      : "\(strayCount) lines are of keys that no picture of \(name) has"
  }
}
