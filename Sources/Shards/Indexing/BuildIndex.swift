import Files
public import Foundation
public import ImageData

/// How an index is made.
public struct IndexOptions: Sendable {
  /// How many samples a shard has where U is no archives.
  public var shardSize = 10_000
  /// Only samples that carry one of these tags are listed; nil lists all.
  public var requiredTags: TagMap?
  /// How many shards are read at once.
  public var workers: Int
  /// Whether the SHA-256 and the size of every picture are noted, for which all are read. Where they are
  /// not asked for, an index that has them keeps those of what has not changed.
  public var hashesContents = false
  /// Whether shards are read again even if they seem unchanged, as what commands and servers give
  /// always does.
  public var readsAll = false
  /// Whether shards that are not there or cannot be read are left out, rather than an error once all
  /// others are done.
  public var allowsMissing = false
  /// Whether an index without a picture is made, too, rather than refused.
  public var allowsEmpty = true
  /// Which shell commands may run; nil for those that stand in what is indexed, not in its lists.
  public var commands: CommandPermission?
  /// When to give up servers and commands.
  var patience = FetchedStream.Patience()

  /// The usual options.
  /// - Parameter workers: How many shards are read at once; nil for one a core.
  public init(workers: Int? = nil) {
    self.workers = workers ?? Threads.cores
  }
}

/// What an index holds.
public struct IndexSummary: Sendable, Equatable, Encodable {
  /// How many shards there are.
  public var shards = 0
  /// How many more there should be, but are not there or cannot be read.
  public var missingShards = 0
  /// The names of the first five of those.
  public var missingNames: [String] = []
  /// How many samples.
  public var samples = 0
  /// How many members and files were passed over; `problems.csv` in the index's folder says why.
  public var problems = 0
  /// The first member that was passed over, with its shard and the reason.
  public var firstProblem: String?
  /// What lies among pictures, in folders and in shards, and is neither one nor read beside them, and
  /// the pictures of kinds that are not read: of each shard those that `problems.csv` names.
  public var passedOver = PassedOver()
  /// The shards that are cut short, whose pictures are those before the cut.
  public var cutShards = CutShards()
  /// How many shards were indexed before and have not changed.
  public var reusedShards = 0
  /// The bytes of all pictures.
  public var bytes = 0
}

/// The building of an index was stopped; what is done is kept.
public struct IndexingStopped: LocalizedError, CustomStringConvertible, Sendable {
  /// How many shards are done.
  public let shardsDone: Int
  /// How many there are.
  public let shards: Int

  /// One line: how far it came and what to do.
  public var description: String {
    "stopped after \(shardsDone) of \(shards) shards; run halcyon index again to go on"
  }

  /// The description, for those who ask for `localizedDescription`.
  public var errorDescription: String? { description }
}

/// Makes the index of U in a folder: for each shard a file that says what its samples are called and
/// where they lie, and a catalogue of the shards.
///
/// Shards that have not changed since they were indexed are not read again, so a building that was
/// stopped or killed goes on where it was. The catalogue is written last. Files that have not changed are
/// not written again: where there is nothing new, the folder need not be writable and the disk may be
/// full.
///
/// Shards that are not there or cannot be read are an error that names them: files at once, the others
/// when the rest is done, whose indexes are kept. With `allowsMissing` they are left out. Where nothing is
/// kept, a refusal leaves no folder.
/// - Parameters:
///   - text: What U is: a pattern, an archive, a list of shards, `pipe:COMMAND`, an address, a folder of
///     archives or pictures, a list of pictures.
///   - split: For lists and folders of pictures, as `openDataset` has it.
///   - folder: Where the index is to be.
///   - options: How it is made.
///   - progress: Told now and then how far it is, on the calling thread.
///   - note: Told on the calling thread what somebody should know and what is no error: once a shard
///     that its server or command failed and is tried again; at the end how many tables beside shards
///     could not be read.
///   - shouldStop: Asked now and then whether to stop.
/// - Returns: What the index holds.
/// - Throws: `ImageDataError` naming the shards, `FileError`, `IndexingStopped`.
/// - Complexity: O(headers) time; memory for one shard's samples a worker.
@discardableResult
public func buildIndex(
  of text: String, split: String? = nil, in folder: String, options: IndexOptions = IndexOptions(),
  progress: ((_ shardsDone: Int, _ shards: Int, _ samples: Int) -> Void)? = nil,
  note: ((String) -> Void)? = nil, shouldStop: () -> Bool = { false }
) throws -> IndexSummary {
  let plan = try IndexPlan(text, split: split, shardSize: options.shardSize)
  try (options.commands ?? CommandPermission(namedIn: text))
    .check(plan.shards.lazy.map(\.location), of: text)
  if !options.allowsMissing {
    let absent = FailedShards(absentFilesOf: plan.shards)
    guard absent.failures.isEmpty else { throw absent.error }
  }
  let claimed = try IndexFolder(claiming: folder)
  do {
    return try build(plan, in: claimed, options, progress, note, shouldStop)
  } catch {
    claimed.withdraw()
    throw error
  }
}

