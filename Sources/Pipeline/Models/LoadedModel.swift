import Foundation
import ImageData
import Models
import Torch

/// How a model is run that is not being trained.
public struct InferenceSettings: Sendable {
  /// What computes.
  public var device: Recipe.DeviceChoice
  /// In which precision.
  public var precision: Recipe.PrecisionChoice
  /// Pictures computed at once.
  public var batch: Int

  /// Settings with these values.
  public init(
    device: Recipe.DeviceChoice = .auto, precision: Recipe.PrecisionChoice = .auto, batch: Int = 64
  ) {
    self.device = device
    self.precision = precision
    self.batch = batch
  }
}

/// What a model sees in one picture.
public struct Prediction: Encodable, Sendable {
  /// A class and its probability.
  public struct Guess: Encodable, Sendable {
    /// The class's name.
    public let `class`: String
    /// Its place among the logits.
    public let index: Int
    /// Its probability.
    public let score: Float
  }

  /// The picture's file.
  public let path: String
  /// The most probable classes, best first.
  public let top: [Guess]
  /// The probabilities of all classes, in class order, when asked for.
  public let scores: [Float]?
  /// Why there are none.
  public let error: String?
}

/// A model folder's network, ready to be measured and asked.
///
/// ```swift
/// let model = try LoadedModel("runs/birds/4-fine-tuned")
/// try model.predict(["a.jpg"]) { print($0.path, $0.top.first?.class ?? "unreadable") }
/// ```
public final class LoadedModel {
  /// The model's description.
  public let folder: ModelFolder
  private let network: any Network
  private let runtime: Runtime

  /// Loads the model in the folder `path`.
  /// - Throws: `PipelineError` or `FileError` naming the file and what is wrong with it.
  public init(_ path: String, _ settings: InferenceSettings = InferenceSettings()) throws {
    folder = try ModelFolder(contentsOf: path)
    let device = try Run.device(settings.device)
    let cores = ProcessInfo.processInfo.activeProcessorCount
    try Libtorch.setThreads(cores)
    Libtorch.keepMemory()
    network = try folder.load(on: device)
    runtime = Runtime(
      device: device, precision: Run.precision(settings.precision, on: device), workers: cores,
      batch: settings.batch, batchKey: "--batch",
      maxPixels: Recipe.Data(labelled: "", unlabelled: "").maxPixels, cropMode: folder.cropMode)
  }

  /// Measures the model on the labelled pictures at `path`.
  /// - Throws: `PipelineError.data` with the names when the classes are others than the model's.
  public func evaluate(
    _ path: String, split: String? = nil, console: Console = Console(quiet: true)
  ) throws -> Evaluation {
    let dataset = try inClassOrder(
      openDataset(path, split: split), "the classes of \(path)", folder.classNames, "the model's")
    let progress = console.progress("evaluate", total: dataset.count)
    let result = try Pipeline.evaluate(
      network, on: Examples(labelled: dataset), input: folder.input, runtime, progress: progress)
    progress.finish()
    return result
  }

  /// Asks the model about picture files, in their order; a file that cannot be read has an `error`.
  /// - Throws: `TorchError`, or what `body` throws.
  public func predict(
    _ files: [String], top count: Int = 5, allScores: Bool = false,
    _ body: (Prediction) throws -> Void
  ) throws {
    let pictures = PictureFiles(files)
    let count = min(count, folder.classNames.count)
    let classes = folder.classNames.count
    // Nothing is compared bit by bit here, so a few pictures are not padded to a full batch.
    var runtime = runtime
    runtime.batch = min(runtime.batch, max(1, files.count))
    let inference = try Inference(network, input: folder.input, runtime)
    try inference.forEachBatch(of: pictures, badSamples: BadSamples(of: pictures, limit: .none)) {
      batch, logits in
      let scores = try logits.softmax()
      let best = try scores.top(count)
      let values = try best.values.array(of: Float.self)
      let indices = try best.indices.array(of: Int64.self)
      let all = allScores ? try scores.array(of: Float.self) : []
      for row in 0..<batch.count {
        let path = files[batch.indices[row]]
        if let reason = batch.reasons[row] {
          try body(Prediction(path: path, top: [], scores: nil, error: reason))
          continue
        }
        let guesses = (row * count..<(row + 1) * count).map { place in
          Prediction.Guess(
            class: folder.classNames[Int(indices[place])], index: Int(indices[place]),
            score: values[place])
        }
        try body(
          Prediction(
            path: path, top: guesses,
            scores: allScores ? Array(all[row * classes..<(row + 1) * classes]) : nil, error: nil))
      }
    }
  }
}
