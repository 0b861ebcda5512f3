import ArgumentParser
import Files
import Foundation
import ImageData
import Pipeline
import Shards
import Terminal

/// `halcyon index`: what is in U, once and for all.
struct IndexCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "index",
    abstract: "List what is in a large collection, so that later starts need not look again.",
    discussion: """
      U is a pattern of WebDataset shards (shards/{00000..09999}.tar, .tar.gz, .tar.zst), a folder of \
      them, a list of them (.txt, .list), http(s):// addresses, pipe:COMMAND, root/** for a tree of \
      pictures, a CSV list or an IDX file. Shards that have not changed are not read again: a stopped \
      or killed run goes on where it was. What commands and servers give is taken to be what it was, \
      unless --redo is given. What is passed over stands in problems.csv. Shards that are not there or \
      cannot be read are an error that names them, unless --allow-missing leaves them out. Hashtags \
      are taken from .json and .txt members or, where a sample's have none, from the table beside its \
      shard (img2dataset's .parquet, or a .csv: key, tags, hashtags, caption), and from a list's tags. An \
      index with hashes (--hash) tells which pictures are the same and how large they are without \
      scoring; programs ask it through IndexedCollection. Later calls without --hash keep the hashes of \
      what has not changed; --redo without it gives them up.
      """)

  @Argument(help: "The unlabelled pictures.", completion: .file())
  var unlabelled: String

  @Option(
    help: "The index's folder; by default named after U, in the working folder.",
    completion: .directory)
  var out: String?

  @Option(help: "A CSV's split column, a folder's subfolder, or train or test of IDX files.")
  var split: String?

  @Option(parsing: .unconditional, help: "Samples a shard, where U is single pictures.")
  var shardSize = 10_000

  @Option(
    help: "A CSV of tag,class lines; only samples that carry one of the tags are listed.",
    completion: .file())
  var requireTags: String?

  @Option(parsing: .unconditional, help: "Shards read at once; by default one a core.")
  var workers: Int?

  @Flag(help: "Also note every picture's SHA-256, width and height, for which all are read.")
  var hash = false

  @Flag(help: "Read every shard again, also those that do not seem to have changed.")
  var redo = false

  @Flag(help: "Leave out shards that are not there or cannot be read, and say how many they are.")
  var allowMissing = false

  @OptionGroup var commands: CommandOptions

  @Flag(help: "Print JSON and nothing else.")
  var json = false

  func validate() throws {
    guard shardSize > 0 else { throw ValidationError("--shard-size must be at least 1") }
    guard workers ?? 1 > 0 else { throw ValidationError("--workers must be at least 1") }
  }

  func run() throws {
    var options = IndexOptions(workers: workers)
    options.shardSize = shardSize
    options.hashesContents = hash
    options.readsAll = redo
    options.allowsMissing = allowMissing
    options.allowsEmpty = false
    options.commands = commands.permission
    options.requiredTags = try requireTags.map { try TagMap(contentsOf: $0) }
    let folder = out ?? defaultIndexFolder(of: unlabelled)
    let watch = Stopwatch()
    var told = Stopwatch()
    let summary: IndexSummary
    do {
      summary = try buildIndex(
        of: unlabelled, split: split, in: folder, options: options,
        progress: { done, shards, samples in
          guard !json, told.seconds > 2 else { return }
          told = Stopwatch()
          printError("\(done) of \(shards) shards, \(Format.count(samples)) samples")
        }, note: { printError($0) }, shouldStop: { StopSignal.number != nil })
    } catch let stopped as IndexingStopped {
      throw StopSignal.number.map { Stopped(signal: $0) } ?? stopped
    }
    let result = Result(index: folder, summary: summary, seconds: watch.seconds)
    if json { return try printJSON(result) }
    try printLine("index     \(folder)")
    try printLine("shards    \(Format.count(summary.shards)) (\(summary.reusedShards) unchanged)")
    if summary.missingShards > 0 {
      let names = summary.missingNames.joined(separator: ", ")
      let more = summary.missingShards > summary.missingNames.count ? ", …" : ""
      try printLine(
        "missing   \(Format.count(summary.missingShards)) (\(names)\(more); "
          + "see \(folder)/problems.csv)")
    }
    if summary.cutShards.count > 0 {
      let count = Format.count(summary.cutShards.count)
      try printLine("cut short \(count) (see \(folder)/problems.csv)")
    }
    try printLine("samples   \(Format.count(summary.samples))")
    try printLine("bytes     \(Format.count(summary.bytes))")
    let list = summary.problems > 0 ? " (see \(folder)/problems.csv)" : ""
    try printLine("problems  \(Format.count(summary.problems))\(list)")
    if let line = summary.passedOver.line(in: unlabelled) { printError(line) }
    if let line = summary.cutShards.line {
      printError("\(line); fetch \(summary.cutShards.pronoun) again for the rest")
    }
    try printLine("entries/s \(Format.count(Int(result.entriesPerSecond)))")
  }

  /// What `--json` prints.
  private struct Result: Encodable {
    let index: String
    let shards: Int
    let reusedShards: Int
    let missingShards: Int
    let samples: Int
    let bytes: Int
    let problems: Int
    let passedOver: PassedOver
    let cutShards: CutShards
    let seconds: Double
    let entriesPerSecond: Double

    enum CodingKeys: String, CodingKey {
      case index, shards, samples, bytes, problems, seconds
      case reusedShards = "reused_shards"
      case missingShards = "missing_shards"
      case passedOver = "passed_over"
      case cutShards = "cut_shards"
      case entriesPerSecond = "entries_per_second"
    }

    init(index: String, summary: IndexSummary, seconds: Double) {
      self.index = index
      shards = summary.shards
      reusedShards = summary.reusedShards
      missingShards = summary.missingShards
      samples = summary.samples
      bytes = summary.bytes
      problems = summary.problems
      passedOver = summary.passedOver
      cutShards = summary.cutShards
      self.seconds = seconds
      entriesPerSecond = Double(summary.samples) / max(seconds, 0.001)
    }
  }
}
