import ArgumentParser
import Files
import Foundation
import Pipeline
import Terminal

/// `halcyon features`: what a network sees of pictures, as numbers.
struct FeaturesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "features",
    abstract: "Write what a network sees of pictures (embeddings) as Parquet or NumPy's arrays.",
    discussion: """
      The features are what the network's last layer sees, float32: timm's pre_logits. The pictures are a \
      folder, shards, a list or an index, as halcyon index takes them; a model is a folder of ours or \
      timm's, or a file of weights. Into a folder each shard gets a file of its own: SHARD.parquet with \
      the columns key, f0, f1, … (pyarrow, Polars, pandas and DuckDB read them), or SHARD.npy with \
      SHARD.keys.csv. Run it again to go on where it was stopped; several processes share a folder as in \
      `halcyon score`. Pictures that cannot be read have no row and stand in unreadable.csv.
      """)

  @Argument(
    help: "A model folder, ours or timm's, or a file of weights.", completion: .file())
  var model: String

  @Argument(help: "The pictures.", completion: .file())
  var pictures: String

  @Option(help: "A folder, or a file that ends in .parquet or .npy.", completion: .file())
  var out: String

  @Option(
    help: "In a folder: parquet or npy (default: parquet where Arrow is installed).",
    completion: .list(["parquet", "npy"]))
  var format: String?

  @OptionGroup var weights: WeightsOptions

  @Option(help: "A CSV's split column, a folder's subfolder, or train or test of IDX files.")
  var split: String?

  @Option(parsing: .unconditional, help: "Pictures a shard, where they have no shards.")
  var shardSize = 10_000

  @OptionGroup var options: InferenceOptions

  @OptionGroup var sharing: SharingOptions

  @OptionGroup var commands: CommandOptions

  @Flag(help: "Print JSON and nothing else.")
  var json = false

  func validate() throws {
    guard shardSize > 0 else { throw ValidationError("--shard-size must be at least 1") }
    if let format, format != "parquet", format != "npy" {
      throw ValidationError("--format is \(format); it must be parquet or npy")
    }
    // A folder may be called anything, but this is what somebody takes for a file's format.
    if let ending = [".csv", ".tsv", ".txt", ".json", ".jsonl", ".npz", ".pt"].first(
      where: out.hasSuffix)
    {
      throw ValidationError("--out ends in \(ending); give a folder, or a file in .parquet or .npy")
    }
    if format != nil, [".parquet", ".npy"].contains(where: out.hasSuffix) {
      throw ValidationError("--format is of a folder; the file \(out) says its format itself")
    }
  }

  func run() throws {
    let share = try sharing.share()
    var request = FeatureRequest(model: model, pictures: pictures, out: out)
    if ![".parquet", ".npy"].contains(where: out.hasSuffix) {
      request.isParquet = format.map { $0 == "parquet" } ?? ParquetLibrary.isAvailable
    }
    (request.network, request.split, request.shardSize) = (weights.network, split, shardSize)
    request.inputSize = weights.inputSize
    (request.settings, request.share) = (options.settings, share)
    request.claims = sharing.claim.map { ($0, sharing.claimTimeout) }
    request.commands = commands.permission
    let summary = try computeFeatures(request, console: Console(quiet: json))
    if json { return try printJSON(summary) }
    try printLine(
      "\(summary.out): \(Format.count(summary.features)) features of "
        + Format.counted(summary.pictures, "picture", "pictures"))
    if summary.unreadable > 0 {
      printError(
        "\(Format.counted(summary.unreadable, "picture", "pictures")) cannot be read"
          + (summary.unreadableList.map { ": \($0)" } ?? ""))
    }
    if summary.missingShards > 0 {
      printError(
        "\(Format.counted(summary.missingShards, "shard is", "shards are")) left to other processes"
      )
    }
  }
}
