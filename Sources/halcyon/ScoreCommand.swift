import ArgumentParser
import Pipeline

/// `halcyon score`: the first half of stage 2.
struct ScoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "score", abstract: "2: let the teacher score the unlabelled pictures.",
    discussion: """
      Several processes can share the work on one run directory, each with its part of the shards: \
      under torchrun (RANK, WORLD_SIZE) or mpirun (OMPI_COMM_WORLD_RANK, PMI_RANK), in an array of Slurm \
      (SLURM_ARRAY_TASK_ID) or Grid Engine (SGE_TASK_ID), in a Kubernetes indexed job \
      (JOB_COMPLETION_INDEX with --num-shards), by hand (--shard-index, --num-shards: for PBS and LSF), \
      or by taking the next shard that nobody has (--claim). Scores are the same however the work \
      is divided. Shards that are scored already are checked to the byte first, except with --claim, \
      where `halcyon select` finds what is damaged.
      """)

  @OptionGroup var options: RunOptions

  @Option(parsing: .unconditional, help: "Which part of the shards to score, from 0.")
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

  func validate() throws {
    guard claimTimeout > 0 else {
      throw ValidationError("--claim-timeout is \(claimTimeout); it must be above 0 seconds")
    }
    if claim != nil, shardIndex != nil || numShards != nil {
      throw ValidationError("--claim and --shard-index exclude each other; remove one")
    }
  }

  func run() throws {
    let share = claim == nil ? try WorkShare(index: shardIndex, count: numShards) : nil
    if share == nil, claim == nil, let line = WorkShare.unusedLine() { printError(line) }
    let run = try options.open(
      remaking: [.ranking], access: share != nil || claim != nil ? .shared : .alone)
    let claims = claim.map { ShardClaims(folder: $0, patience: claimTimeout) }
    try ScoreImages.perform(in: run, share: share, claims: claims)
  }
}
