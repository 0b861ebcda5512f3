import ArgumentParser
import Files
import Foundation
import ImageData
import Models
import Pipeline
import Recipes
import Shards
import SystemPackage
import Terminal
import Torch

/// What every command that works on a run directory takes.
struct RunOptions: ParsableArguments {
  @Argument(
    help: "The recipe, or the directory of a run that was begun.", completion: .file())
  var recipe: String

  @Option(
    help: "The run directory, where a recipe is given (default: runs/NAME).",
    completion: .directory)
  var out: String?

  @Option(
    name: .customLong("set"),
    help: .init("Change one value: ranking.imagesPerClass=4000.", valueName: "key=value"),
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
  func read(forDryRun: Bool = false, tells: Bool = true) throws -> RecipeReading {
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
    if isFolder { try run.requireRun() }
    let path = isFolder ? run.recipePath : recipe
    var reading = try RecipeReading(
      contentsOf: path, overrides: changes, keepsUnset: forDryRun,
      note: { if tells { printError($0) } })
    // The recipe of a run directory is whoever's the directory is.
    let isStrangers =
      RunDirectory.keeps(recipeAt: path)
      && !settings.contains { $0.hasPrefix("data.unlabelled=") }
    reading.allow(commands.permission ?? (isStrangers ? .denied : nil))
    return reading
  }

  /// Whether what is given in a recipe's place is a folder.
  private var isFolder: Bool { FilePath(text: recipe).isFolder }

  /// Where the run is kept; nil where the recipe does not say how it is called.
  func directory(for reading: RecipeReading) -> String? {
    if let out { return out }
    if isFolder { return recipe }
    return reading.hasName ? RunDirectory(for: reading.recipe).path : nil
  }

  /// The run, opened. A selection beside one is no run: `openBeside` opens that. `output` is the option
  /// that names a folder for what the command writes, if it has one. A trial says nothing that will be
  /// said again. With `mayBegin` a run is
  /// begun where there is none yet. The processes of `group` open it each.
  func open(
    quiet: Bool = false, isTrial: Bool = false, needsImages: Bool = true,
    computing: Set<Stage> = [], remaking: Set<Stage>? = nil,
    access: Run.Access = .alone, output: String? = nil, mayBegin: Bool = false,
    group: any ProcessGroup = SingleProcess()
  ) throws -> Run {
    let reading = try read(tells: !isTrial && group.rank == 0)
    if let selection {
      throw PipelineError.usage(
        "\(selection) is a selection beside \(try SelectionOrigin(contentsOf: selection).run); inspect, "
          + "materialize and pretrain take it, other commands the run")
    }
    guard let directory = directory(for: reading) else {
      // All that is wrong, as far as it can be told without a place to keep anything.
      throw Problems(try DryRun(reading).problems) ?? RecipeError(recipe)
    }
    if computing.isDisjoint(with: [.pretraining, .teacher]), !mayBegin, group.rank == 0 {
      try requireBegun(RunDirectory(path: directory), access, output: output)
    }
    return try Run(
      reading, directory: directory, redoing: redo,
      needsImages: needsImages, computing: computing, remaking: remaking, access: access,
      group: group, console: Console(quiet: quiet))
  }

  /// Makes sure that there is a run to go on with: what goes on with one does not begin it.
  /// - Throws: `PipelineError.usage`, also where --out is given for the folder of something else.
  private func requireBegun(_ run: RunDirectory, _ access: Run.Access, output: String?) throws {
    guard (try? run.holdsRun()) != true else { return }
    if let out, isFolder || output != nil {
      let other = output.map { "give \($0) \(out) for the folder to write to" }
      throw PipelineError.usage(
        isFolder
          ? "\(recipe) is the run directory already; leave --out out"
            + (output.map { ", or give \($0) \(out) instead" } ?? "")
          : "\(out) is no run yet; `halcyon run` begins one, whose directory --out names"
            + (other.map { "; \($0)" } ?? ""))
    }
    do {
      guard try !run.holdsRun(), access == .alone else { return }
    } catch {
      try run.requireRun()
    }
    throw PipelineError.usage(
      "\(run.path) is no run yet; `halcyon run` or `halcyon train-teacher` begins one")
  }

  /// The run that `selection` lies beside, opened for reading with its recipe. Where there is an option
  /// for `output`, --out has no meaning.
  func openBeside(_ selection: String, output: String? = nil) throws -> Run {
    if let output, let out {
      throw PipelineError.usage(
        "\(selection) is a selection beside a run, for which --out has no meaning; give \(output) "
          + "\(out) for the folder to write to")
    }
    return try Run(
      read(), directory: SelectionOrigin(contentsOf: selection).run, access: .reading)
  }
}
