import Copies
import Files
import Foundation
import ImageData
import Models
import Recipes
import Shards
import SystemPackage
import Terminal

/// The copies at training size that scoring leaves of U, where a recipe has a `data.cache`.
struct CachingWork {
  let cache: ImageCache
  let run: Run

  /// Nil where the recipe has none, and `forStudent` where no student is left that would read them.
  /// - Throws: `PipelineError.usage` where the folder cannot be a cache of these copies, or, of work that
  ///   `isShared`, where others leave them elsewhere.
  init?(of run: Run, forStudent: Bool, isShared: Bool) throws {
    guard let folder = run.recipe.data.cache else { return nil }
    if forStudent, run.directory.isFinished(.student) { return nil }
    try run.requireApart(folder)
    do {
      cache = try ImageCache(in: folder, as: run.recipe.cacheFormat)
    } catch ImageDataError.argument(let reason) {
      throw PipelineError.usage("data.cache: \(reason)")
    }
    self.run = run
    let note = CacheNote(cache)
    let earlier = try CacheNote(in: run.directory)
    guard earlier != note else { return }
    guard !run.directory.hasBegunStudent else {
      run.console.say(
        "cache: \(run.directory.folder(of: .student)) was begun with "
          + (earlier.map { "the copies in \($0.folder)" } ?? "U's own pictures")
          + " and stays with them, whatever \(folder) has")
      if forStudent { return nil }
      return
    }
    if isShared, let earlier {
      throw PipelineError.usage(
        "data.cache: copies of this run's pictures go to \(earlier.folder) (\(earlier.format.words)) already, "
          + "as \(CacheNote.path(in: run.directory)) says; give the same to all that score it")
    }
    try note.write(to: run.directory)
  }

  /// Whether the copies of a shard are there.
  /// - Throws: `PipelineError.data` when they are of other pictures.
  func isDone(_ shard: Int) throws -> Bool { try state(shard) == .whole }

  /// What there is of the copies of a shard.
  /// - Throws: `PipelineError.data` when they are of other pictures and --redo is not given.
  func state(_ shard: Int) throws -> ImageCache.ShardState {
    do {
      return try cache.state(
        of: CacheSource(shard, of: run.data.unlabelled), replacing: run.isRedoing)
    } catch ImageDataError.dataset(let path, let reason) {
      throw PipelineError.data("cache: \(path): \(reason)")
    }
  }

  /// Begins a shard.
  func writer(ofShard shard: Int) throws -> CacheShardWriter {
    try cache.writer(of: CacheSource(shard, of: run.data.unlabelled))
  }

  /// Makes the copies of a shard that has its scores already: its pictures are read once more.
  func write(_ shard: Int, _ lease: ShardClaims.Lease?, _ progress: ProgressBar? = nil) throws {
    let pictures = run.data.unlabelled
    let range = pictures.range(ofShard: shard)
    let file = try writer(ofShard: shard)
    let loader = try BatchLoader(
      dataset: pictures, order: SequentialOrder(), positions: range,
      batchSize: max(1, min(64, range.count)),
      preset: .evaluation(
        EvaluationPreset(resize: 32, crop: 32, channels: run.recipe.input.channels)),
      seed: 0, workers: run.workers, hashContent: true, copying: cache.format, onUnreadable: .mark,
      maxPixels: run.recipe.data.maxPixels,
      badSamples: BadSamples(of: pictures, limit: .none, seesEachOnce: true))
    defer { loader.stop() }
    while let batch = try StopSignal.orStopped(loader.next) {
      try StopSignal.check()
      lease?.touch()
      for (row, copy) in batch.copies.enumerated() {
        try file.append(
          copy, key: pictures.key(at: batch.indices[row]), of: batch.hashes[row]?.prefix ?? .none)
      }
      progress?.advance(by: batch.count)
    }
    try file.finish()
  }
}
