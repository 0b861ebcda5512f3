import Files
import Foundation
import ImageData
import Shards
import SystemPackage
import Terminal

/// How the index of shards is made that have none yet.
struct Indexing {
  /// The folder that indexes go into.
  var folder: String
  /// Whether that goes away when the command ends.
  var isTemporary = false
  /// How many shards are read at once.
  let workers: Int
  /// Whether an index that is there is taken as it is: workers do not look at every shard again.
  var isFixed = false
  /// Whether one that is not there may be made.
  var mayMake = true
  /// Whether pictures are to be read: otherwise an index tells also of those that only a command gives
  /// which may not run.
  var readsImages = true
  /// Where progress is told.
  let console: Console
  /// What is done before anything is written.
  var prepare: () throws -> Void = {}

  /// Calls `body` with indexes in a temporary folder, which is removed in the end.
  static func temporarily<Result>(
    workers: Int, _ console: Console, _ body: (Indexing) throws -> Result
  ) rethrows -> Result {
    let folder =
      NSTemporaryDirectory() + "/halcyon-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try body(
      Indexing(folder: folder, isTemporary: true, workers: workers, console: console))
  }

  /// The folder of the index of one set.
  func folder(of set: String) -> String {
    set == "unlabelled" ? "\(folder)/index" : "\(folder)/index-\(set)"
  }

  /// The index of the shards `source`, made or brought up to date.
  /// - Throws: `ImageDataError`, also when there are no pictures in them; `PipelineError` when none may be
  ///   made, or when the making was stopped.
  func collection(
    of source: String, split: String? = nil, as set: String, shardSize: Int? = nil,
    requiring tags: TagMap? = nil, commands: CommandPermission
  ) throws -> IndexedCollection {
    let folder = folder(of: set)
    if isFixed, IndexedCollection.exists(in: folder) { return try open(folder, commands: commands) }
    guard mayMake else {
      throw PipelineError.data(
        "\(source): its index \(folder) is gone; `halcyon run` makes it again")
    }
    try prepare()
    var options = IndexOptions(workers: workers)
    if let shardSize { options.shardSize = shardSize }
    options.requiredTags = tags
    options.allowsEmpty = false
    options.commands = commands
    try build(source, split, set, folder, options)
    return try open(folder, commands: commands)
  }

  /// The index in `folder`.
  func open(_ folder: String, commands: CommandPermission) throws -> IndexedCollection {
    try IndexedCollection(
      folder: folder, commands: commands, readsImages: readsImages, note: tellFailures(console),
      shouldStop: { StopSignal.isAsked })
  }

  private func build(
    _ source: String, _ split: String?, _ set: String, _ folder: String, _ options: IndexOptions
  ) throws {
    let what = set == "unlabelled" ? "index" : "index of the \(set) pictures"
    var told = Stopwatch()
    do {
      let summary = try buildIndex(
        of: source, split: split, in: folder, options: options,
        progress: { done, shards, samples in
          guard told.seconds > 5 else { return }
          told = Stopwatch()
          console.note(
            "\(what): \(Format.count(done)) of \(Format.count(shards)) shards, "
              + "\(Format.count(samples)) pictures")
        }, note: { console.note("\(what): \($0)") }, shouldStop: { StopSignal.isAsked })
      if let line = summary.passedOver.line(in: source) { console.say(line) }
      guard summary.reusedShards < summary.shards else { return }
      // What was told by its ending just now, or is told where the set is opened, is not said again.
      let members = summary.problems - summary.passedOver.fileCount
      let passedOver = Format.counted(members, "member", "members")
      console.note(
        "\(what): \(Format.counted(summary.samples, "picture", "pictures")) in "
          + Format.counted(summary.shards, "shard", "shards")
          + (members <= 0
            ? ""
            : "; \(passedOver) passed over: "
              + (isTemporary ? "`halcyon index` lists them" : "\(folder)/problems.csv")
              + (summary.firstProblem.map { "; the first: \($0)" } ?? "")))
    } catch is IndexingStopped {
      try StopSignal.check()
    }
  }
}

/// What tells that a shard's server or command failed and is tried again: loaders' threads say so, to
/// which a console does not belong.
private func tellFailures(_ console: Console) -> (@Sendable (String) -> Void)? {
  guard !console.isQuiet else { return nil }
  return { Console.tell($0) }
}
