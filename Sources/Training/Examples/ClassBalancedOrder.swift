public import ImageData

/// Draws a class uniformly, then one of its pictures, at every position.
public struct ClassBalancedOrder: SampleOrder {
  private let lists: [[Int32]]
  private let seed: UInt64

  /// An order of `examples`, drawn from `seed`.
  public init(_ examples: Examples, seed: UInt64) {
    lists = examples.imagesOfEachClass.filter { !$0.isEmpty }
    self.seed = seed
  }

  /// The sample at `position`; every position is a pass of its own.
  public func sample(at position: Int) -> (pass: Int, index: Int) {
    let list = lists[Int(Hash.mix(seed, UInt64(position), 0) % UInt64(lists.count))]
    let place = Int(Hash.mix(seed, UInt64(position), 1) % UInt64(list.count))
    // Pictures repeat within a pass: the position itself keys their augmentation.
    return (position, Int(list[place]))
  }
}