private func build(
  _ plan: IndexPlan, in claimed: IndexFolder, _ options: IndexOptions,
  _ progress: ((_ shardsDone: Int, _ shards: Int, _ samples: Int) -> Void)?,
  _ note: ((String) -> Void)?, _ shouldStop: () -> Bool
) throws -> IndexSummary {
  let stopping = IndexingWorkers.Stop()
  var options = options
  options.patience.shouldStop = { stopping.isWanted }
  let indexing = ShardIndexing(
    plan: plan, folder: claimed.path, options: options, lockFailure: claimed.lockFailure)
  let workers = IndexingWorkers(plan.shards, indexing, stopping)
  workers.start(count: max(1, min(options.workers, plan.shards.count)))
  defer { workers.stop() }
  repeat {
    if shouldStop() {
      workers.stop()
      throw IndexingStopped(shardsDone: workers.state.done, shards: plan.shards.count)
    }
    workers.takeNotes().forEach { note?($0) }
    let (done, samples) = workers.state
    progress?(done, plan.shards.count, samples)
  } while workers.isRunning(waiting: 0.05)
  workers.takeNotes().forEach { note?($0) }
  let outcomes = try workers.outcomes()
  let failed = workers.failures
  guard failed.failures.isEmpty || options.allowsMissing && !outcomes.isEmpty else {
    throw failed.error
  }
  let unread = outcomes.count { $0.lacksLibrary }
  if unread > 0, let reason = ShardTable.libraryProblem {
    note?(
      "shards with a .parquet beside them that may know their hashtags, but is not read: \(unread). "
        + reason)
  }
  progress?(outcomes.count, plan.shards.count, workers.state.samples)
  let rows = outcomes.map(\.row)
  if !options.allowsEmpty, rows.allSatisfy({ $0.samples == 0 }) {
    let error = NoImages(in: rows, of: plan, claimed.path, options).error
    claimed.withdraw(indexesOf: rows.map(\.name))
    throw error
  }
  let noted = try claimed.writeProblems(of: rows, missing: failed, plan.passedOver)
  let labels = ClassTable(outcomes.map(\.classNames), names: plan.classNames)
  if labels.areNumbers, !plan.classNames.isEmpty, labels.classes != plan.classNames {
    note?(
      "\(ClassNames.file) beside the shards has \(plan.classNames.count) names, but label "
        + "\(labels.most) occurs; classes are called by their numbers")
  }
  let catalogue = Catalogue.encoded(
    rows, name: plan.name, classes: labels.classes, labelsAreNumbers: labels.areNumbers)
  try claimed.write(catalogue, to: Catalogue.fileName)
  claimed.keepOnly(Set(plan.shards.map(\.name)))
  var summary = IndexSummary()
  summary.shards = rows.count
  summary.missingShards = failed.failures.count
  summary.missingNames = failed.failures.prefix(FailedShards.mostNamed).map(\.shard.name)
  summary.samples = rows.reduce(0) { $0 + $1.samples }
  summary.passedOver = plan.passedOver
  summary.passedOver.add(noted.others)
  summary.problems = rows.reduce(summary.passedOver.fileCount) { $0 &+ $1.problems }
  summary.passedOver.add(noted.unread)
  summary.cutShards = noted.cutShards
  summary.firstProblem = noted.firstProblem
  summary.reusedShards = outcomes.count { $0.isReused }
  summary.bytes = rows.reduce(0) { $0 &+ $1.imageBytes }
  return summary
}

/// What the labels of all shards are called together.
struct ClassTable {
  private(set) var classes: [String] = []
  private(set) var areNumbers = false
  /// The largest label, where they are numbers.
  private(set) var most = 0
  private static let most = 1_000_000

  /// Joins the labels of the shards. When all are numbers, they are lines of `names`, or else their own
  /// names; otherwise the classes are the labels in bytewise order.
  init(_ shards: [[String]], names: [String]) {
    // By their bytes: a name in two spellings is two until somebody learns from these labels.
    var known: Set<[UInt8]> = []
    for shard in shards {
      known.formUnion(shard.map { Array($0.utf8) })
      // So many are captions or mistakes; a picture's class is one of few.
      if known.count > Self.most { return }
    }
    guard !known.isEmpty else { return }
    let all = known.map { String(decoding: $0, as: UTF8.self) }
    let numbers = all.compactMap { Int($0) }
    if numbers.count == all.count, let most = numbers.max(), let least = numbers.min(), least >= 0,
      most < Self.most
    {
      areNumbers = true
      self.most = most
      classes = names.count > most ? names : (0...max(9, most)).map(String.init)
    } else {
      classes = all.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
  }
}
