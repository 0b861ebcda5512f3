/// Which sample stands at which position of an endless run: a pure function, so that a run can go
/// on from any position.
public protocol SampleOrder: Sendable {
  /// The sample at `position`, and how many whole passes came before it.
  func sample(at position: Int) -> (pass: Int, index: Int)
}

/// Every sample once a pass, each pass in another random order.
public struct ShuffledOrder: SampleOrder, Hashable {
  /// How many samples a pass has.
  public let count: Int
  /// What the orders are drawn from.
  public let seed: UInt64

  /// Orders 0 ..< `count` anew for each pass; `count` is at least 1.
  public init(count: Int, seed: UInt64) {
    self.count = max(count, 1)
    self.seed = seed
  }

  /// The sample at `position`, and how many whole passes came before it.
  public func sample(at position: Int) -> (pass: Int, index: Int) {
    let pass = position / count
    return (pass, KeyedPermutation(count: count, seed: seed, pass: pass)[position % count])
  }
}

/// The samples one after another, in one pass.
public struct SequentialOrder: SampleOrder, Hashable {
  /// The sample at position 0.
  public let offset: Int

  /// Begins with the sample at `offset`.
  public init(offset: Int = 0) {
    self.offset = offset
  }

  /// The sample at `position`, and how many whole passes came before it.
  public func sample(at position: Int) -> (pass: Int, index: Int) {
    (0, position + offset)
  }
}
