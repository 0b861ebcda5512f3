import ArgumentParser
import Pipeline
import Recipes

/// `halcyon recipe`, and `halcyon help recipe`: what a recipe's keys are.
struct RecipeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "recipe",
    abstract: "Say what a recipe's keys are and what a change of them reaches.",
    discussion: """
      `halcyon help recipe KEY` says the same of a key or a group: ranking.imagesPerClass, student.
      """)

  @Argument(
    help: "A key or a group of keys; all where none is given.",
    completion: .list(Recipe.keys))
  var key: String?

  @Flag(help: "Print the JSON schema of a recipe, for editors.")
  var schema = false

  func run() throws {
    if schema { return try printText(String(Recipe.schema.dropLast())) }
    try printWrapped(Recipe.help(on: key))
  }
}
