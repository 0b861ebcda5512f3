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

  /// The folder of a selection beside a run, where one is given in place of a recipe.
  var selection: String? { SelectionOrigin.exists(in: recipe) ? recipe : nil }

  /// The recipe with every change from the command line, and what is wrong with it; a dry run does
  /// without the data, and so without the variables that say where it is.
  func read(forDryRun: Bool = false) throws -> RecipeReading {
    guard FilePath(text: recipe).exists else {
      throw PipelineError.usage("there is no recipe \(recipe); `halcyon init D U` writes one")
    }
    let changes = settings + (device.map { ["device=\($0.rawValue)"] } ?? [])
    if let selection {
      var reading = RecipeReading(of: try Recipe(selectedIn: selection, overrides: changes))
      reading.allow(commands.permission ?? .denied)
      return reading
    }
    let run = RunDirectory(path: recipe)
    let isFolder = FilePath(text: recipe).isFolder
    if isFolder, try !run.holdsRun() {
      throw PipelineError.usage("\(recipe) is not a run directory: it has no recipe.yaml")
    }
    let path = isFolder ? run.recipePath : recipe
    var reading = try RecipeReading(
      contentsOf: path, overrides: changes, keepsUnset: forDryRun, note: { printError($0) })
    // The recipe of a run directory is whoever's the directory is.
    let isStrangers =
      isFolder && !settings.contains { $0.hasPrefix("data.unlabelled=") }
    reading.allow(commands.permission ?? (isStrangers ? .denied : nil))
    return reading
  }

  /// Where the run is kept.
  func directory(for read: Recipe) -> String {
    if let out { return out }
    return FilePath(text: recipe).isFolder ? recipe : "runs/\(read.name)"
  }

  /// The run, opened. A selection beside one is no run: `openBeside` opens that.
  func open(
    quiet: Bool = false, needsPictures: Bool = true, computing: Set<Stage> = [],
    access: Run.Access = .alone
  ) throws -> Run {
    let reading = try read()
    if let selection {
      throw PipelineError.usage(
        "\(selection) is a selection beside \(try SelectionOrigin(contentsOf: selection).run); inspect, "
          + "materialize and pretrain take it, other commands the run")
    }
    let directory = directory(for: reading.recipe)
    // What goes on with a run does not begin one.
    let isNew = try !RunDirectory(path: directory).holdsRun()
    if access == .alone, isNew, !computing.contains(.teacher) {
      throw PipelineError.usage(
        "\(directory) is no run yet; `halcyon run` or `halcyon train-teacher` begins one")
    }
    return try Run(
      reading, directory: directory, redoing: redo,
      needsPictures: needsPictures, computing: computing, access: access,
      console: Console(quiet: quiet))
  }

  /// The run that `selection` lies beside, opened for reading with its recipe.
  func openBeside(_ selection: String) throws -> Run {
    try Run(
      read(), directory: SelectionOrigin(contentsOf: selection).run, access: .reading)
  }
}
