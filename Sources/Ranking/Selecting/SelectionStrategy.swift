import Foundation

/// Which images a class gets.
public enum SelectionStrategy: Sendable {
  /// The K images with the highest scores of every class: the paper's "balanced-ranked".
  case balanced
  /// The images with the highest scores, of each class as many as its share says:
  /// "unbalanced-ranked".
  case unbalanced(ClassShares)
  /// K random images of those that carry a tag of the class, whatever the teacher says.
  ///
  /// Which ones depends on their keys, the class and `seed` alone. Images that could not be scored are
  /// left out. The score of an image without the class among its P′ is −∞.
  case tags(SampleTags, seed: UInt64)
  /// The K images with the highest scores of those that carry a tag of the class.
  ///
  /// An image whose P′ classes do not include the class has no score in it and is not selected for it:
  /// it would rank behind every image that has one.
  case tagsRanked(SampleTags)
}

/// How the labels of an unbalanced selection are divided among the classes.
public enum ClassShares: Sendable, Equatable {
  /// So many images of each class.
  case counts([Int])
  /// As many in all as a balanced selection has, the class of rank r in proportion to r^-exponent.
  ///
  /// Classes are ranked by how many candidates they have (rows of their own at or above the minimum
  /// score), the most first, then by their number: so the common classes of the collection stay the
  /// common ones, as in the sets that this imitates, and few run out. A class whose share exceeds its
  /// candidates gets them all, and the others share what is left in the same proportions. Fractions
  /// are rounded by the largest remainder, so that the total is exact.
  case zipf(exponent: Double)
}

extension ClassShares {
  /// How many images each class gets, from how many candidates each has and K of the balanced
  /// selection with the same total.
  static func zipf(exponent: Double, candidates: [Int], imagesPerClass: Int) -> [Int] {
    let order = candidates.indices.sorted {
      candidates[$0] != candidates[$1] ? candidates[$0] > candidates[$1] : $0 < $1
    }
    var weights = Array(repeating: 0.0, count: candidates.count)
    for (rank, index) in order.enumerated() {
      weights[index] = pow(Double(rank + 1), -exponent)
    }
    var counts = Array(repeating: 0, count: candidates.count)
    var left = candidates.reduce(0) { $0 + min($1, imagesPerClass) }
    // Give every class that would get more than it has all it has, until no class would.
    var open = order
    while !open.isEmpty {
      let sum = open.reduce(0.0) { $0 + weights[$1] }
      let full = open.filter { Double(left) * weights[$0] / sum >= Double(candidates[$0]) }
      guard !full.isEmpty else { break }
      for index in full {
        counts[index] = min(candidates[index], left)
        left -= counts[index]
      }
      open.removeAll { counts[$0] > 0 || candidates[$0] == 0 }
    }
    let sum = open.reduce(0.0) { $0 + weights[$1] }
    let shares = open.map { Double(left) * weights[$0] / sum }
    for (index, share) in zip(open, shares) { counts[index] = Int(share) }
    left -= open.reduce(0) { $0 + counts[$1] }
    let byRemainder = open.indices.sorted {
      let (one, other) = (shares[$0].fraction, shares[$1].fraction)
      return one != other ? one > other : $0 < $1
    }
    for place in byRemainder.prefix(left) { counts[open[place]] += 1 }
    return counts
  }
}

extension Double {
  /// What rounding down leaves out.
  fileprivate var fraction: Double { self - rounded(.down) }
}
