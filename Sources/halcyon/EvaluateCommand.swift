import ArgumentParser
import Pipeline

/// `halcyon evaluate`: how often a model is right.
struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate", abstract: "Measure a model on labelled pictures.")

  @Argument(help: "A folder with model.safetensors and config.json.")
  var model: String

  @Argument(help: "Labelled pictures: a folder of class folders, an IDX file, or a CSV.")
  var data: String

  @Option(help: "The split column's value in a CSV; train or test of a folder of IDX files.")
  var split: String?

  @OptionGroup var options: InferenceOptions

  @Flag(help: "Print JSON and nothing else.")
  var json = false

  func run() throws {
    let result = try LoadedModel(model, options.settings).evaluate(
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
  @Option(help: "What computes: auto, cpu or cuda.")
  var device = "auto"

  @Option(help: "auto, bf16 or float32.")
  var precision = "auto"

  @Option(parsing: .unconditional, help: "Pictures computed at once.")
  var batch = 64

  func validate() throws {
    guard Recipe.DeviceChoice(rawValue: device) != nil else {
      throw ValidationError("--device must be auto, cpu or cuda, not \(device)")
    }
    guard Recipe.PrecisionChoice(rawValue: precision) != nil else {
      throw ValidationError("--precision must be auto, bf16 or float32, not \(precision)")
    }
    guard batch > 0 else { throw ValidationError("--batch must be at least 1") }
  }

  var settings: InferenceSettings {
    InferenceSettings(
      device: Recipe.DeviceChoice(rawValue: device) ?? .auto,
      precision: Recipe.PrecisionChoice(rawValue: precision) ?? .auto, batch: batch)
  }
}
