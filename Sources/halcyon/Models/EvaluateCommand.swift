import ArgumentParser
import Files
import ImageData
import Pipeline
import Recipes
import Terminal
import Training

/// `halcyon evaluate`: how often a model is right.
struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate", abstract: "Measure a model on labelled pictures.")

  @Argument(help: "A folder with model.safetensors and config.json.", completion: .directory)
  var model: String

  @Argument(
    help: "Labelled pictures: a folder of class folders, an IDX file, a CSV, or shards.",
    completion: .file())
  var data: String

  @Option(help: "The split column's value in a CSV; train or test of a folder of IDX files.")
  var split: String?

  @OptionGroup var options: InferenceOptions

  @Option(
    help: "The share of pictures that may be unreadable; beyond it the exit code is 65.")
  var unreadableLimit = BadSamples.Limit().fraction

  @Flag(
    help:
      "Convolutions in int8, as ranking.precision: int8 scores, calibrated on some of the pictures."
  )
  var int8 = false

  @Flag(help: "Print JSON and nothing else.")
  var json = false

  func validate() throws {
    guard 0...1 ~= unreadableLimit else {
      throw ValidationError("--unreadable-limit must be from 0 to 1")
    }
    guard !int8 || options.precision == .auto else {
      throw ValidationError("--int8 is a precision of its own; leave out --precision")
    }
  }

  func run() throws {
    let model = try LoadedModel(model, options.settings)
    model.folder.notes.forEach(printError)
    let result = try model.evaluate(
      data, split: split, int8: int8, console: Console(quiet: json))
    if json {
      try printJSON(result)
    } else if let top1 = result.top1 {
      try lines(result, top1: top1).forEach(printLine)
    }
    guard let line = result.unreadableLine else { return }
    let isTooMany = !result.isWithin(BadSamples.Limit(fraction: unreadableLimit))
    printError(
      "\(data): \(line)"
        + (isTooMany && result.count > 0
          ? "; --unreadable-limit is \(Format.significant(unreadableLimit, 4))" : ""))
    if isTooMany || result.count == 0 { throw ExitCode(65) }
  }

  private func lines(_ result: Evaluation, top1: Double) -> [String] {
    var rows = [["class", "pictures", "top-1 %"]]
    for row in result.perClass {
      rows.append([row.name, Format.count(row.count), row.top1.map { Format.fixed($0, 2) } ?? "–"])
    }
    let part = result.measuredOn.map { " (\($0))" } ?? ""
    var lines =
      table(rows, rightAligned: [1, 2]) + ["", "pictures  \(Format.count(result.count))"]
    lines.append("top-1     \(Format.fixed(top1, 2)) %\(part)")
    if let top5 = result.top5 { lines.append("top-5     \(Format.fixed(top5, 2)) %\(part)") }
    let absent = result.perClass.filter { $0.count == 0 }.map(\.name)
    if !absent.isEmpty { lines.append("no picture measured of \(Format.few(absent))") }
    return lines
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
