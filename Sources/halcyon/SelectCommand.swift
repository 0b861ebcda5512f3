import ArgumentParser
import Pipeline

/// `halcyon select`: the second half of stage 2.
struct SelectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "select", abstract: "2: select the top K pictures of each class.",
    discussion: """
      Selects from the score files alone, in seconds, and as often as one likes: with another K, a \
      smaller P, another strategy or a part of U. The options below are short for --set \
      ranking.…; --redo replaces an earlier selection and what was trained on it.
      """)

  @OptionGroup var options: RunOptions

  @Option(help: "balanced, unbalanced, tags or tagsRanked.")
  var strategy: String?

  @Option(help: "Select from this part of U only, drawn by the pictures' keys.")
  var fraction: Double?

  @Option(help: "What --fraction and the strategy tags draw from.")
  var seed: Int?

  @Option(help: "A CSV of tag,class: which class a tag means.")
  var tags: String?

  @Flag(help: "Select although some shards have no scores.")
  var allowMissing = false

  func run() throws {
    var options = options
    let settings: [(String, (any CustomStringConvertible)?)] = [
      ("strategy", strategy), ("fraction", fraction), ("fractionSeed", seed), ("tags", tags),
      ("allowMissing", allowMissing ? true : nil),
    ]
    options.settings += settings.compactMap { key, value in value.map { "ranking.\(key)=\($0)" } }
    try SelectTopImages.perform(in: options.open())
  }
}
