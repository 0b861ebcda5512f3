import ImageData
import Models
import Torch

/// What a network is measured and run with, besides its weights.
struct Runtime {
  let device: Device
  let precision: Precision
  let workers: Int
  var batch: Int
  /// What the user sets to have another batch.
  let batchKey: String
  let maxPixels: Int
  /// What the user sets to compute in float32.
  let precisionKey: String
  /// What becomes of pictures that are no squares.
  var cropMode = CropMode.center
}

/// A network that is only asked, not trained: its batch norms are folded as long as this lives.
///
/// The last batch is padded, since another batch size gives other last bits.
final class Inference {
  private let network: any Network
  private let input: Recipe.Input
  private let runtime: Runtime
  private let toPictures: PictureTensor
  /// The pictures so far that lack their file's end.
  private(set) var withoutEnd = PicturesWithoutEnd()

  init(_ network: any Network, input: Recipe.Input, _ runtime: Runtime) throws {
    self.network = network
    self.input = input
    self.runtime = runtime
    toPictures = try PictureTensor(input, device: runtime.device)
    try network.fold(precision: runtime.precision)
  }

  deinit { network.unfold() }

  /// Runs the network over the pictures `range` of `dataset` (all of them by default), in order, and
  /// hands each batch and its float32 logits [batch, classes] to `body`.
  /// - Throws: `PipelineError.nonFinite` naming a picture whose logits are no numbers.
  func forEachBatch(
    of dataset: any ImageDataset, range: Range<Int>? = nil, hashesContents: Bool = false,
    notesContents: Bool = false, badSamples: BadSamples? = nil, progress: Progress? = nil,
    _ body: (ImageBatch, Tensor) throws -> Void
  ) throws {
    let range = range ?? 0..<dataset.count
    var preset = input.evaluationPreset
    preset.mode = runtime.cropMode
    let loader = try BatchLoader(
      dataset: dataset, order: SequentialOrder(), positions: range,
      batchSize: max(1, min(runtime.batch, range.count)),
      preset: .evaluation(preset), seed: 0, workers: runtime.workers,
      hashContent: hashesContents, notesContents: notesContents, onUnreadable: .mark,
      maxPixels: runtime.maxPixels,
      badSamples: badSamples, givesWay: runtime.device == .cpu)
    defer {
      loader.stop()
      withoutEnd.add(loader.withoutEnd)
    }
    let pass = Pass(.evaluation, precision: runtime.precision)
    try withoutGradients {
      while let batch = try StopSignal.orStopped(loader.next) {
        try StopSignal.check()
        let logits = try sayingWhatFits(batch: runtime.batch, key: runtime.batchKey) {
          try network(toPictures(batch, paddedTo: runtime.batch), pass)
        }
        let isFull = batch.count == runtime.batch
        let rows = isFull ? logits : try logits.narrowed(axis: 0, to: 0..<batch.count)
        try requireFinite(rows, of: batch, in: dataset)
        try body(batch, rows)
        progress?.advance(by: batch.count)
      }
    }
  }
  /// Scores that are no numbers have no order, whatever a sort makes of them.
  private func requireFinite(_ logits: Tensor, of batch: ImageBatch, in dataset: any ImageDataset)
    throws
  {
    guard try !logits.isFinite() else { return }
    let values = try logits.array(of: Float.self)
    let classes = values.count / max(1, batch.count)
    let row = (values.firstIndex { !$0.isFinite } ?? 0) / max(1, classes)
    let advice =
      runtime.precision == .float32
      ? "its weights are too large to compute with" : "try \(runtime.precisionKey)"
    throw PipelineError.nonFinite(
      "\(dataset.key(at: batch.indices[row])): the network's scores are no finite numbers in "
        + "\(runtime.precision.rawValue); \(advice)")
  }
}
