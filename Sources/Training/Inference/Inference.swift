public import ImageData
public import Models
package import Terminal
public import Torch

/// A network in evaluation, not in training: its batch norms are folded as long as this lives.
///
/// ```swift
/// let inference = try Inference(network, input: input, Runtime())
/// try inference.forEachBatch(of: pictures) { batch, logits in
///   print(batch.indices, try logits.array(of: Float.self))
/// }
/// ```
/// The last batch is padded, since another batch size gives other last bits.
public final class Inference {
  /// What it makes of pictures.
  public enum Output: String, Sendable {
    /// What the network's last layer says.
    case scores
    /// What that layer sees.
    case features
  }

  /// The network itself, or replicas of it that compute a batch each at the same time.
  private let networks: [any Network]
  private let threads: ComputeThreads
  /// How many batches at the same time are fastest. How many threads share a batch is not timed: with another
  /// number some float32 convolutions (1 × 1, of one pixel) give other last bits.
  private var timing: ThreadTiming
  private let input: ImageInput
  private let runtime: Runtime
  private let output: Output
  private let toImages: ImageTensor
  /// The pictures so far that lack their file's end.
  package private(set) var withoutEnd = ImagesWithoutEnd()

  /// Prepares `network`, which computes as `runtime` says, for pictures that it sees as `input` says.
  /// - Throws: `TrainingError.usage` where that is int8 and the network has no such form or was not calibrated,
  ///   `TorchError`.
  public init(
    _ network: any Network, input: ImageInput, _ runtime: Runtime, making output: Output = .scores
  ) throws {
    self.output = output
    self.input = input
    self.runtime = runtime
    toImages = try ImageTensor(input, device: runtime.device)
    // Where a batch is too little work for all threads.
    let most = runtime.threads.most(ofCores: Libtorch.threads)
    let count =
      runtime.device == .cpu ? Self.replicas(of: input, batch: runtime.batch, most: most) : 1
    let replicas = count > 1 ? try (0..<count).compactMap { _ in try network.replica() } : []
    networks = replicas.isEmpty ? [network] : replicas
    threads = try ComputeThreads(count: networks.count, poolSize: max(1, most / networks.count))
    timing =
      networks.count > 1 && runtime.threads == .auto
      ? ThreadTiming(upTo: networks.count) : ThreadTiming([networks.count])
    for network in networks { try network.fold(for: runtime) }
  }

  deinit { for network in networks { network.unfold() } }

  /// How many batches are computed at the same time: one a thread, as long as they have no more pixels in
  /// all than 16 pictures of ImageNet's size a thread, or 5,000 of 28 × 28.
  private static func replicas(of input: ImageInput, batch: Int, most: Int) -> Int {
    let pixels = max(1, input.size * input.size * batch)
    return max(1, min(most, (1 << 22) / pixels))
  }

  /// Runs the network over the pictures of `dataset`, in order, and hands each batch and its float32 logits
  /// [batch, classes], or features, to `body`. Of a picture that cannot be read the batch has a reason.
  /// - Throws: `TrainingError.nonFinite` naming a picture of which they are no numbers, `Stopped` where a signal
  ///   asked for it, `TorchError`.
  public func forEachBatch(
    of dataset: any ImageDataset, _ body: (ImageBatch, Tensor) throws -> Void
  ) throws {
    try forEachBatch(of: dataset, range: nil, body)
  }

