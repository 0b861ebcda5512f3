import Files
import Foundation
import ImageData
package import Models
import SystemPackage
import Torch

/// A step of a training that could not be taken: the pictures that a process computed in it, what they should
/// have become, and the weights before it, so that it can be computed again and looked into.
///
/// One safetensors file: `pictures` [N, H, W, C] bytes, as they were augmented; `targets` [N, classes];
/// `indices` and `positions` [N], in the data set and in the training's order; and the network's weights and
/// statistics. The metadata says the step (from 1), the seed, the parts, the precision, the reason, and the
/// weights' checksum.
package struct StepCapture {
  /// What it says of itself.
  package let metadata: [String: String]
  private let tensors: [ParameterStore.Named]
  private let name: String

  /// The step after `step` others of `job`, whose pictures are read again. Those without labels are there as their strong
  /// views, whose targets the weak ones give again.
  init(
    of job: TrainingJob, _ plan: TrainingPlan, _ share: PartShare, _ order: any SampleOrder,
    _ inputs: PartInputs, step: Int, _ runtime: Runtime, because reason: String
  ) throws {
    let loader = try job.loader(
      plan, share, order, from: step, runtime,
      BadSamples(of: job.examples.dataset, limit: .none), steps: 1)
    defer { loader.stop() }
    var pictures: [Tensor] = []
    var rows: [Tensor] = []
    var indices: [Int64] = []
    var positions: [Int64] = []
    let statistics = try BatchStatistics(of: job.network)
    try statistics.remember()
    var parts = share.parts.makeIterator()
    while let part = try loader.next() {
      for batch in [part.labelled] + (part.views.map { [$0.strong] } ?? []) {
        let shape = [batch.count, batch.size, batch.size, batch.channels]
        pictures.append(
          try Tensor(bytes: UnsafeRawBufferPointer(batch.pixels), shape: shape, dtype: .uint8))
        indices += batch.indices.map(Int64.init)
        positions += batch.positions.map(Int64.init)
      }
      // Other processes may have nothing to capture, so nothing is asked of them.
      let number = parts.next() ?? 0
      let whole = job.pass(runtime, step: step, part: number)
      let pass = Pass(whole.mode, precision: whole.precision, dropPath: whole.dropPath)
      rows.append(
        try inputs(part, number, job.network, pass).rows.targets.to(.float32, device: .cpu))
    }
    // Weak views have moved them.
    try statistics.restore()
    let weights = job.network.weights.state
    tensors =
      [
        ("pictures", try Tensor.concatenated(pictures)), ("targets", try Tensor.concatenated(rows)),
        ("indices", try Tensor(indices, shape: [indices.count])),
        ("positions", try Tensor(positions, shape: [positions.count])),
      ] + weights.map { ("network.\($0.name)", $0.tensor) }
    let sum = try Tensor.checksum(of: weights.map(\.tensor))
    metadata = [
      "training": job.title, "step": "\(step + 1)", "seed": "\(job.seed)",
      "parts": share.parts.map(String.init).joined(separator: ","),
      "micro_batch": "\(share.microBatch)", "loss": job.settings.loss.rawValue,
      "drop_path": "\(job.settings.dropPath)",
      "sync_batch_norm": "\(plan.syncBatchNorm && runtime.group.size > 1)",
      "freeze_backbone": "\(job.settings.freezeBackbone)",
      "precision": runtime.precision.rawValue, "device": runtime.device.kind.rawValue,
      "process": "\(runtime.group.rank)", "processes": "\(runtime.group.size)",
      "mean": job.input.mean.map { "\($0)" }.joined(separator: ","),
      "std": job.input.std.map { "\($0)" }.joined(separator: ","),
      "weights": String(sum, radix: 16), "reason": reason,
    ]
    let process = runtime.group.size > 1 ? "-process-\(runtime.group.rank)" : ""
    name = "step-\(Format.padded(String(step + 1), digits: 8))\(process).safetensors"
  }

  /// The capture in the file at `path`.
  /// - Throws: `FileError` when it is none.
  package init(contentsOf path: String) throws {
    let file = try Safetensors(path: path)
    metadata = file.metadata
    tensors = try file.names.map { ($0, try file.tensor($0)) }
    name = FilePath(text: path).lastComponent?.string ?? path
  }

  /// What came of one of its parts, computed again.
  package struct Replayed: Codable, Equatable, Sendable {
    /// Its number in the batch.
    package var part: Int
    /// The part's mean loss.
    package var loss: Double
    /// The first weight whose gradient has a value that is no finite number; nil where none has.
    package var notFinite: String?
  }

  /// Computes each of its parts again, with the weights before the step, which `network` takes.
  /// - Throws: `FileError` where the network is another; `TorchError`.
  package func replay(on network: any Network, _ input: ImageInput) throws -> [Replayed] {
    let (pictures, targets) = (try tensor("pictures"), try tensor("targets"))
    let state = network.weights.state
    for (name, weight) in state { try weight.copy(from: tensor("network.\(name)")) }
    let sum = String(try Tensor.checksum(of: state.map(\.tensor)), radix: 16)
    guard sum == metadata["weights"] else {
      throw TrainingError.data(
        "\(name): its weights are no longer those of the step (checksum \(sum), not \(metadata["weights"] ?? "noted"))"
      )
    }
    let size = Int(metadata["micro_batch"] ?? "") ?? pictures.shape[0]
    let parts = (metadata["parts"] ?? "").split(separator: ",").compactMap { Int($0) }
    let isFrozen = metadata["freeze_backbone"] == "true"
    let parameters = network.weights.parameters
    return try parts.indices.map { place in
      let rows = place * size..<(place + 1) * size
      let bytes = try pictures.narrowed(axis: 0, to: rows).array(of: UInt8.self)
      let seen = try bytes.withUnsafeBytes {
        try Tensor.images(
          $0, shape: [size] + pictures.shape[1...], paddedTo: size,
          scale: input.std.map { Float(1 / (255 * $0)) },
          offset: zip(input.mean, input.std).map { Float(-$0 / $1) })
      }
      let precision = Precision(rawValue: metadata["precision"] ?? "") ?? .float32
      let pass = Pass(
        isFrozen ? .evaluation : .training, precision: precision,
        dropPath: dropPath(of: parts[place]))
      let logits = try network(seen, pass)
      let wanted = try targets.narrowed(axis: 0, to: rows)
      let loss =
        try metadata["loss"] == "sigmoid"
        ? logits.sigmoidCrossEntropy(wanted) : logits.softmaxCrossEntropy(wanted)
      try Tensor.clearGradients(of: parameters.map(\.tensor))
      try loss.backward()
      let broken = try parameters.first { try !($0.tensor.gradient()?.isFinite() ?? true) }
      return Replayed(part: parts[place], loss: try loss.item(), notFinite: broken?.name)
    }
  }

  /// Which branches were left out in a part; nil where none were.
  private func dropPath(of part: Int) -> DropPath? {
    guard let rate = Double(metadata["drop_path"] ?? ""), rate > 0,
      let seed = UInt64(metadata["seed"] ?? ""), let step = Int(metadata["step"] ?? ""), step > 0
    else { return nil }
    return DropPath(rate: rate, seed: Hash.mix(seed, UInt64(step - 1), UInt64(part)))
  }

  /// How many classes its training tells apart.
  package var classCount: Int {
    get throws { try tensor("targets").shape.last ?? 0 }
  }

  private func tensor(_ name: String) throws -> Tensor {
    guard let found = tensors.first(where: { $0.name == name })?.tensor else {
      throw TrainingError.data("\(self.name): this is no capture of a step: it has no \(name)")
    }
    return found
  }

  /// Writes it into `folder`, which it makes.
  /// - Returns: The file's path.
  func write(to folder: String) throws -> String {
    try FilePath(text: folder).makeFolder()
    try Safetensors.write(tensors, metadata: metadata, to: "\(folder)/\(name)")
    return "\(folder)/\(name)"
  }

  /// The captures in `folder`.
  static func files(in folder: String) throws -> [String] {
    guard FilePath(text: folder).exists else { return [] }
    return try FilePath(text: folder).names().filter { $0.hasSuffix(".safetensors") }.sorted()
  }
}
