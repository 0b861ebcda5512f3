import ArgumentParser
import Files
import Foundation
import ImageData
import Pipeline
import Recipes
import Shards
import SystemPackage
import Terminal
import Training

/// `halcyon predict`: which classes a model sees in pictures.
struct PredictCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict", abstract: "Say which classes a model sees in pictures.",
    discussion: """
      Pictures are files, folders of them, lists (.csv, .tsv, .parquet, or .txt with a path a line), IDX \
      files, or shards as `halcyon index` takes them (.tar, patterns, http(s):// addresses, \
      pipe:COMMAND) and their index. Standard input (-) is one picture where it begins like a picture \
      file, else a list of paths, one a line.

      Tables have a row a picture, in order: key, class, probability, class_2, probability_2, …, error. \
      With --probabilities a column p_CLASS of each class follows. A picture that cannot be read has an \
      error and no other values (NaN in Parquet). With --out the rows are kept in FILE.partial until \
      all are there: the same command goes on where it was stopped or killed, and gives the same bytes.
      """)

  @Argument(help: "A folder with model.safetensors and config.json.", completion: .directory)
  var model: String

  @Argument(
    help: "Pictures, folders of them, lists, shards, or - for standard input.",
    completion: .file())
  var files: [String]

  @OptionGroup var options: InferenceOptions

  @Option(parsing: .unconditional, help: "How many classes to show for each picture.")
  var top = 5

  @Option(help: "Write to this .csv, .jsonl or .parquet file.", completion: .file())
  var out: String?

  @Option(
    help: "text, csv, jsonl or parquet; by default by --out's ending, else text.",
    completion: PredictionFormat.completion, transform: PredictionFormat.named)
  var format: PredictionFormat?

  @Flag(
    name: [.customLong("probabilities"), .customLong("all-scores")],
    help: "Also give the probabilities of all classes; scores in JSON.")
  var probabilities = false

  @Option(help: "A list's split column, a folder's subfolder, or train or test of IDX files.")
  var split: String?

  @Flag(
    name: [.customShort("0"), .long],
    help: "Zero bytes part the paths on standard input, as `find -print0` writes them.")
  var null = false

  @Flag(help: "Replace a file that is already there, or begin an unfinished one anew.")
  var force = false

  @Option(
    help: "The share of pictures that may be unreadable; beyond it the exit code is 65.")
  var unreadableLimit = BadSamples.Limit().fraction

  @OptionGroup var commands: CommandOptions

  @Flag(
    help: """
      Print one JSON object a picture: path, top: [{class, index, score}]; with --out one for all: \
      counts and speed.
      """)
  var json = false

  func validate() throws {
    guard top > 0 else { throw ValidationError("--top must be at least 1") }
    guard 0...1 ~= unreadableLimit else {
      throw ValidationError("--unreadable-limit must be from 0 to 1")
    }
    guard !null || files.contains("-") else {
      throw ValidationError("--null is about the paths on standard input; give - as a picture")
    }
    if json, out == nil, let format, format != .jsonl {
      throw ValidationError("--json prints JSON lines, not \(format.rawValue); remove one")
    }
    let format = try resolvedFormat()
    if out == nil, format == .parquet {
      throw ValidationError("Parquet is written to a file; give --out FILE.parquet")
    }
    if out != nil, format == .text {
      throw ValidationError("--out takes csv, jsonl or parquet")
    }
    if probabilities, format == .text {
      throw ValidationError("--probabilities needs --format csv, jsonl or parquet, or --json")
    }
  }

  private func resolvedFormat() throws -> PredictionFormat {
    if let out {
      if let format = format ?? PredictionFormat(ofFile: out) { return format }
      throw ValidationError(
        "\(out) ends in none of .csv, .jsonl and .parquet; give --format or another name")
    }
    return json ? .jsonl : format ?? .text
  }

  func run() throws {
    guard !files.contains("-") && !files.contains("/dev/stdin") || isatty(STDIN_FILENO) == 0 else {
      throw PipelineError.usage(
        "standard input is a terminal; pipe a picture or paths in, or name files or folders")
    }
    if let out, files.contains(where: { FilePath(text: $0).isSameFile(as: FilePath(text: out)) }) {
      throw PipelineError.usage("--out \(out) is one of the inputs; give it another name")
    }
    let model = try LoadedModel(model, options.settings)
    model.folder.notes.forEach(printError)
    var request = PredictionRequest(files, top: top, allScores: probabilities)
    request.split = split
    request.isNullSeparated = null
    request.allowsCommands = commands.permission == .all
    request.note = { printError($0) }
    let format = try resolvedFormat()
    let counts =
      try out.map {
        try model.predict(
          request, to: $0, as: format, replacing: force, console: Console(quiet: json))
      } ?? printed(model, request, format)
    if let out {
      if json { try printJSON(counts) } else { try printLine("wrote \(out): \(line(counts))") }
    }
    guard let line = counts.unreadableLine else { return }
    let first = out == nil ? nil : counts.firstUnreadable.first
    if counts.pictures > 1 || out != nil {
      printError(
        line + (first.map { ", the first \($0.key): \($0.reason); the column error has all" } ?? "")
      )
    }
    if !counts.isWithin(BadSamples.Limit(fraction: unreadableLimit)) { throw ExitCode(65) }
  }

  /// Prints the answers as they come.
  private func printed(
    _ model: LoadedModel, _ request: PredictionRequest, _ format: PredictionFormat
  ) throws -> PredictionCounts {
    let table = model.table(request, format)
    if format != .text { try printBytes(table.header) }
    return try model.predict(request, console: Console(quiet: true)) { batch in
      if format != .text { try printBytes(table.rows(of: batch)) }
      for prediction in batch {
        if let error = prediction.error { printError("\(prediction.path): \(error)") }
        guard format == .text, prediction.error == nil else { continue }
        let classes = prediction.top.map {
          "\($0.class) \(Format.fixed(100 * Double($0.score), 1)) %"
        }
        try printLine("\(prediction.path): \(classes.joined(separator: ", "))")
      }
    }
  }

  private func line(_ counts: PredictionCounts) -> String {
    let all = Format.counted(counts.pictures, "picture", "pictures")
    guard counts.predicted > 0 else { return all }
    let part =
      counts.predicted < counts.pictures ? ", \(Format.count(counts.predicted)) of them now" : ""
    return "\(all)\(part), \(Format.count(counts.imagesPerSecond)) a second"
  }
}