  /// Runs the network over the pictures `range` of `dataset` (all of them by default), in order, and
  /// hands each batch and its float32 logits [batch, classes], or features, to `body`.
  /// - Throws: `TrainingError.nonFinite` naming a picture of which they are no numbers.
  package func forEachBatch(
    of dataset: any ImageDataset, range: Range<Int>? = nil, hashesContents: Bool = false,
    notesContents: Bool = false, copying: CacheFormat? = nil, badSamples: BadSamples? = nil,
    progress: ProgressBar? = nil,
    _ body: (ImageBatch, Tensor) throws -> Void
  ) throws {
    let range = range ?? 0..<dataset.count
    var preset = input.evaluationPreset
    preset.mode = runtime.cropMode
    let loader = try BatchLoader(
      dataset: dataset, order: SequentialOrder(), positions: range,
      batchSize: max(1, min(runtime.batch, range.count)),
      preset: .evaluation(preset), seed: 0, workers: runtime.workers,
      queueDepth: max(4, 2 * networks.count), hashContent: hashesContents,
      notesContents: notesContents, copying: copying, onUnreadable: .mark,
      maxPixels: runtime.maxPixels,
      badSamples: badSamples, yieldsCores: runtime.device == .cpu)
    defer {
      loader.stop()
      withoutEnd.add(loader.withoutEnd)
    }
    while case let batches = try next(batchesAtOnce, from: loader), !batches.isEmpty {
      for (batch, logits) in zip(batches, try timedLogits(of: batches)) {
        try withoutGradients {
          let isFull = batch.count == runtime.batch
          let rows = isFull ? logits : try logits.narrowed(axis: 0, to: 0..<batch.count)
          try requireFinite(rows, of: batch, in: dataset)
          try body(batch, rows)
        }
        progress?.advance(by: batch.count)
      }
    }
  }

  /// Up to `count` batches, fewer at the end.
  private func next(_ count: Int, from loader: BatchLoader) throws -> [ImageBatch] {
    var batches: [ImageBatch] = []
    while batches.count < count, let batch = try StopSignal.orStopped(loader.next) {
      try StopSignal.check()
      batches.append(batch)
    }
    return batches
  }

  private var batchesAtOnce: Int { networks.count > 1 ? timing.threads : 1 }

  /// The logits of each batch, of which as many are computed at once as is fastest.
  private func timedLogits(of batches: [ImageBatch]) throws -> [Tensor] {
    // The last batches may be too few for all threads.
    guard runtime.device == .cpu, batches.count == batchesAtOnce else {
      return try logits(of: batches)
    }
    let start = runtime.clock()
    let all = try logits(of: batches)
    // A last batch that is not full takes as long as the others.
    let change = timing.note(
      amount: batches.count * runtime.batch, seconds: runtime.clock() - start)
    if let line = change?.line(unit: "img", sharing: threads.poolSize, runtime) {
      runtime.say(line)
    }
    return all
  }

  /// The logits of each batch, whose rows beyond its own are of no picture.
  private func logits(of batches: [ImageBatch]) throws -> [Tensor] {
    let pass = Pass(.evaluation, precision: runtime.precision)
    var logits = [Tensor?](repeating: nil, count: batches.count)
    try logits.withUnsafeMutableBufferPointer { logits in
      let logits = logits
      func compute(_ place: Int) throws {
        try withoutGradients {
          logits[place] = try sayingWhatFits(batch: runtime.batch, key: runtime.batchKey) {
            let pictures = try toImages(batches[place], paddedTo: runtime.batch)
            return try output == .features
              ? networks[place].features(pictures, pass) : networks[place](pictures, pass)
          }
        }
      }
      guard networks.count > 1 else {
        return try Libtorch.withThreads(threads.poolSize) { try compute(0) }
      }
      try threads.perform(parts: batches.count, compute)
    }
    return logits.compactMap { $0 }
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

extension Network {
  /// Prepares evaluation passes as `runtime` says.
  /// - Throws: `TrainingError.usage` where that is int8 and the network has no such form, or was not
  ///   calibrated.
  fileprivate func fold(for runtime: Runtime) throws {
    guard runtime.precision == .int8 else { return try fold(precision: runtime.precision) }
    guard let foldable else { throw TrainingError.noInt8 }
    guard let ranges = runtime.ranges else {
      throw TrainingError.usage("int8 wants the network to be calibrated first")
    }
    try foldable.fold(to: ranges)
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
