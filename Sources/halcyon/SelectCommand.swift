import ArgumentParser
import Pipeline
import Recipes

/// `halcyon select`: the second half of stage 2.
struct SelectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "select", abstract: "2: select the top K pictures of each class.",
    discussion: """
      Selects from the score files alone, in seconds, and as often as one likes: with another K, a \
      smaller P, another strategy or a part of U. --to writes a selection of its own beside the run, \
      to compare; without it the run's selection is made, and --redo replaces an earlier one and \
      what was trained on it. The options below are short for --set ranking.…

      Read selected.csv with shard as text (pandas: dtype={"shard": str}): a name such as 00003 looks \
      like a number. selected.parquet has types.
      """)

  @OptionGroup var options: RunOptions

  @Option(
    help: "Write the selection to this folder and leave the run as it is.", completion: .directory)
  var to: String?

  @Option(parsing: .unconditional, help: "K: how many pictures a class gets.")
  var imagesPerClass: Int?

  @Option(
    parsing: .unconditional,
    help: "P: in how many of its best classes a picture is ranked; no more than were scored.")
  var labelsPerImage: Int?

  @Option(parsing: .unconditional, help: "The lowest score (a class's log-odds) that is selected.")
  var minimumScore: Double?

  @Flag(help: "Repeat pictures of classes that fall short of K.")
  var fillByRepetition = false

  @Option(
    help: "balanced, unbalanced, tags or tagsRanked.", completion: Recipe.Strategy.completion,
    transform: Recipe.Strategy.named)
  var strategy: Recipe.Strategy?

  @Option(
    parsing: .unconditional,
    help: "Select from this part of U only, drawn by the pictures' keys.")
  var fraction: Double?

  @Option(parsing: .unconditional, help: "What --fraction and the strategy tags draw from.")
  var seed: Int?

  @Option(help: "A CSV of tag,class: which class a tag means.", completion: .file())
  var tags: String?

  @Option(
    help: "A list of key,tags for the pictures, where their tags stand by themselves.",
    completion: .file())
  var imageTags: String?

  @Flag(help: "Select although some shards have no scores.")
  var allowMissing = false

  func run() throws {
    var options = options
    let settings: [(String, (any CustomStringConvertible)?)] = [
      ("strategy", strategy?.rawValue), ("fraction", fraction), ("fractionSeed", seed),
      ("tags", tags), ("imageTags", imageTags),
      ("allowMissing", allowMissing ? true : nil), ("imagesPerClass", imagesPerClass),
      ("labelsPerImage", labelsPerImage), ("minimumScore", minimumScore),
      ("fillByRepetition", fillByRepetition ? true : nil),
    ]
    options.settings += settings.compactMap { key, value in value.map { "ranking.\(key)=\($0)" } }
    if let to {
      return try SelectTopImages.perform(
        in: options.open(needsImages: false, access: .reading, output: "--to"), to: to)
    }
    if options.redo {
      // What cannot be selected is refused before anything is removed.
      let trial = try options.open(quiet: true, isTrial: true, access: .reading, output: "--to")
      try SelectTopImages.check(in: trial)
    }
    try SelectTopImages.perform(in: options.open(remaking: [.ranking], output: "--to"))
  }
}
