import ArgumentParser
import Export
import Files
import Models
import Pipeline
import Recipes
import SystemPackage
import Training

/// `halcyon export`: a model for other programs.
struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write a model for ONNX Runtime, PyTorch or timm.",
    discussion: """
      onnx writes model.onnx: images [N, C, H, W] to logits [N, classes], for any number of pictures, batch \
      norms folded, with the names of the classes in its metadata; weights of more than 2 GB lie in \
      model.onnx.data beside it. pytorch writes pytorch_model.bin, a state dictionary for torch.load, and \
      model.py, the network. timm writes a folder for timm.create_model("local-dir:…"). Each has a \
      README.md that says how it is used.
      """)

  @Argument(
    help: "A folder with model.safetensors and config.json, or a run, whose best model is taken.",
    completion: .directory)
  var model: String

  @Option(
    help: "What to write it for: \(ExportTarget.words).", completion: ExportTarget.completion,
    transform: ExportTarget.named)
  var to: ExportTarget

  @Option(
    help: "An empty folder for it (default: the model's name and the target's, here).",
    completion: .directory)
  var out: String?

  @Flag(help: "Let the ONNX model take values from 0 to 1 and normalise them itself.")
  var normalise = false

  @Flag(help: "Replace files that are in the folder already.")
  var force = false

  @Flag(help: "Print JSON: model, target, classes, files.")
  var json = false

  struct Row: Encodable {
    let model, target: String
    let classes: Int
    let files: [String]
  }

  func run() throws {
    let exported = try exportModel(
      model, for: to, to: out ?? "\(FilePath(text: model).absolute.name)-\(to.rawValue)",
      normalizes: normalise, replacing: force)
    if json {
      return try printJSON(
        Row(
          model: exported.folder.path, target: to.rawValue,
          classes: exported.folder.options.classCount, files: exported.files))
    }
    exported.folder.notes.forEach(printError)
    try exported.files.forEach(printLine)
  }
}
