import ArgumentParser
import Files
import Foundation
import Pipeline
import SystemPackage

/// What every command that works on a run directory takes.
struct RunOptions: ParsableArguments {
  @Argument(help: "The recipe, or the directory of a run that was begun.")
  var recipe: String

  @Option(help: "The run directory (default: runs/NAME).")
  var out: String?

  @Option(name: .customLong("set"), help: "Change one value: ranking.imagesPerClass=4000.")
  var settings: [String] = []

  @Option(help: "What computes: auto, cpu or cuda.")
  var device: String?

  @Flag(help: "Remove and run again the stages that a changed recipe reaches.")
  var redo = false

  /// The recipe with every change from the command line; a dry run does without the data, and so
  /// without the variables that say where it is.
  func read(forDryRun: Bool = false) throws -> Recipe {
    guard FilePath(text: recipe).exists else {
      throw PipelineError.usage("there is no recipe \(recipe); `halcyon init D U` writes one")
    }
    let path = FilePath(text: recipe).isFolder ? "\(recipe)/recipe.yaml" : recipe
    return try Recipe(
      contentsOf: path, overrides: settings + (device.map { ["device=\($0)"] } ?? []),
      keepsUnset: forDryRun)
  }

  /// Where the run is kept.
  func directory(for read: Recipe) -> String {
    if let out { return out }
    return FilePath(text: recipe).isFolder ? recipe : "runs/\(read.name)"
  }

  /// The run, opened.
  func open(
    quiet: Bool = false, needsUnlabelled: Bool = true, access: Run.Access = .alone
  ) throws -> Run {
    let recipe = try read()
    return try Run(
      recipe: recipe, directory: directory(for: recipe), redoing: redo,
      needsUnlabelled: needsUnlabelled, access: access,
      console: Console(quiet: quiet))
  }
}
