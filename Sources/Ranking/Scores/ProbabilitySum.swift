import Foundation

/// What the probabilities of one picture sum to, from which the log-odds of any class follow.
///
/// log p − log(1 − p), with the sum of the others' probabilities in place of 1 − p: so rows that sum to a
/// little more or less than 1 need no scaling, and where p was rounded to 1 (float32's softmax does from
/// a log-odds of 17 on) the others still tell which picture is surer. Sums are float64, scores are rounded
/// once to float32.
struct ProbabilitySum {
  /// What a sum of 0 counts as: float32's least normal number, 2⁻¹²⁶. A picture without any doubt gets the
  /// log-odds 87.3 and none is infinite.
  static let least = 0x1p-126

  private let highest: Double
  /// The sum over every class but the first of the highest.
  private let others: Double

  /// Sums up `probabilities`, none of which is below 0 or not finite.
  /// - Complexity: O(classes).
  init(_ probabilities: UnsafeBufferPointer<Double>) {
    var argmax = 0
    for (index, value) in probabilities.enumerated() where value > probabilities[argmax] {
      argmax = index
    }
    var others = 0.0
    for (index, value) in probabilities.enumerated() where index != argmax { others += value }
    highest = probabilities.isEmpty ? 0 : probabilities[argmax]
    self.others = others
  }

  /// The sum of all of them.
  var total: Double { highest + others }

  /// The log-odds of a class with probability `p` above 0, one of the picture's own.
  func score(of p: Double) -> Float {
    // Equal probabilities take the same path, so that they get the same bits.
    let rest = p == highest ? others : highest + (others - p)
    return Self.logOdds(p, others: rest)
  }

  /// log p − log others, for float32.
  static func logOdds(_ p: Double, others: Double) -> Float {
    Float(log(max(p, least)) - log(max(others, least)))
  }
}

extension LogOdds {
  /// The score of a class beside which no other one has any probability.
  public static let highest = ProbabilitySum.logOdds(1, others: 0)

  /// The log-odds of a class of which only its own probability is known, and what all that are known sum
  /// to: the others have 1 − p or, where p was rounded up, what is known of them.
  public static func score(ofProbability p: Double, knownSum: Double) -> Float {
    ProbabilitySum.logOdds(p, others: max(1 - p, knownSum - p))
  }
}
