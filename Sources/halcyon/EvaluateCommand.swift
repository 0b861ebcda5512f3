import ArgumentParser
import Pipeline

/// `halcyon evaluate`: how often a model is right.
struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate", abstract: "Measure a model on labelled pictures.")

  @Argument(help: "A folder with model.safetensors and config.json.", completion: .directory)
  var model: String

  @Argument(
    help: "Labelled pictures: a folder of class folders, an IDX file, or a CSV.",
    completion: .file())
  var data: String

  @Option(help: "The split column's value in a CSV; train or test of a folder of IDX files.")
  var split: String?

  @OptionGroup var options: InferenceOptions

  @Flag(help: "Print JSON and nothing else.")
  var json = false

  func run() throws {
    let model = try LoadedModel(model, options.settings)
    model.folder.notes.forEach(printError)
    let result = try model.evaluate(
      data, split: split, console: Console(quiet: json))
    if json { return try printJSON(result) }
    var rows = [["class", "pictures", "top-1 %"]]
    for row in result.perClass {
      rows.append([row.name, Format.count(row.count), row.top1.map { Format.fixed($0, 2) } ?? "-"])
    }
    try table(rows, rightAligned: [1, 2]).forEach(printLine)
    try printLine("")
    try printLine("pictures  \(Format.count(result.count))")
    try printLine("top-1     \(Format.fixed(result.top1, 2)) %")
    if let top5 = result.top5 { try printLine("top-5     \(Format.fixed(top5, 2)) %") }
    if result.unreadable > 0 { try printLine("unreadable pictures: \(result.unreadable)") }
  }
}

/// What runs a model that is not being trained.
struct InferenceOptions: ParsableArguments {
  @Option(
    help: "What computes: auto, cpu or cuda.", completion: Recipe.DeviceChoice.completion,
    transform: Recipe.DeviceChoice.named)
  var device = Recipe.DeviceChoice.auto

  @Option(
    help: "auto, bf16 or float32.", completion: Recipe.PrecisionChoice.completion,
    transform: Recipe.PrecisionChoice.named)
  var precision = Recipe.PrecisionChoice.auto

  @Option(parsing: .unconditional, help: "Pictures computed at once.")
  var batch = 64

  func validate() throws {
    guard batch > 0 else { throw ValidationError("--batch must be at least 1") }
  }

  var settings: InferenceSettings {
    InferenceSettings(device: device, precision: precision, batch: batch)
  }
}
