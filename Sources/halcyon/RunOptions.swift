import ArgumentParser
import Files
import Foundation
import ImageData
import Models
import Pipeline
import SystemPackage

/// What every command that works on a run directory takes.
struct RunOptions: ParsableArguments {
  @Argument(
    help: "The recipe, or the directory of a run that was begun.", completion: .file())
  var recipe: String

  @Option(help: "The run directory (default: runs/NAME).", completion: .directory)
  var out: String?

  @Option(
    name: .customLong("set"), help: "Change one value: ranking.imagesPerClass=4000.",
    completion: .list(Self.settingWords))
  var settings: [String] = []

  @Option(
    help: "What computes: auto, cpu or cuda.", completion: Recipe.DeviceChoice.completion,
    transform: Recipe.DeviceChoice.named)
  var device: Recipe.DeviceChoice?

  @Flag(help: "Remove and run again the stages that a changed recipe reaches.")
  var redo = false

  @OptionGroup var commands: CommandOptions

  /// What a shell completes after --set: the keys, and the networks where one is to be named.
  private static var settingWords: [String] {
    Recipe.keys.flatMap { key in
      key.hasSuffix(".model") ? ModelCatalog.names.map { "\(key)=\($0)" } : ["\(key)="]
    }
  }

  /// The recipe with every change from the command line; a dry run does without the data, and so
  /// without the variables that say where it is.
  func read(forDryRun: Bool = false) throws -> Recipe {
    guard FilePath(text: recipe).exists else {
      throw PipelineError.usage("there is no recipe \(recipe); `halcyon init D U` writes one")
    }
    let run = RunDirectory(path: recipe)
    let isFolder = FilePath(text: recipe).isFolder
    if isFolder, try !run.holdsRun() {
      throw PipelineError.usage("\(recipe) is not a run directory: it has no recipe.yaml")
    }
    let path = isFolder ? run.recipePath : recipe
    var read = try Recipe(
      contentsOf: path, overrides: settings + (device.map { ["device=\($0.rawValue)"] } ?? []),
      keepsUnset: forDryRun)
    read.data.commands = commands.permission
    // The recipe of a run directory is whoever's the directory is.
    if isFolder, !commands.allowCommands,
      !settings.contains(where: { $0.hasPrefix("data.unlabelled=") })
    {
      read.data.commands = .denied
    }
    return read
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
