import Files

/// Stochastic depth (Huang et al., arXiv:1603.09382): in training a block's branch is left out for some
/// pictures of a batch, so that deep networks do not lean on any one block.
public struct DropPath: Sendable {
  /// The probability for the last block; it grows linearly from 0 for the first.
  public let rate: Double
  /// What decides which pictures, another one for each batch.
  public let seed: UInt64

  /// Drops with `rate`, drawn from `seed`.
  public init(rate: Double, seed: UInt64) {
    self.rate = rate
    self.seed = seed
  }

  /// What the branch of the block at `place` is multiplied by, for each of so many pictures: 0, or 1 over
  /// the probability of staying, so that the mean stays.
  func factors(at place: BlockPlace, pictures: Int) -> [Float] {
    let dropped = rate * Double(place.index) / Double(max(1, place.count - 1))
    let block = SplitMix64.finalized(
      seed &+ UInt64(truncatingIfNeeded: place.index + place.branch << 32))
    return (0..<pictures).map { picture in
      let random = SplitMix64.finalized(block &+ UInt64(truncatingIfNeeded: picture))
      return Double(random >> 11) * 0x1p-53 < dropped ? 0 : Float(1 / (1 - dropped))
    }
  }
}

/// Which block of how many a branch belongs to.
public struct BlockPlace: Sendable {
  /// Counted from 0.
  public let index: Int
  /// How many blocks the network has.
  public let count: Int
  /// Which branch of the block, counted from 0: another is left out for other pictures.
  public let branch: Int

  /// The place `index` of `count`.
  public init(_ index: Int, of count: Int, branch: Int = 0) {
    self.index = index
    self.count = count
    self.branch = branch
  }
}

extension Tensor {
  /// The branch of the block at `place`, left out for some pictures where `pass` says so.
  /// - Throws: `TorchError`.
  public func droppingPath(at place: BlockPlace, _ pass: Pass) throws -> Tensor {
    guard let drop = pass.dropPath, drop.rate > 0, pass.trace == nil else { return self }
    let shape = self.shape
    let factors = drop.factors(at: place, pictures: shape[0])
    let axes = [shape[0]] + [Int](repeating: 1, count: shape.count - 1)
    return try multiplied(by: Tensor(factors, shape: axes, device: device).to(dtype))
  }
}
