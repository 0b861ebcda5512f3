/// Weights that things are drawn by: each with the probability of its part of their sum.
package struct CumulativeWeights: Sendable {
  /// The sum of the weights up to each.
  private let sums: [Double]

  /// Of `weights`, which are at least 0 and of which one is above.
  package init(_ weights: some Sequence<Double>) {
    var sum = 0.0
    sums = weights.map {
      sum += $0
      return sum
    }
  }

  /// Whether there is nothing to draw.
  package var isEmpty: Bool { sums.isEmpty }

  /// The place whose part of the sum `share` falls into, which is at least 0 and below 1.
  /// - Complexity: O(log weights).
  package func place(of share: Double) -> Int {
    let target = share * (sums.last ?? 0)
    var (low, high) = (0, sums.count - 1)
    while low < high {
      let middle = (low + high) / 2
      if sums[middle] > target { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
