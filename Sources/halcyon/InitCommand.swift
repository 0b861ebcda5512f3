import ArgumentParser
import Files
import Foundation
import Pipeline
import SystemPackage

/// `halcyon init`: a recipe fitted to two folders.
struct InitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init", abstract: "Write a recipe fitted to labelled and unlabelled pictures.")

  @Argument(
    help: "Labelled pictures: a folder of class folders, an IDX file, or a CSV.",
    completion: .file())
  var labelled: String

  @Argument(
    help: "Unlabelled pictures: a folder, an IDX file, a CSV, or an index of shards.",
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
    guard force || !FilePath(text: out).exists else {
      throw PipelineError.usage("\(out) exists; --force replaces it, --out names another")
    }
    let name = FilePath(text: out).nameWithoutExtension
    let notes = try writeFittedRecipe(
      name: name, labelled: labelled, unlabelled: unlabelled, test: test,
      commands: commands.permission, to: out)
    try printLine("wrote \(out)")
    try notes.forEach { try printLine("  \($0)") }
    try printLine("next: halcyon run \(out) --dry-run")
  }
}
