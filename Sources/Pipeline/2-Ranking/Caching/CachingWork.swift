import Files
import Foundation
import ImageData
import Models
import Recipes
import Shards
import SystemPackage
import Training

/// The copies at training size that scoring leaves of U, where a recipe has a `data.cache`.
struct CachingWork {
  let cache: PictureCache
  let run: Run

  /// Nil where the recipe has none, and `forStudent` where no student is left that would read them.
  /// - Throws: `PipelineError.usage` where the folder cannot be a cache of these copies.
  init?(of run: Run, forStudent: Bool) throws {
    guard let folder = run.recipe.data.cache else { return nil }
    if forStudent, run.directory.isFinished(.student) { return nil }
    try run.requireApart(folder)
    do {
      cache = try PictureCache(in: folder, as: run.recipe.cacheFormat)
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
    try note.write(to: run.directory)
  }

  /// Whether the copies of a shard are there.
  /// - Throws: `PipelineError.data` when they are of other pictures.
  func isDone(_ shard: Int) throws -> Bool {
    let pictures = run.data.unlabelled
    do {
      return try cache.state(
        ofShard: pictures.shardName(shard), count: pictures.range(ofShard: shard).count,
        identity: pictures.identity(ofShard: shard), replacing: run.isRedoing) == .whole
    } catch ImageDataError.dataset(let path, let reason) {
      throw PipelineError.data("cache: \(path): \(reason)")
    }
  }

  /// Begins a shard.
  func writer(ofShard shard: Int) throws -> CacheShardWriter {
    let pictures = run.data.unlabelled
    return try cache.writer(
      ofShard: pictures.shardName(shard), identity: pictures.identity(ofShard: shard))
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
      seed: 0, workers: run.workers, copying: cache.format, onUnreadable: .mark,
      maxPixels: run.recipe.data.maxPixels,
      badSamples: BadSamples(of: pictures, limit: .none, seesEachOnce: true))
    defer { loader.stop() }
    while let batch = try StopSignal.orStopped(loader.next) {
      try StopSignal.check()
      lease?.touch()
      for (index, copy) in zip(batch.indices, batch.copies) {
        try file.append(copy, key: pictures.key(at: index))
      }
      progress?.advance(by: batch.count)
    }
    try file.finish()
  }
}
