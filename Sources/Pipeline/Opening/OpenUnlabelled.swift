import ImageData
import Recipes
import Shards

/// Opens U: an index, shards (whose index is made first), or any other pictures, in even shards.
/// - Throws: `ImageDataError`; `PipelineError` when there is nowhere to make an index, or when the
///   making was stopped.
func openUnlabelled(_ paths: Recipe.Data, _ indexing: Indexing) throws -> any ShardedDataset {
  let source = paths.unlabelled
  let required = try paths.requireTags.map { try TagMap(contentsOf: $0) }
  if IndexedCollection.exists(in: source) {
    guard required == nil else {
      throw RecipeError(
        "data.requireTags: \(source) is an index already; give --require-tags to halcyon index")
    }
    return try indexing.open(source, commands: paths.permission)
  }
  guard namesShards(source) || required != nil else {
    return EvenShards(
      try openDataset(source, split: paths.unlabelledSplit, unlabelled: true),
      shardSize: paths.shardSize)
  }
  // Only to count them, nobody waits for all that a server or a command gives.
  if indexing.isTemporary, let reason = try whyReadInOrder(shards: source) {
    throw PipelineError.usage(
      "\(source) is shards that are not counted yet, which takes reading them all (\(reason)); "
        + "`halcyon index` does it, and data.unlabelled is then the index")
  }
  return try indexing.collection(
    of: source, split: paths.unlabelledSplit, as: "unlabelled", shardSize: paths.shardSize,
    requiring: required, commands: paths.permission)
}
