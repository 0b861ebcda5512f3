import Copies
import Files
import Foundation
import ImageData
import Models
public import Recipes
import SystemPackage
public import Terminal
import Torch
public import Training

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

/// A model folder's network, ready to be measured and asked.
///
/// ```swift
/// let model = try LoadedModel("runs/birds/4-fine-tuned")
/// let sights = try model.predict(["a.jpg", "folder"])           // files, and folders of them
/// let same = try model.predict([.file(jpeg)])                   // what the program has already
/// try model.predict(["folder"]) { print($0.path, $0.top.first?.class ?? "unreadable") }
/// ```
public final class LoadedModel {
  /// The model's description.
  public let folder: ModelFolder
  let network: any Network
  let runtime: Runtime

  /// Loads the model in the folder `path`.
  /// - Throws: `PipelineError` or `FileError` naming the file and what is wrong with it.
  public init(_ path: String, _ settings: InferenceSettings = InferenceSettings()) throws {
    folder = try ModelFolder(contentsOf: path)
    let device = try Run.device(settings.device)
    let cores = Threads.cores
    try Libtorch.setThreads(cores)
    Libtorch.keepMemory()
    network = try folder.load(on: device)
    var runtime = Runtime(
      device: device, precision: Run.precision(settings.precision, on: device),
      batch: settings.batch)
    (runtime.batchKey, runtime.precisionKey) = ("--batch", "--precision float32")
    runtime.cropMode = folder.cropMode
    self.runtime = runtime
  }

  /// Measures the model on the labelled pictures at `path`; with `int8` as a teacher scores in int8, calibrated on
  /// some of these pictures.
  /// - Throws: `PipelineError.data` with the names when the classes are others than the model's.
  public func evaluate(
    _ path: String, split: String? = nil, int8: Bool = false,
    console: Console = Console(quiet: true)
  ) throws -> Evaluation {
    if int8 { try requireInt8() }
    let folder = FilePath(text: path)
    if split == nil, folder.isFolder, let taken = IDXFiles.setTaken(in: folder) {
      console.say(
        "\(path) holds the sets \(taken.of.joined(separator: ", ")), and \(taken.set) is measured; "
          + "--split test measures the test pictures")
    }
    return try StopSignal.savingNothing {
      try Indexing.temporarily(workers: runtime.workers, console) { indexing in
        try evaluate(
          openLabelled(path, split: split, as: "measured", indexing, allowsEmptyClasses: true),
          called: path, int8: int8, console: console)
      }
    }
  }

  private func evaluate(
    _ dataset: any ImageDataset, called path: String, int8: Bool, console: Console
  ) throws -> Evaluation {
    try RunData.requireLabels(of: dataset, at: path)
    let dataset = try inClassOrder(
      dataset, "the classes of \(path)", folder.classNames, "the model's")
    PassedOver.lines(of: [dataset]).forEach { console.say($0) }
    var runtime = runtime
    if int8 {
      console.note(
        "calibrating int8 on "
          + Format.counted(
            min(calibrationImages, dataset.count), "of the pictures", "of the pictures"))
      runtime.precision = .int8
      runtime.ranges = try calibrate(network, on: dataset, input: folder.input, runtime, seed: 0)
    }
    let progress = console.progress("evaluate", total: dataset.count)
    var contents: [ContentHash.Prefix] = []
    let result = try Training.evaluate(
      network, on: Examples(labelled: dataset), input: folder.input, runtime, progress: progress
    ) { contents.append($0) }
    progress.finish()
    RepeatedImages(in: dataset, contents, called: "picture", at: path).lines
      .forEach { console.note($0) }
    return result
  }

  /// - Throws: `PipelineError.usage` where the model or this machine does not compute in int8.
  private func requireInt8() throws {
    if let error = PipelineError(ofInt8On: runtime.device, key: "--int8") { throw error }
    guard network.foldable != nil else {
      throw PipelineError.usage("--int8: \(folder.path): \(TrainingError.noInt8)")
    }
  }

  /// Which pictures of the last call of `predict` lack their file's end and are taken without it, in a
  /// line, if any.
  public internal(set) var withoutEnd: String?
}
