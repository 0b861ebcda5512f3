import Files
import ImageData
import Ranking
import Recipes
import Shards
import SystemPackage

extension RunDirectory {
  /// What lies where a run is or is to be.
  private enum Contents {
    /// Nothing, or what a process leaves that is killed before it has begun.
    case nothing
    /// A run that was begun.
    case run
    /// A recipe that no run was begun with: `halcyon init` writes one beside the pictures.
    case recipe
    /// Anything else, of which this is the first.
    case other(String)
    /// No folder.
    case file
  }

  private func contents() throws -> Contents {
    let folder = FilePath(text: path)
    guard folder.exists else { return .nothing }
    guard folder.isFolder else { return .file }
    let names = try folder.names()
    if names.contains("recipe.yaml") { return Self.isBegun(names) ? .run : .recipe }
    return names.filter { !isHarmless($0) }.min().map { .other($0) } ?? .nothing
  }

  /// Whether `name` is one that a process leaves here which is killed before a run has begun.
  private func isHarmless(_ name: String) -> Bool {
    if [".lock", "recipe.yaml.tmp", "index"].contains(where: { name.hasPrefix($0) }) {
      return true
    }
    // A folder of that name may as well be somebody's pictures.
    guard name == FilePath(text: knownFolder).name, FilePath(text: knownFolder).isFolder,
      let inside = try? FilePath(text: knownFolder).names()
    else { return false }
    return inside.allSatisfy { name in
      [".contents", ".list", ".csv", ".json"].contains { name.hasSuffix($0) }
        || name.contains(".tmp-")
    }
  }

  /// Whether the folder, which is to hold a run, holds one that was begun; otherwise it is empty or not
  /// there.
  /// - Throws: `PipelineError.usage` when it holds anything else, naming it.
  public func holdsRun() throws -> Bool {
    switch try contents() {
    case .nothing: return false
    case .run: return true
    case .recipe: throw aloneRecipe
    case .file: throw PipelineError.usage("\(path) is a file; give --out an empty or a new folder")
    case .other(let name):
      throw PipelineError.usage(
        "\(path) holds \(name) but no recipe.yaml, so it is no run directory; "
          + "give --out an empty or a new folder")
    }
  }

  /// Makes sure that the folder, which is named as that of a run, holds one.
  /// - Throws: `PipelineError.usage` saying what it holds instead, and of pictures how a run of them is
  ///   begun.
  public func requireRun() throws {
    let start = "\(path) is no run directory"
    switch try contents() {
    case .run: return
    case .recipe: throw aloneRecipe
    case .file: throw PipelineError.usage("\(start): it is a file")
    case .nothing:
      throw PipelineError.usage(
        FilePath(text: path).exists
          ? "\(start): it is empty; `halcyon run RECIPE --out \(path)` begins a run there"
          : "\(start): there is nothing of that name")
    case .other(let name):
      let reason =
        switch ImagesInFolder(path) {
        case .none: "it holds \(name) but no recipe.yaml"
        case .inClasses:
          "it holds pictures; `halcyon init \(path) UNLABELLED` writes a recipe for them"
        case .unsorted:
          "it holds pictures; `halcyon init LABELLED \(path)` writes a recipe for them"
        }
      throw PipelineError.usage("\(start): \(reason)")
    }
  }

  /// The records of the shards that are scored.
  var shardRecords: [ShardRecord] {
    let names = (try? FilePath(text: scoresFolder).names()) ?? []
    return names.filter { $0.hasSuffix(".json") }.sorted().compactMap {
      try? ShardRecord(path: "\(scoresFolder)/\($0)")
    }
  }

  /// Whether there are scores of U, of however many shards.
  var hasScores: Bool {
    ((try? FilePath(text: scoresFolder).names()) ?? []).isEmpty == false
  }

  private var aloneRecipe: PipelineError {
    .usage(
      "\(path) is no run directory: its recipe.yaml is one that no run was begun with; "
        + "`halcyon run \(recipePath)` begins one in runs/NAME, or in the folder that --out names")
  }

  /// Whether the file is the recipe that a run left in its own directory, by whichever path.
  public static func keeps(recipeAt path: String) -> Bool {
    let place = FilePath(text: path)
    let file = place.real ?? place
    guard file.name == "recipe.yaml", let names = try? file.folder.names() else { return false }
    return isBegun(names)
  }

  /// Whether the names in a folder with a recipe are those of a run.
  private static func isBegun(_ names: [String]) -> Bool {
    ["log.jsonl", "data.json", ".lock", Stage.ranking.folder].contains { names.contains($0) }
  }
}
