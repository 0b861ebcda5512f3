import ArgumentParser
import Files
import Foundation
import Models
import Pipeline
import Recipes
import SystemPackage
import Terminal

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

  @Option(
    help: """
      Weights to start from: a model folder, or a file (safetensors, or PyTorch's .pth, .pt, .bin). \
      Networks, input and trainings are fitted to them.
      """, completion: .file())
  var startFrom: String?

  @Option(
    help: "The network that the weights are of, where they fit several.",
    completion: .list(ModelCatalog.names))
  var model: String?

  @Option(
    help: "How long all stages may take on this machine, such as 20m or 1h30m.",
    transform: InitCommand.seconds)
  var time: Double?

  @Option(help: "Where to write the recipe.", completion: .file())
  var out = "recipe.yaml"

  @OptionGroup var commands: CommandOptions

  @Flag(help: "Replace a recipe that is already there.")
  var force = false

  /// The seconds that `text` means: hours, minutes and seconds, each with its letter.
  @Sendable static func seconds(_ text: String) throws -> Double {
    var seconds = 0.0
    var rest = Substring(text.lowercased())
    for (letter, factor) in [("h", 3600.0), ("m", 60), ("s", 1)] {
      guard let end = rest.firstIndex(of: Character(letter)) else { continue }
      guard let number = Double(rest[..<end]), number >= 0 else { break }
      seconds += number * factor
      rest = rest[rest.index(after: end)...]
    }
    guard rest.isEmpty, seconds > 0, seconds < 1e9 else {
      throw ValidationError("it must be a time such as 20m, 1h30m or 90s")
    }
    return seconds
  }

  func validate() throws {
    guard model == nil || startFrom != nil else {
      throw ValidationError("--model says what --start-from's weights are; give --start-from, too")
    }
  }

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
    var wishes = InitWishes()
    (wishes.startFrom, wishes.model, wishes.seconds) = (startFrom, model, time)
    let notes = try writeFittedRecipe(
      name: name, labelled: labelled, unlabelled: unlabelled, test: test, wishes: wishes,
      commands: commands.permission, to: out, console: Console())
    try printLine("wrote \(out)")
    try notes.forEach { try printLine("  \($0)") }
    try printLine("next: halcyon run \(out) --dry-run")
  }
}
