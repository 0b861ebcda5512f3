import ArgumentParser
import Pipeline
import Recipes

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

      --from takes scores that another program made, for a recipe with teacher.kind: given: Parquet or CSV \
      with a column of keys (key, path, image or __key__) and a column a class, or with a row a picture \
      and class (columns class and score); or NPY [pictures, classes] with --keys. Keys are those of \
      selected.csv: paths relative to U, or a shard's name, a slash and the sample's. `halcyon run` then \
      goes on from the selection. Where the recipe's ranking.teachers names other runs, scores are the \
      mean of theirs.

      --cache leaves the pictures, which have been decoded for their scores, at training size in a folder: \
      a tar a shard in WebDataset's form with U's keys, its index and its record. Pre-training then reads \
      the selected ones there, also where those that an index names are gone. A picture that is smaller \
      stays as it is. \
      Several runs over the same pictures can share it.
      """)

  @OptionGroup var options: RunOptions

  @OptionGroup var sharing: SharingOptions

  @OptionGroup var cache: CacheOptions

  @Option(
    parsing: .upToNextOption,
    help: "Files of scores that another program made: Parquet, CSV or NPY.", completion: .file())
  var from: [String] = []

  @Option(
    parsing: .upToNextOption,
    help:
      "With NPY: the list of the rows' keys, a text file with one a line or a CSV with a column key.",
    completion: .file())
  var keys: [String] = []

  @Option(
    help: "What the scores are: probabilities (the default), logits or logOdds.",
    completion: ScoreKind.completion,
    transform: ScoreKind.named)
  var kind: ScoreKind?

  @Option(
    help:
      "Which classes the columns or numbers mean: names between commas, or a file with one a line.",
    completion: .file())
  var classes: String?

  func validate() throws {
    if from.isEmpty, !keys.isEmpty || kind != nil || classes != nil {
      throw ValidationError("--keys, --kind and --classes say how to read --from, which is missing")
    }
    if !from.isEmpty, sharing.isGiven {
      throw ValidationError(
        "--from is read by one process; remove --claim, --shard-index and --num-shards")
    }
  }

  func run() throws {
    var options = options
    options.settings += cache.settings
    let reading = try options.read(tells: false)
    try ScoreImages.check(reading, directory: options.directory(for: reading))
    guard from.isEmpty else {
      let given = GivenScores(
        files: from, keys: keys, kind: kind ?? .probabilities,
        classes: try classes.map(ClassList.names))
      try given.requireFiles()
      return try ScoreImages.perform(
        // In the teacher's place.
        in: options.open(remaking: [.teacher, .ranking], mayBegin: true), from: given)
    }
    let share = try sharing.share()
    // Scores of other runs need no teacher here that a run would have begun with.
    let run = try options.open(
      remaking: [.ranking], access: share != nil || sharing.claim != nil ? .shared : .alone,
      mayBegin: !reading.recipe.ranking.teachers.isEmpty)
    let claims = sharing.claim.map {
      ShardClaims(folder: $0, patience: sharing.claimTimeout)
    }
    try ScoreImages.perform(in: run, share: share, claims: claims)
  }
}
