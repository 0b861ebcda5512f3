import Torch

/// How many pseudo-labels there were, and how many of them were right, summed where they are computed.
public struct PseudoLabels {
  /// How many views of unlabelled pictures were looked at.
  public private(set) var views: Int
  /// Views that got a label, those of them whose truth is known, and those that were right: three float64.
  private var counts: Tensor

  /// The numbers of some sums.
  package struct Counts: Codable, Equatable, Sendable {
    package var views = 0
    package var kept = 0
    package var known = 0
    package var right = 0

    /// In this order.
    var numbers: [Double] { [views, kept, known, right].map(Double.init) }

    /// The part of the views that got a label, in percent.
    package var maskRate: Double? { views > 0 ? 100 * Double(kept) / Double(views) : nil }
    /// The part of the labels of which the truth is known that are right, in percent.
    package var accuracy: Double? { known > 0 ? 100 * Double(right) / Double(known) : nil }

    package init() {}

    /// Those of `numbers`, as they were written.
    init?(_ numbers: [Double]) {
      guard numbers.count == 4 else { return nil }
      (views, kept) = (Int(numbers[0]), Int(numbers[1]))
      (known, right) = (Int(numbers[2]), Int(numbers[3]))
    }
  }

  /// Sums that begin with these numbers, on the device that the network computes on.
  init(_ counts: Counts, on device: Device) throws {
    views = counts.views
    self.counts = try Tensor(Array(counts.numbers.dropFirst()), shape: [3], device: device)
  }

  /// Those of so many views, as `Tensor.pseudoLabels` counts them.
  init(views: Int, counts: Tensor) {
    self.views = views
    self.counts = counts
  }

  /// Adds other sums.
  mutating func add(_ other: PseudoLabels) throws {
    views += other.views
    counts = try counts.adding(other.counts)
  }

  /// The numbers.
  /// - Throws: `TorchError`.
  package func read() throws -> Counts {
    Counts([Double(views)] + (try counts.array(of: Double.self))) ?? Counts()
  }
}
