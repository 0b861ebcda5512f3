import ImageData
import Recipes
import Shards

/// Opens a labelled set: whatever `openDataset` opens, an index, or shards, whose index is made first.
/// - Parameters:
///   - path: What the recipe or the user calls it.
///   - split: A list's split, as `openDataset` has it.
///   - set: Which set it is: the index of `labelled` goes to `index-labelled`.
///   - indexing: How an index is made.
///   - allowsEmptyClasses: Whether class folders may be empty.
/// - Returns: The pictures under the classes that occur.
/// - Throws: `ImageDataError`; `PipelineError` when the shards cannot be read in any order or are cut
///   short, or when the making of the index was stopped.
func openLabelled(
  _ path: String, split: String? = nil, as set: String, _ indexing: Indexing,
  allowsEmptyClasses: Bool = false
) throws -> any ImageDataset {
  guard namesLabelledShards(path) else {
    return try openDataset(path, split: split, allowsEmptyClasses: allowsEmptyClasses)
  }
  if let split {
    throw PipelineError.usage("\(path) is shards, which have no split \(split)")
  }
  let collection = try openShards(path, as: set, called: "labelled pictures", indexing)
  if let cut = collection.cutShards, let line = cut.line {
    throw PipelineError.data(
      "\(set): \(line); fetch \(cut.pronoun) again, or leave \(cut.pronoun) out by naming the others "
        + "alone, in a pattern or a .txt list")
  }
  return try collection.labelled()
}

/// Opens shards that a training reads: an index, or shards whose index is made first.
/// - Parameters:
///   - path: What the recipe or the user calls them.
///   - set: Which set they are: the index of `labelled` goes to `index-labelled`.
///   - kind: What its pictures are called in messages.
///   - indexing: How an index is made.
/// - Returns: The index.
/// - Throws: `ImageDataError`; `PipelineError` when the shards cannot be read in any order, or when the
///   making of the index was stopped.
func openShards(_ path: String, as set: String, called kind: String, _ indexing: Indexing) throws
  -> IndexedCollection
{
  func refused(_ reason: String) -> PipelineError {
    .data(
      (reason.hasPrefix(path) ? "" : "\(path): ") + reason
        + ", and \(kind) are read in any order; give .tar files on this machine, unpacked: "
        + "save there what a command or a server gives")
  }
  let collection: IndexedCollection
  if IndexedCollection.exists(in: path) {
    collection = try indexing.open(path, commands: .denied)
  } else {
    if let reason = try whyReadInOrder(shards: path) { throw refused(reason) }
    collection = try indexing.collection(of: path, as: set, commands: .denied)
  }
  guard collection.isRandomAccess else { throw refused("some of its shards are compressed") }
  return collection
}
