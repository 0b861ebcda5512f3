import ArgumentParser
import Files
import Foundation
import Pipeline
import Recipes
import SystemPackage
import Training

/// `halcyon init`: a recipe fitted to two folders.
struct InitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init", abstract: "Write a recipe fitted to labelled and unlabelled pictures.")

  @Argument(
    help: "Labelled pictures: a folder of class folders, an IDX file, a CSV, or shards.",
    completion: .file())
  var labelled: String

  @Argument(
    help: "Unlabelled pictures: a folder, an IDX file, a CSV, shards, or their index.",
    completion: .file())
  var unlabelled: String

  @Option(help: "Labelled pictures for the final figures.", completion: .file())
  var test: String?

  @Option(help: "Where to write the recipe.", completion: .file())
  var out = "recipe.yaml"

  @OptionGroup var commands: CommandOptions

  @Flag(help: "Replace a recipe that is already there.")
  var force = false

  func run() throws {
    let place = FilePath(text: out)
    guard !place.isFolder else {
      throw PipelineError.usage(
        "\(out) is a folder; name the recipe's file: \(place.joined("recipe.yaml").text)")
    }
    guard place.folder.isFolder else {
      throw PipelineError.usage(
        "there is no folder \(place.folder.text) to write \(out) to; make it first")
    }
    guard force || !place.exists else {
      throw PipelineError.usage("\(out) exists; --force replaces it, --out names another")
    }
    let name = place.nameWithoutExtension
    let notes = try writeFittedRecipe(
      name: name, labelled: labelled, unlabelled: unlabelled, test: test,
      commands: commands.permission, to: out, console: Console())
    try printLine("wrote \(out)")
    try notes.forEach { try printLine("  \($0)") }
    try printLine("next: halcyon run \(out) --dry-run")
  }
}
