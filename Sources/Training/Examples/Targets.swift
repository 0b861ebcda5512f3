public import ImageData
public import Torch

/// What the loss compares the logits of a batch with.
public struct Targets {
  private let examples: Examples
  private let loss: TrainingSettings.Loss
  private let order: any SampleOrder
  private let seed: UInt64
  private let device: Device

  /// The targets of `examples`, which are seen in `order`; `oneOfM` draws from `seed`.
  public init(
    _ examples: Examples, loss: TrainingSettings.Loss = .softmax, order: any SampleOrder,
    seed: UInt64 = 0, device: Device = .cpu
  ) {
    self.examples = examples
    self.loss = loss
    self.order = order
    self.seed = seed
    self.device = device
  }

  /// The rows [batch, classes] of a batch on the device.
  public struct Rows {
    /// What the logits should become: 1/m on each of m labels for `softmax`, 1 for `sigmoid`, 1 on one
    /// of them, drawn anew in each pass, for `oneOfM`.
    public let targets: Tensor
    /// Above 0 on each label.
    public let members: Tensor
  }

  /// One row a picture of `batch`.
  /// - Throws: `TorchError` when there is not enough memory.
  public func rows(for batch: ImageBatch) throws -> Rows {
    let targets = try tensor(of: batch) { index, row in
      let classes = examples.classes(at: index)
      switch loss {
      case .softmax: return classes.map { ($0, 1 / Float(classes.count)) }
      case .sigmoid: return classes.map { ($0, 1) }
      case .oneOfM:
        let pass = order.sample(at: batch.positions.lowerBound + row).pass
        let draw = Hash.mix(seed, UInt64(pass), UInt64(index)) % UInt64(max(classes.count, 1))
        return [(classes[classes.startIndex + Int(draw)], 1)]
      }
    }
    guard loss == .oneOfM else { return Rows(targets: targets, members: targets) }
    let members = try tensor(of: batch) { index, _ in examples.classes(at: index).map { ($0, 1) } }
    return Rows(targets: targets, members: members)
  }

  /// The mean loss of `logits` over the rows, with its gradient.
  /// - Throws: `TorchError` when the shapes differ.
  public func loss(_ logits: Tensor, _ rows: Rows) throws -> Tensor {
    switch loss {
    case .softmax, .oneOfM: try logits.softmaxCrossEntropy(rows.targets)
    case .sigmoid: try logits.sigmoidCrossEntropy(rows.targets)
    }
  }

  /// How many rows of `logits` have their largest entry at one of the picture's classes, on the device.
  /// - Throws: `TorchError` when the shapes differ.
  public func hits(_ logits: Tensor, _ rows: Rows) throws -> Tensor {
    try logits.hits(in: rows.members)
  }

  private func tensor(
    of batch: ImageBatch, _ entries: (_ index: Int, _ row: Int) -> [(label: Int32, value: Float)]
  ) throws -> Tensor {
    let width = examples.classCount
    var values = [Float](repeating: 0, count: batch.count * width)
    for row in 0..<batch.count {
      for (label, value) in entries(batch.indices[row], row) {
        values[row * width + Int(label)] = value
      }
    }
    return try Tensor(values, shape: [batch.count, width], device: device)
  }
}
