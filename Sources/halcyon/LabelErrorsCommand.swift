import ArgumentParser
import Files
import Pipeline
import Terminal

/// `halcyon label-errors`: labels of D that are probably wrong.
struct LabelErrorsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "label-errors",
    abstract: "Find labels of the labelled pictures that may be wrong.",
    discussion: """
      Teachers of the recipe learn all but a part of the labelled pictures and are asked about that part, until \
      each was asked about; a teacher on a frozen network (teacher.kind linear or knn) needs no training for it. \
      Their answers and the labels go through confident learning (arXiv:1911.00068), as cleanlab has it. What a \
      teacher and a label disagree about may also be a hard picture: look at them.

      RUN/label-errors then has label_issues.csv (key, is_label_issue, label_quality, given_label, \
      predicted_label: cleanlab's table), pred_probs.npy and labels.npy, which cleanlab reads, with classes.txt. \
      Pictures that data.validationFraction holds out for validation are not asked about; data.validationFraction=0 \
      puts them with the others. The report of the run shows the most dubious ones, and \
      estimates the purity of its selection by these answers where it has no validation pictures. Run it again to \
      go on after a stop.
      """)

  @OptionGroup var options: RunOptions

  @Option(
    parsing: .unconditional,
    help: "In how many parts the pictures are held out, one after the other.")
  var folds = 5

  @Option(
    parsing: .unconditional,
    help: "How often that is done, in other parts each time; the mean of the answers is surer.")
  var repeats = 3

  @Option(
    parsing: .unconditional,
    help: "Images that each teacher sees (default: a tenth of what the recipe's teacher sees).")
  var images: Int?

  @Option(parsing: .unconditional, help: "How many labels to list.")
  var top = 20

  @Flag(help: "Print what was found as JSON, and nothing else.")
  var json = false

  func validate() throws {
    guard folds >= 2 else { throw ValidationError("--folds is \(folds); it must be at least 2") }
    guard repeats >= 1 else {
      throw ValidationError("--repeats is \(repeats); it must be at least 1")
    }
    if let images, images < 1 {
      throw ValidationError("--images is \(images); it must be at least 1")
    }
    guard top >= 0 else { throw ValidationError("--top is \(top); it must be at least 0") }
  }

  func run() throws {
    let run = try options.open(quiet: json, computing: [], mayBegin: true)
    var settings = FindLabelErrors.Options()
    (settings.folds, settings.repeats, settings.images) = (folds, repeats, images)
    settings.listed = max(top, settings.listed)
    let found = try FindLabelErrors.perform(in: run, settings)
    if json { return try printJSON(found) }
    try printWrapped(lines(of: found))
    let shown = found.most.prefix(top)
    if !shown.isEmpty {
      let rows =
        [["p of label", "label", "rather", "picture"]]
        + shown.map {
          [Format.fixed($0.labelQuality, 4), $0.givenLabel, $0.predictedLabel, $0.key]
        }
      try ([""] + table(rows, rightAligned: [0])).forEach(printLine)
    }
    try ["", "all: \(found.folder)/label_issues.csv"].forEach(printLine)
    if run.hasResults {
      try printLine("`halcyon report \(run.directory.path)` shows it in the run's report")
    }
  }

  private func lines(of found: LabelErrors) -> [String] {
    let asked =
      found.folds.map {
        "\(Format.counted($0 * found.repeats, "teacher", "teachers")) in \($0) folds"
      } ?? "each left out in turn"
    var lines = [
      "",
      "\(Format.counted(found.issues, "label", "labels")) of \(Format.count(found.pictures)) "
        + "may be wrong (\(asked); "
        + "\(Format.fixed(found.outOfFoldTop1, 1)) % of all come first)",
    ]
    if found.unreadable > 0 {
      lines.append("\(Format.counted(found.unreadable, "picture", "pictures")) cannot be read")
    }
    if let line = found.validationLine { lines.append(line) }
    return lines
  }
}
