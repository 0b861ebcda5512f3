import ArgumentParser
import Files
import Pipeline
import SystemPackage
import Terminal

/// `halcyon make-tags`: tags for experiments.
struct MakeTagsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "make-tags",
    abstract: "Make hashtags of a labelled set whose labels are then hidden, for experiments.",
    discussion: """
      Writes a list key,tags for data.taggedTags beside data.tagged. A picture gets one tag to the \
      most tags, evenly: that of its class, unless it is missing or another class's stands for it, and \
      words that mean nothing, whose frequencies follow Zipf's law. What it gets follows from the seed \
      and its place in the set.
      """)

  @Argument(
    help: "Labelled pictures: a folder of class folders, an IDX file, a CSV, or shards.",
    completion: .file())
  var labelled: String

  @Option(help: "The list to write.", completion: .file())
  var out: String

  @Option(help: "The split of a list, or train/test of a folder of IDX files.")
  var split: String?

  @Option(help: "The probability that the class's tag is another class's.")
  var noise = 0.3

  @Option(help: "The probability that no class's tag is there.")
  var missing = 0.25

  @Option(help: "The most tags that a picture has.")
  var tagsPerImage = 3

  @Option(help: "How many words without a meaning there are.")
  var words = 1000

  @Option(help: "The exponent of Zipf's law, by which words are drawn.")
  var exponent = 1.0

  @Option(help: "What everything is drawn from.")
  var seed = 0

  @Flag(help: "Replace a list that is already there.")
  var force = false

  @Flag(help: "Print JSON: images, right, wrong, missing, untagged, words, differentWords.")
  var json = false

  func validate() throws {
    guard 0...1 ~= noise, 0...1 ~= missing else {
      throw ValidationError("--noise and --missing are probabilities, 0 to 1")
    }
    guard 1...100 ~= tagsPerImage else { throw ValidationError("--tags-per-image is 1 to 100") }
    guard 0...1_000_000 ~= words else { throw ValidationError("--words is 0 to 1000000") }
    guard 0...10 ~= exponent else { throw ValidationError("--exponent is 0 to 10") }
  }

  func run() throws {
    guard force || !FilePath(text: out).exists else {
      throw PipelineError.usage("\(out) is there already; give --force to replace it")
    }
    guard !FilePath(text: out).isSameFile(as: FilePath(text: labelled)) else {
      throw PipelineError.usage("--out \(out) is the labelled set itself; give it another name")
    }
    var settings = TagSettings()
    (settings.noise, settings.missing, settings.tagsPerImage) = (noise, missing, tagsPerImage)
    (settings.words, settings.exponent, settings.seed) = (words, exponent, seed)
    let made = try makeTags(
      of: labelled, split: split, settings, to: out, console: Console(quiet: json))
    if json { return try printJSON(made) }
    try printLine(
      "\(out): \(Format.counted(made.images, "picture", "pictures")): \(Format.count(made.right)) with "
        + "the tag of their class, \(Format.count(made.wrong)) with another's, "
        + "\(Format.count(made.missing)) without one; \(Format.count(made.words)) words in all, "
        + "\(Format.count(made.differentWords)) different, Zipf exponent "
        + "\(Format.significant(exponent, 4)); \(Format.count(made.untagged)) pictures have no tag at all"
    )
    try printLine("in a recipe, under data:")
    try printLine("  tagged: \(labelled)")
    if let split { try printLine("  taggedSplit: \(split)") }
    try printLine("  taggedTags: \(out)")
    try printLine("or, where these pictures are U, to choose them by their tags, under ranking:")
    try printLine("  imageTags: \(out)")
  }
}
