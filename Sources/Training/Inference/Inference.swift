package import ImageData
package import Models
package import Torch

/// A network in evaluation, not in training: its batch norms are folded as long as this lives.
///
/// The last batch is padded, since another batch size gives other last bits.
package final class Inference {
  /// What it makes of pictures.
  package enum Output: String {
    /// What the network's last layer says.
    case scores
    /// What that layer sees.
    case features
  }

  private let network: any Network
  private let input: ImageInput
  private let runtime: Runtime
  private let output: Output
  private let toPictures: ImageTensor
  /// The pictures so far that lack their file's end.
  package private(set) var withoutEnd = ImagesWithoutEnd()

  package init(
    _ network: any Network, input: ImageInput, _ runtime: Runtime, making output: Output = .scores
  ) throws {
    self.network = network
    self.output = output
    self.input = input
    self.runtime = runtime
    toPictures = try ImageTensor(input, device: runtime.device)
    try network.fold(precision: runtime.precision)
  }

  deinit { network.unfold() }

  /// Runs the network over the pictures `range` of `dataset` (all of them by default), in order, and
  /// hands each batch and its float32 logits [batch, classes], or features, to `body`.
  /// - Throws: `TrainingError.nonFinite` naming a picture of which they are no numbers.
  package func forEachBatch(
    of dataset: any ImageDataset, range: Range<Int>? = nil, hashesContents: Bool = false,
    notesContents: Bool = false, badSamples: BadSamples? = nil, progress: ProgressBar? = nil,
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
      badSamples: badSamples, yieldsCores: runtime.device == .cpu)
    defer {
      loader.stop()
      withoutEnd.add(loader.withoutEnd)
    }
    let pass = Pass(.evaluation, precision: runtime.precision)
    try withoutGradients {
      while let batch = try StopSignal.orStopped(loader.next) {
        try StopSignal.check()
        let logits = try sayingWhatFits(batch: runtime.batch, key: runtime.batchKey) {
          let pictures = try toPictures(batch, paddedTo: runtime.batch)
          return try output == .features
            ? network.features(pictures, pass) : network(pictures, pass)
        }
        let isFull = batch.count == runtime.batch
        let rows = isFull ? logits : try logits.narrowed(axis: 0, to: 0..<batch.count)
        try requireFinite(rows, of: batch, in: dataset)
        try body(batch, rows)
        progress?.advance(by: batch.count)
      }
    }
  }

  /// Scores that are not numbers cannot be ordered, although a sort does not complain.
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
    throw TrainingError.nonFinite(
      "\(dataset.key(at: batch.indices[row])): the network's \(output.rawValue) are no finite numbers in "
        + "\(runtime.precision.rawValue); \(advice)")
  }
}

/// Does `work`, which runs a network over batches of `count` pictures; where memory runs out, the
/// error names `key`, which sets how many.
package func sayingWhatFits<Value>(batch count: Int, key: String, _ work: () throws -> Value) throws
  -> Value
{
  do {
    return try work()
  } catch let error as TorchError where error.kind == .outOfMemory {
    throw TrainingError.memory(
      "not enough memory for \(count) pictures at once (\(error)); "
        + (count > 1 ? "\(key)=\(max(1, count / 4)) takes a quarter" : "take a smaller network"))
  }
}
