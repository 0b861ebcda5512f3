import Foundation
import ImageData

extension RunData {
  /// How the index of U is made, where U is shards and no index yet.
  struct Indexing {
    /// Where it goes.
    let folder: String
    /// How many shards are read at once.
    let workers: Int
    /// Whether an index that is there is taken as it is: workers do not look at every shard again.
    let isFixed: Bool
    /// Where progress is told.
    let console: Console
    /// What is done before anything is written.
    let prepare: () throws -> Void
  }
}

/// Opens U: an index, shards (whose index is made first), or any other pictures, in even shards.
/// - Throws: `ImageDataError`; `PipelineError` when there is nowhere to make an index, or when the
///   making was stopped.
func openUnlabelled(_ paths: Recipe.Data, _ indexing: RunData.Indexing?) throws
  -> any ShardedDataset
{
  let source = paths.unlabelled
  let required = try paths.requireTags.map { try TagMap(contentsOf: $0) }
  if IndexedCollection.exists(in: source) {
    guard required == nil else {
      throw PipelineError.recipe(
        "data.requireTags: \(source) is an index already; give --require-tags to halcyon index")
    }
    return try IndexedCollection(
      folder: source, commands: paths.permission, note: tellFailures(indexing?.console),
      shouldStop: { StopSignal.number != nil })
  }
  guard namesShards(source) || required != nil else {
    return EvenShards(
      try openDataset(source, split: paths.unlabelledSplit, unlabelled: true),
      shardSize: paths.shardSize)
  }
  guard let indexing else {
    throw PipelineError.usage(
      "\(source) is shards that are not counted yet; `halcyon index` does it, and data.unlabelled "
        + "is then the index")
  }
  if indexing.isFixed, IndexedCollection.exists(in: indexing.folder) {
    return try IndexedCollection(
      folder: indexing.folder, commands: paths.permission, note: tellFailures(indexing.console),
      shouldStop: { StopSignal.number != nil })
  }
  try indexing.prepare()
  var options = IndexOptions(workers: indexing.workers)
  options.shardSize = paths.shardSize
  options.requiredTags = required
  options.commands = paths.permission
  var told = Date()
  do {
    let summary = try buildIndex(
      of: source, split: paths.unlabelledSplit, in: indexing.folder, options: options,
      progress: { done, shards, samples in
        guard -told.timeIntervalSinceNow > 5 else { return }
        told = Date()
        indexing.console.note(
          "index: \(Format.count(done)) of \(Format.count(shards)) shards, "
            + "\(Format.count(samples)) pictures")
      }, note: { indexing.console.note("index: \($0)") }, shouldStop: { StopSignal.number != nil })
    if summary.reusedShards < summary.shards {
      indexing.console.note(
        "index: \(Format.counted(summary.samples, "picture", "pictures")) in "
          + Format.counted(summary.shards, "shard", "shards")
          + (summary.problems > 0
            ? "; \(Format.counted(summary.problems, "member", "members")) passed over: "
              + "\(indexing.folder)/problems.csv" : ""))
    }
  } catch is IndexingStopped {
    try StopSignal.check()
  }
  let indexed = try IndexedCollection(
    folder: indexing.folder, commands: paths.permission, note: tellFailures(indexing.console),
    shouldStop: { StopSignal.number != nil })
  guard indexed.count > 0 else {
    throw PipelineError.data(
      "\(source) has no pictures"
        + (required == nil ? "" : " that carry a tag of data.requireTags")
        + "; \(indexing.folder)/problems.csv says what was passed over")
  }
  return indexed
}

/// What tells that a shard's server or command failed and is tried again: loaders' threads say so, to
/// which a console does not belong.
private func tellFailures(_ console: Console?) -> (@Sendable (String) -> Void)? {
  guard let console, !console.isQuiet else { return nil }
  return { Console.tell($0) }
}
