import Files
import Foundation
import ImageData
public import Terminal
import Torch
import Training

extension LoadedModel {
  /// The table that the answers to `request` are written as.
  public func table(_ request: PredictionRequest, _ format: PredictionFormat) -> PredictionTable {
    PredictionTable(
      format, classNames: folder.classNames, top: request.top, allScores: request.allScores)
  }

  /// Asks the model about the pictures of `request` and writes the answers to the file at `path`, which
  /// is there when all are answered. One that was stopped or killed goes on where it was, and gives the
  /// same bytes as if it had not been.
  /// - Parameters:
  ///   - request: Which pictures, and what is wanted.
  ///   - path: The file.
  ///   - format: How it is written: a table or JSON lines.
  ///   - replacing: Whether an earlier file, or an unfinished one of other pictures or another model, is
  ///     given up.
  ///   - console: Where progress is shown.
  /// - Returns: The counts over all calls.
  /// - Throws: `PipelineError`, `ImageDataError`, `FileError`, `TorchError`; `Stopped` after saving where
  ///   a signal asked for it.
  public func predict(
    _ request: PredictionRequest, to path: String, as format: PredictionFormat,
    replacing: Bool = false, console: Console = Console(quiet: true)
  ) throws -> PredictionCounts {
    if format == .parquet { _ = try ParquetLibrary.shared() }
    let file = try PredictionFile(path: path, isReplacing: replacing)
    defer { file.withdraw() }
    let sources = try ImageSources(
      request,
      Indexing(
        folder: "\(file.folder)/index", isTemporary: true, workers: runtime.workers,
        console: console))
    let pictures = sources.dataset
    let table = table(request, format)
    try file.begin(origin(of: request, format, sources), header: table.header)
    let begun = file.pictures
    let start = Stopwatch()
    let progress = console.progress(
      "predict", total: pictures.count, from: begun, counting: "picture")
    do {
      try forEachBatch(
        of: pictures, from: begun, top: request.top, allScores: request.allScores,
        batch: runtime.batch, progress: progress
      ) { try file.append($0, rows: table.rows(of: $0)) }
    } catch {
      // What stopped it is what is told; the rows so far are good ones.
      try? file.save()
      throw error
    }
    progress.finish()
    if let line = withoutEnd { request.note(line) }
    try file.finish(table)
    return PredictionCounts(
      pictures: file.pictures, unreadable: file.unreadable, firstUnreadable: file.firstUnreadable,
      predicted: file.pictures - begun, seconds: start.seconds)
  }

  /// What the bytes of the answers depend on, by what people call it.
  private func origin(
    of request: PredictionRequest, _ format: PredictionFormat, _ sources: ImageSources
  ) throws -> [String: String] {
    let model = [
      try Checksum.sha256(file: folder.weightsPath), "\(folder.options)", "\(folder.input)",
      "\(folder.cropMode)", folder.classNames.joined(separator: "\n"),
    ]
    return [
      "the model": Checksum.sha256(Data(model.joined(separator: "\n").utf8)),
      "the pictures": sources.identity, "--format": format.rawValue,
      "--top": "\(min(request.top, folder.classNames.count))",
      "--probabilities": "\(request.allScores)", "--batch": "\(runtime.batch)",
      "--device": runtime.device.kind.rawValue, "--precision": runtime.precision.rawValue,
      "libtorch": "\(Libtorch.version), \(CPU.kernels)",
    ]
  }
}
