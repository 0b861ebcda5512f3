import ArgumentParser
import Pipeline

/// `halcyon materialize`: the selected pictures as shards of their own.
struct MaterializeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "materialize",
    abstract: "Write the selected pictures as new WebDataset shards, shuffled.",
    discussion: """
      Each sample is ROW.jpg (or .png, .tif, …), ROW.cls with its best class and ROW.json with its key \
      and all its classes, scores and ranks. Run it again to go on where it was stopped. Several \
      processes can share the work as in `halcyon score`. Given the folder of `halcyon select --to` in \
      place of a run, it writes that selection.
      """)

  @OptionGroup var options: RunOptions

  @Option(
    help: "An empty folder for the new shards (default: materialized beside the selection).",
    completion: .directory)
  var to: String?

  @Option(parsing: .unconditional, help: "How many samples a shard has.")
  var samplesPerShard = 10_000

  @Option(parsing: .unconditional, help: "Which part of the shards to write, from 0.")
  var shardIndex: Int?

  @Option(parsing: .unconditional, help: "In how many parts the shards are divided.")
  var numShards: Int?

  func validate() throws {
    guard (1...100_000_000).contains(samplesPerShard) else {
      throw ValidationError("--samples-per-shard is \(samplesPerShard); give 1 or more")
    }
  }

  func run() throws {
    let share = try WorkShare(index: shardIndex, count: numShards)
    if share == nil, let line = WorkShare.unusedLine() { printError(line) }
    let beside = options.selection
    let run =
      try beside.map { try options.openBeside($0, output: "--to") }
      ?? options.open(access: share != nil ? .shared : .alone, output: "--to")
    let folder = try MaterializeSelection.perform(
      in: run, selectedIn: beside, out: to, samplesPerShard: samplesPerShard, share: share)
    try printLine("\(folder)")
  }
}
