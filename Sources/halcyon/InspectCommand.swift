import ArgumentParser
import Files
import ImageData
import Pipeline
import Recipes
import Shards
import Terminal

/// `halcyon inspect`: what was selected.
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect", abstract: "Show what was selected, and what was not and why.",
    discussion: """
      How full the classes are and which fall short of K, how sure the teacher is at the last rank, \
      which classes overlap, how purity and the agreement with tags fall with rank where they are \
      known, how many copies were dropped and what was left out. `2-ranking/` has the lists.
      """)

  @Argument(help: "The run directory, or the folder of `select --to`.", completion: .directory)
  var directory: String

  @Option(parsing: .unconditional, help: "How many classes and pairs to list.")
  var top = 10

  @Flag(help: "Also compare every file of the run with its SHA-256 in manifest.json.")
  var verify = false

  @OptionGroup var commands: CommandOptions

  @Flag(help: "Print everything as JSON, and nothing else.")
  var json = false

  func validate() throws {
    guard top >= 0 else { throw ValidationError("--top is \(top); it must be at least 0") }
  }

  func run() throws {
    let beside = SelectionOrigin.exists(in: directory) ? directory : nil
    let path = try beside.map { try SelectionOrigin(contentsOf: $0).run } ?? directory
    var recipe =
      try beside.map { try Recipe(selectedIn: $0) } ?? RunDirectory(path: path).recipe()
    recipe.data.commands = commands.permission ?? .denied
    if verify, let beside {
      throw PipelineError.usage(
        "\(beside) is a selection beside \(path), which has no manifest of its own; --verify takes the run"
      )
    }
    if verify { try verifyFiles(of: RunDirectory(path: path)) }
    let run = try Run(
      recipe: recipe, directory: path, needsImages: false, access: .reading,
      console: Console(quiet: json))
    let inspection = try Inspection(of: run, selectedIn: beside)
    if json { return try printJSON(inspection) }
    for line in lines(of: inspection) { try printLine(line) }
  }

  /// Compares the run's files with its manifest.
  /// - Throws: `PipelineError.data` that names those that are not as they were.
  private func verifyFiles(of directory: RunDirectory) throws {
    let manifest = try Manifest(readFrom: directory)
    let changes = manifest.differences(in: directory)
    guard changes.isEmpty else {
      throw PipelineError.data(
        "\(directory.path) is not as it was finished: "
          + Format.few(changes) + "; put the files back from a copy")
    }
    guard !json else { return }
    try printLine(
      "verified: \(Format.counted(manifest.files.count, "file is", "files are")) as "
        + "\(directory.manifestPath) says")
  }

  private func lines(of found: Inspection) -> [String] {
    var lines = [
      "\(Format.counted(found.images, "picture", "pictures")) with "
        + "\(Format.counted(found.labels, "label", "labels")): "
        + "\(found.strategy), K = \(Format.count(found.imagesPerClass)), P = \(found.labelsPerImage)"
    ]
    if let source = found.scoresFrom { lines.append("scores: \(source)") }
    if found.withoutScores > 0 {
      lines.append(
        "no scores of \(Format.counted(found.withoutScores, "picture", "pictures")) were given")
    }
    if !found.missingShards.isEmpty {
      lines.append(
        "without \(Format.counted(found.missingShards.count, "shard", "shards")), which had no "
          + "scores: "
          + Format.few(found.missingShards))
    }
    lines.append(
      found.shortClasses.isEmpty
        ? "every class has all the pictures it should have"
        : "\(Format.counted(found.shortClasses.count, "class falls", "classes fall")) short of K:")
    let classes = Dictionary(
      found.classes.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    for name in found.shortClasses.prefix(top) {
      lines.append("  \(Self.padded(name, to: 24))  \(Format.count(classes[name]?.images ?? 0))")
    }
    if found.shortClasses.count > top {
      lines.append("  … \(found.shortClasses.count - top) more")
    }
    let ends = found.classes.compactMap(\.probabilityAtLastRank).sorted()
    if let least = ends.first, let most = ends.last {
      let middle = ends[ends.count / 2]
      lines.append(
        "p at a class's last rank: \(Self.percent(least)) to \(Self.percent(most)), "
          + "median \(Self.percent(middle))")
    }
    lines += ["", "pictures by how many labels they have"]
    for (index, count) in found.imagesByLabelCount.enumerated() where count > 0 {
      lines.append("  \(Self.padded("\(index + 1)", to: 17))\(Format.count(count))")
    }
    if !found.overlaps.isEmpty {
      lines += ["", "classes that share pictures"]
      for pair in found.overlaps.prefix(top) {
        lines.append(
          "  \(Self.padded(pair.classes.joined(separator: " + "), to: 36))"
            + Format.count(pair.images))
      }
    }
    lines += ["", rankHead(found)]
    for ranks in found.ranks where ranks.labels > 0 {
      var line = Self.padded("  \(ranks.from)–\(ranks.to)", to: 18)
      line += Self.padded(Format.count(ranks.labels), to: 12)
      line += Self.padded(ranks.probability.map(Self.percent) ?? "–", to: 10)
      if let purity = ranks.purity { line += Self.padded(Self.percent(purity), to: 10) }
      if let share = ranks.tagAgreement { line += Self.percent(share) }
      lines.append(line)
    }
    if let reason = found.purityUnknown { lines += ["", "purity: not known (\(reason))"] }
    lines.append("")
    lines.append(
      "copies dropped: \(Format.count(found.duplicates.exact)) exact, "
        + "\(Format.count(found.duplicates.near)) near")
    for (set, copies) in found.leftOut.sorted(by: { $0.key < $1.key }) {
      lines.append(
        "left out as \(set) pictures: \(Format.count(copies.exact)) exact, "
          + "\(Format.count(copies.near)) near")
    }
    lines.append("unreadable: \(Format.counted(found.unreadable, "picture", "pictures"))")
    if found.passedOver > 0 {
      lines.append(
        "passed over in shards: \(Format.counted(found.passedOver, "member", "members"))")
    }
    if let line = found.cutShards?.line { lines.append(line) }
    return lines
  }

  private func rankHead(_ found: Inspection) -> String {
    var head = Self.padded("ranks", to: 18) + Self.padded("labels", to: 12)
    head += Self.padded("mean p", to: 10)
    if found.ranks.contains(where: { $0.purity != nil }) { head += Self.padded("right", to: 10) }
    if found.ranks.contains(where: { $0.tagAgreement != nil }) { head += "tagged so" }
    return head
  }

  private static func percent(_ share: Double) -> String { Format.fixed(100 * share, 1) + " %" }

  private static func padded(_ text: String, to width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.count))
  }
}
