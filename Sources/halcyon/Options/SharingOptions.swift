import ArgumentParser
import Pipeline

/// How several processes share shards: what `score` and `features` take.
struct SharingOptions: ParsableArguments {
  @Option(parsing: .unconditional, help: "Which part of the shards to compute, from 0.")
  var shardIndex: Int?

  @Option(parsing: .unconditional, help: "In how many parts the shards are divided.")
  var numShards: Int?

  @Option(
    help: "Take shards that no other worker has, with leases in this folder.",
    completion: .directory)
  var claim: String?

  @Option(
    parsing: .unconditional,
    help: "After how many seconds without a sign of life a worker's shard is taken over.")
  var claimTimeout = 600.0

  /// Whether anything here divides the work.
  var isGiven: Bool { claim != nil || shardIndex != nil || numShards != nil }

  func validate() throws {
    guard claimTimeout > 0 else {
      throw ValidationError("--claim-timeout is \(claimTimeout); it must be above 0 seconds")
    }
    if claim != nil, shardIndex != nil || numShards != nil {
      throw ValidationError("--claim and --shard-index exclude each other; remove one")
    }
  }

  /// This process's part, by the options or by what a scheduler says; nil where it does all, or claims.
  /// Variables that say too little for it are told of.
  func share() throws -> WorkShare? {
    guard claim == nil else { return nil }
    let share = try WorkShare(index: shardIndex, count: numShards)
    if share == nil, let line = WorkShare.unusedLine() { printError(line) }
    return share
  }
}
