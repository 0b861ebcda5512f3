public import ImageData
public import Torch

/// What the loss compares the logits of a batch with.
public struct Targets {
  private let examples: Examples
  private let loss: TrainingSettings.Loss
  private let smoothing: Float
  private let threshold: Float?
  private let order: any SampleOrder
  private let seed: UInt64
  private let device: Device

  /// The targets of `examples`, which are seen in `order`; `oneOfM` draws from `seed`. `smoothing` of each target
  /// is shared by all classes alike; with a `threshold`, what is above it is 1 and the rest 0.
  public init(
    _ examples: Examples, loss: TrainingSettings.Loss = .softmax, smoothing: Double = 0,
    threshold: Double? = nil, order: any SampleOrder, seed: UInt64 = 0, device: Device = .cpu
  ) {
    self.examples = examples
    self.loss = loss
    self.smoothing = Float(smoothing)
    self.threshold = threshold.map { Float($0) }
    self.order = order
    self.seed = seed
    self.device = device
  }

  /// The rows [batch, classes] of a batch on the device.
  public struct Rows {
    /// What the logits should become: of a picture with m labels alike 1/m on each for `softmax`, 1 for `sigmoid`,
    /// 1 on one of them, drawn anew in each pass, for `oneOfM`; of one with weights these, or 1 on a class drawn by
    /// them. Of two mixed pictures the mean by their shares.
    public let targets: Tensor
    /// Above 0 on each label, of labels with weights on the one of the greatest, and of two mixed pictures on those
    /// of the one with the greater share.
    public let members: Tensor
  }

  /// One row a picture of `batch`.
  /// - Throws: `TorchError` when there is not enough memory.
  public func rows(for batch: ImageBatch) throws -> Rows {
    let width = examples.classCount
    var values = [Float](repeating: 0, count: batch.count * width)
    for row in 0..<batch.count {
      for (source, share) in sources(of: row, in: batch) {
        add(source, of: batch, times: share, to: &values[row * width..<(row + 1) * width])
      }
    }
    finish(&values)
    let targets = try Tensor(values, shape: [batch.count, width], device: device)
    let isPlain =
      loss != .oneOfM && smoothing == 0 && !examples.hasWeights && batch.mixed.isEmpty
    return Rows(targets: targets, members: isPlain ? targets : try members(of: batch))
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

  // MARK: - Private

  /// The rows whose pictures the one in `row` shows, with their shares.
  private func sources(of row: Int, in batch: ImageBatch) -> [(row: Int, share: Float)] {
    guard !batch.mixed.isEmpty, batch.mixed[row].share < 1 else { return [(row, 1)] }
    let mixed = batch.mixed[row]
    return [(row, mixed.share), (mixed.neighbour, 1 - mixed.share)]
  }

  /// Adds the target of the picture in `row`, times `share`.
  private func add(
    _ row: Int, of batch: ImageBatch, times share: Float, to values: inout ArraySlice<Float>
  ) {
    let index = batch.indices[row]
    let classes = examples.classes(at: index)
    let weights = examples.weights(at: index)
    func add(_ label: Int32, _ value: Float) {
      values[values.startIndex + Int(label)] += share * value
    }
    switch loss {
    case .oneOfM:
      let pass = order.sample(at: batch.positions.lowerBound + row).pass
      add(classes[place(Hash.mix(seed, UInt64(pass), UInt64(index)), in: classes, weights)], 1)
    case .softmax, .sigmoid:
      let alike = loss == .softmax ? 1 / Float(classes.count) : 1
      for (place, label) in classes.enumerated() {
        add(label, weights.map { $0[$0.startIndex + place] } ?? alike)
      }
    }
  }

  /// Which of `classes` a random number falls on.
  private func place(
    _ draw: UInt64, in classes: ArraySlice<Int32>, _ weights: ArraySlice<Float>?
  ) -> Int {
    guard let weights else {
      return classes.startIndex + Int(draw % UInt64(max(classes.count, 1)))
    }
    var left = Float(draw >> 40) * 0x1p-24
    for (place, weight) in zip(classes.indices, weights) {
      left -= weight
      if left < 0 { return place }
    }
    return classes.endIndex - 1
  }

  /// Smooths the targets, and takes those above the threshold for 1.
  private func finish(_ values: inout [Float]) {
    if smoothing > 0 {
      let shared = smoothing / Float(examples.classCount)
      for index in values.indices { values[index] = values[index] * (1 - smoothing) + shared }
    }
    if let threshold {
      for index in values.indices { values[index] = values[index] > threshold ? 1 : 0 }
    }
  }

  /// Which entries of the rows count as right.
  private func members(of batch: ImageBatch) throws -> Tensor {
    let width = examples.classCount
    var members = [Float](repeating: 0, count: batch.count * width)
    for row in 0..<batch.count {
      let shown = sources(of: row, in: batch).max { $0.share < $1.share }?.row ?? row
      for label in examples.mainClasses(at: batch.indices[shown]) {
        members[row * width + Int(label)] = 1
      }
    }
    return try Tensor(members, shape: [batch.count, width], device: device)
  }
}
