import ArgumentParser
import Files
import Foundation
import Models
import Pipeline
import Recipes
import Training

/// `halcyon import`: a model folder of weights that another program left.
struct ImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Make a model of PyTorch's, timm's or torchvision's weights.",
    discussion: """
      Takes a file of torch.save's (.pth, .pt, .bin, .th, zipped or old) or safetensors, or a folder \
      with one and timm's config.json. A pickle is read as data and never run; one that names anything \
      but tensors and containers is refused. The network is the one that --model names, the one that \
      config.json describes, or the only one that the weights fit.
      """)

  @Argument(help: "A file of weights, or a folder with one and config.json.", completion: .file())
  var source: String

  @Option(
    help: "The folder to write: model.safetensors, config.json and a card, README.md.",
    completion: .directory)
  var out: String

  @Option(parsing: .unconditional, help: "The network, as `halcyon models` lists it.")
  var model: String?

  @Option(
    parsing: .unconditional,
    help: "Its first layers, where the weights do not tell: \(Stem.words).",
    completion: Stem.completion, transform: Stem.named)
  var stem: Stem?

  @Option(
    parsing: .unconditional,
    help: "The classes in the order of the logits: a,b,… or a file with one a line.",
    completion: .file())
  var classes: String?

  @Option(
    parsing: .unconditional,
    help: "The last layer: keep it, or a new one for --classes.",
    completion: ImportSettings.Head.completion, transform: ImportSettings.Head.named)
  var head = ImportSettings.Head.keep

  @Option(
    parsing: .unconditional, help: "What was subtracted from each channel in training, on 0 to 1.",
    transform: numbers)
  var mean: [Double]?

  @Option(
    parsing: .unconditional, help: "What each channel was then divided by.", transform: numbers)
  var std: [Double]?

  @Option(parsing: .unconditional, help: "The side of the network's square input, in pixels.")
  var inputSize: Int?

  @Option(
    parsing: .unconditional, help: "The part of the resized side that evaluation cuts out: 0.875.")
  var cropPct: Double?

  @Option(
    parsing: .unconditional,
    help: "How evaluation resizes: \(Recipe.Input.Interpolation.words).",
    completion: Recipe.Input.Interpolation.completion,
    transform: Recipe.Input.Interpolation.named)
  var interpolation: Recipe.Input.Interpolation?

  @Flag(help: "Print JSON: model, classes, parameters, notes.")
  var json = false

  struct Row: Encodable {
    let path, model: String
    let classes, parameters: Int
    let notes: [String]
  }

  func validate() throws {
    if let inputSize, !(1...16_384 ~= inputSize) {
      throw ValidationError("--input-size must be 1 to 16384")
    }
    if let cropPct, !(cropPct > 0.01 && cropPct <= 1) {
      throw ValidationError("--crop-pct must be above 0.01 and at most 1")
    }
    if let std, !std.allSatisfy({ $0 > 0 }) { throw ValidationError("--std must be above 0") }
  }

  func run() throws {
    var settings = ImportSettings()
    (settings.model, settings.stem, settings.head) = (model, stem, head)
    (settings.mean, settings.std, settings.inputSize) = (mean, std, inputSize)
    (settings.cropPart, settings.interpolation) = (cropPct, interpolation)
    settings.classNames = try classes.map(ClassList.names)
    let imported = try importModel(source, settings, to: out)
    let options = imported.folder.options
    if json {
      return try printJSON(
        Row(
          path: out, model: options.model, classes: options.classCount,
          parameters: imported.parameters, notes: imported.notes))
    }
    try imported.notes.forEach(printLine)
    try printLine(
      "\(out): \(options.model), \(Format.count(imported.parameters)) parameters, "
        + Format.counted(options.classCount, "class", "classes"))
  }

  /// Numbers with commas between them.
  @Sendable private static func numbers(_ text: String) throws -> [Double] {
    try text.split(separator: ",", omittingEmptySubsequences: false).map { part in
      guard let number = Double(part.trimmingCharacters(in: .whitespaces)), number.isFinite else {
        throw ValidationError("it must be numbers with commas between them, such as 0.5,0.5,0.5")
      }
      return number
    }
  }
}
