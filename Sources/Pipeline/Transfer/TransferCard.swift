import Files
import Training

/// `README.md` of a transfer: what the model is, how it was chosen and measured, and how it is used.
struct TransferCard {
  let results: TransferResults
  let folder: ModelFolder

  func write() throws { try DurableFile.write(markdown, to: "\(folder.path)/README.md") }

  var markdown: String {
    let how =
      results.mode == .full
      ? "all of it fine-tuned, with a new last layer" : "a linear layer on its frozen features"
    return [
      "# \(results.network), \(Format.counted(results.classes, "class", "classes"))",
      "Made of `\(results.model)`: \(how), on the "
        + "\(Format.counted(results.trainedOn, "picture", "pictures")) of `\(results.data)`.",
      "## Results", Self.table(results.resultRows),
      "Held out: training pictures that settings were chosen on; the vote's, each left out in turn. "
        + (results.testPictures.map {
          "Test: \(Format.counted($0, "picture", "pictures")), measured once, after everything was chosen."
        } ?? "There were no test pictures."),
      "## What was tried", Self.table(results.trialRows),
      "## Use", folder.uses(at: "."), "## Input", "Pictures: " + folder.inputInWords,
      "## Classes", folder.classesInWords,
    ].joined(separator: "\n\n") + "\n"
  }

  private static func table(_ rows: [[String]]) -> String {
    guard let head = rows.first else { return "" }
    let rule = "|" + head.map { _ in "---|" }.joined()
    let lines = rows.map { "| " + $0.joined(separator: " | ") + " |" }
    return ([lines[0], rule] + lines.dropFirst()).joined(separator: "\n")
  }
}
