import ArgumentParser
import Files
import Foundation
import ImageData
import Pipeline
import Training

/// `halcyon predict`: which classes a model sees in pictures.
struct PredictCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict", abstract: "Say which classes a model sees in pictures.")

  @Argument(help: "A folder with model.safetensors and config.json.", completion: .directory)
  var model: String

  @Argument(
    help: "Picture files, folders of them, or - for one picture from standard input.",
    completion: .file())
  var files: [String]

  @OptionGroup var options: InferenceOptions

  @Option(parsing: .unconditional, help: "How many classes to show for each picture.")
  var top = 5

  @Flag(help: "Print one JSON object a picture: path, top: [{class, index, score}].")
  var json = false

  @Flag(help: "With --json: also the probabilities of all classes, in class order, as scores.")
  var allScores = false

  func validate() throws {
    guard top > 0 else { throw ValidationError("--top must be at least 1") }
  }

  func run() throws {
    let names = files.map { $0 == "-" ? "/dev/stdin" : $0 }
    guard !names.contains("/dev/stdin") || isatty(STDIN_FILENO) == 0 else {
      throw PipelineError.usage(
        "standard input is a terminal; pipe a picture in, or name files or folders")
    }
    let model = try LoadedModel(model, options.settings)
    model.folder.notes.forEach(printError)
    let pictures = try ImageFiles(expanding: names) {
      printError("\($0) is a pipe from which nothing has come yet; waiting for its picture")
    }
    if let line = pictures.passedOver.line(in: "the folders") { printError(line) }
    // A pipe may never say anything, and nothing is saved that a stop would have to wait for.
    if pictures.waits { for number in [SIGINT, SIGTERM] { signal(number, SIG_DFL) } }
    var unreadable = 0
    try model.predict(pictures, top: top, allScores: allScores) { prediction in
      if let error = prediction.error {
        unreadable += 1
        printError("\(prediction.path): \(error)")
      }
      if json { return try printJSON(prediction, pretty: false) }
      guard prediction.error == nil else { return }
      let classes = prediction.top.map {
        "\($0.class) \(Format.fixed(100 * Double($0.score), 1)) %"
      }
      try printLine("\(prediction.path): \(classes.joined(separator: ", "))")
    }
    if let line = model.withoutEnd { printError(line) }
    guard unreadable > 0 else { return }
    if pictures.count > 1 {
      printError(
        "\(Format.count(unreadable)) of \(Format.count(pictures.count)) pictures cannot be read")
    }
    throw ExitCode(65)
  }
}
