import Files
import Models
import Training

/// `README.md` beside an imported model: what it is, how it is used, and what of it was assumed.
struct ImportCard {
  let model: ModelFolder
  /// The path of the weights, as it was given.
  let source: String
  let parameters: Int
  /// What was found and what was assumed, a line each.
  let notes: [String]

  var markdown: String {
    let name = model.options.model
    let classes = Format.counted(model.options.classCount, "class", "classes")
    return [
      "# \(name)",
      "A \(name) of \(classes) with \(Format.count(parameters)) parameters, made of `\(source)`.",
      "## Use", model.uses(at: "."), "## Input", "Pictures: " + model.inputInWords,
      "## Classes", model.classesInWords,
      "## What was found in the weights, and what was assumed",
      notes.isEmpty
        ? "All of it was described beside them." : notes.map { "- \($0)" }.joined(separator: "\n"),
    ].joined(separator: "\n\n") + "\n"
  }
}
