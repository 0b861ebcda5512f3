import Files
import ImageData
import Ranking
import Shards
import Terminal

/// The selected pictures at training size, from the cache that scoring has left.
enum CachedSelection {
  /// The pictures of a selection, in the order of its rows; nil where the run has no cache, or where one of
  /// the shards that are needed is missing there.
  /// - Throws: `PipelineError.data` when the cache is damaged, or incomplete where training was begun with it.
  static func pictures(of selected: RunSelection, in run: Run) throws -> (any ImageDataset)? {
    guard let note = try CacheNote(in: run.directory) else { return nil }
    let selection = selected.selection
    let unlabelled = run.data.unlabelled
    let shards = Set(selection.images.map { Int($0.shard) }).sorted()
    let advice = advice(note, in: run)
    let cache: ImageCache
    let missing: [String]
    do {
      cache = try ImageCache(at: note.folder)
      guard cache.format == note.format else {
        throw ImageDataError.dataset(
          path: note.folder, reason: "its copies are others now (\(cache.format.words))")
      }
      missing = try Self.missing(among: shards, of: cache, in: run)
    } catch let error as ImageDataError where !run.directory.hasBegunStudent {
      return try without(note, because: PipelineError.line(about: error), in: run)
    } catch let error as ImageDataError {
      throw PipelineError.data("\(error); \(advice)")
    }
    guard missing.isEmpty else {
      let reason =
        "\(missing.count) of \(Format.counted(shards.count, "shard", "shards")) "
        + "\(missing.count == 1 ? "is" : "are") missing in \(note.folder) (\(Format.few(missing)))"
      guard !run.directory.hasBegunStudent else {
        throw PipelineError.data(
          "cache: \(reason), which training was begun with; \(advice)")
      }
      return try without(note, because: reason, in: run)
    }
    run.console.note("cache: the pictures are read from \(note.folder) (\(note.format.words))")
    return CachedImages(
      in: cache, name: "the selected pictures in \(note.folder)", count: selection.images.count,
      place: { row in
        let image = selection.images[row]
        return (Int(image.shard), Int(image.position))
      }, shardName: { unlabelled.shardName($0) },
      keys: { unlabelled.key(at: unlabelled.index(of: selection.images[$0])) })
  }

  /// The names of those of U's `shards` that are not there.
  /// - Throws: `PipelineError.data` naming a shard that is damaged, `ImageDataError.dataset` one that is of
  ///   other pictures.
  private static func missing(
    among shards: [Int], of cache: ImageCache, in run: Run
  ) throws -> [String] {
    let unlabelled = run.data.unlabelled
    let states = try Threads.results(parts: shards.count, threads: run.workers) { place in
      try cache.state(of: CacheSource(shards[place], of: unlabelled))
    }
    if let place = states.firstIndex(of: .damaged) {
      throw PipelineError.data(
        "cache: shard \(unlabelled.shardName(shards[place])) in \(cache.folder) is not as it was written; "
          + advice(CacheNote(cache), in: run))
    }
    return zip(shards, states).filter { $1 == .missing }.map { unlabelled.shardName($0.0) }
  }

  /// What to do about a cache that is not whole. A student that has begun with it stays with it.
  private static func advice(_ note: CacheNote, in run: Run) -> String {
    "`halcyon score \(run.directory.path) --cache \(note.folder)` makes what is missing or damaged again; or "
      + (run.directory.hasBegunStudent
        ? "--redo trains the student again"
        : "remove \(CacheNote.path(in: run.directory)) to train on U's own pictures")
  }

  /// Goes on with U's own pictures and forgets the cache, so that what the student was trained on is known.
  private static func without(
    _ note: CacheNote, because reason: String, in run: Run
  ) throws -> (any ImageDataset)? {
    run.console.say(
      "cache: \(reason); the student is trained on U's own pictures, which is slower "
        + "(`halcyon score \(run.directory.path) --cache \(note.folder)` would make it whole)")
    CacheNote.remove(from: run.directory)
    return nil
  }
}
