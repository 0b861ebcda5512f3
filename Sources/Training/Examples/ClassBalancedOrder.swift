import Files
import Foundation
public import ImageData

/// Draws a class, then one of its pictures, at every position.
///
/// A class of n pictures is drawn with a probability in proportion to n^exponent: 0 draws all classes as
/// often as each other, 1/2 is the square-root order of Mahajan et al., "Exploring the Limits of Weakly
/// Supervised Pretraining" (arXiv:1805.00932), for tags whose frequencies follow Zipf's law.
public struct ClassBalancedOrder: SampleOrder {
  private let lists: [[Int32]]
  /// What classes are drawn by; nil where all are drawn alike.
  private let weights: CumulativeWeights?
  private let seed: UInt64

  /// An order of `examples`, or of those in `range`, whose first is then sample 0, drawn from `seed`.
  public init(
    _ examples: Examples, in range: Range<Int>? = nil, exponent: Double = 0, seed: UInt64
  ) {
    lists = examples.imagesOfEachClass(in: range ?? 0..<examples.count).filter { !$0.isEmpty }
    weights =
      exponent == 0 ? nil : CumulativeWeights(lists.map { pow(Double($0.count), exponent) })
    self.seed = seed
  }

  /// The sample at `position`; every position is a pass of its own.
  public func sample(at position: Int) -> (pass: Int, index: Int) {
    let draw = Hash.mix(seed, UInt64(position), 0)
    let list = lists[
      weights?.place(of: Double(draw >> 11) * 0x1p-53) ?? Int(draw % UInt64(lists.count))]
    let place = Int(Hash.mix(seed, UInt64(position), 1) % UInt64(list.count))
    // Pictures repeat within a pass: the position itself keys their augmentation.
    return (position, Int(list[place]))
  }
}
