public import Torch

/// Loss and hits of some pictures, summed where they are computed: only `read()` waits for the device.
public final class LossSums {
  /// The losses' sum over the pictures: one float64.
  public private(set) var loss: Tensor
  /// How many of the pictures were right: one int64.
  public private(set) var hits: Tensor
  /// How many pictures with labels there were.
  public private(set) var images: Int
  /// What became of those without; nil where there were none.
  public private(set) var pseudoLabels: PseudoLabels?

  /// Sums that begin with these numbers, on the device that the network computes on.
  /// - Throws: `TorchError` when there is not enough memory.
  public init(on device: Device, loss: Double = 0, hits: Int = 0, images: Int = 0) throws {
    self.loss = try Tensor.full([], loss, dtype: .float64, device: device)
    self.hits = try Tensor.full([], Double(hits), dtype: .int64, device: device)
    self.images = images
  }

  /// Sums that begin with these numbers.
  convenience init(_ sums: Checkpoint.Sums, on device: Device) throws {
    try self.init(on: device, loss: sums.loss, hits: sums.correct, images: sums.images)
    pseudoLabels = try sums.pseudoLabels.map { try PseudoLabels($0, on: device) }
  }

  /// Adds a batch of `images` pictures by its mean loss and its hits, and what became of pictures without labels that
  /// were seen beside them.
  /// - Throws: `TorchError`.
  public func add(
    _ meanLoss: Tensor, hits: Tensor, images: Int, pseudoLabels: PseudoLabels? = nil
  ) throws {
    if let pseudoLabels { try add(pseudoLabels) }
    try loss.addInPlace(meanLoss.detached().to(.float64).scaled(by: Double(images)))
    try self.hits.addInPlace(hits)
    self.images += images
  }

  /// Adds other sums.
  /// - Throws: `TorchError`.
  public func add(_ other: LossSums) throws {
    try loss.addInPlace(other.loss)
    try hits.addInPlace(other.hits)
    images += other.images
    if let pseudoLabels = other.pseudoLabels { try add(pseudoLabels) }
  }

  private func add(_ other: PseudoLabels) throws {
    guard pseudoLabels != nil else {
      pseudoLabels = other
      return
    }
    try pseudoLabels?.add(other)
  }

  /// The numbers.
  /// - Throws: `TorchError`.
  public func read() throws -> (loss: Double, hits: Int) {
    (try loss.item(), Int(try hits.item()))
  }
}
