import ArgumentParser
import ImageData
import Recipes
import Shards

/// Whether shell commands run that the user has not named.
struct CommandOptions: ParsableArguments {
  @Flag(
    help: """
      Run the shell commands (pipe:) of an index, a list or a run directory, which whoever made it \
      has chosen; without it only those run that the command line or the recipe names.
      """)
  var allowCommands = false

  /// All, or those that are named.
  var permission: CommandPermission? { allowCommands ? .all : nil }
}
