import Foundation

/// The score of a class: its log-odds, log p − log(1 − p) = logit − logsumexp(other logits).
///
/// Unlike p, which is exactly 1 in float32 from a log-odds of 17 on, the score keeps the order of
/// confident images.
public enum LogOdds {
  /// The probability of a class from its log-odds; not a number when the score is not.
  public static func probability(fromLogOdds score: Float) -> Double {
    let score = Double(score)
    // exp of a non-positive number only: no overflow at either end.
    if score >= 0 { return 1 / (1 + exp(-score)) }
    let odds = exp(score)
    return odds / (1 + odds)
  }
}

/// What the softmax of one image's logits sums to, from which the log-odds of any class follow.
///
/// With m the highest logit, the others' sum is kept apart from the highest class's own 1, so that
/// neither the confident class (whose others nearly vanish) nor the rest (whose others contain that
/// 1) suffers from cancellation. Sums are float64, scores are rounded once to float32.
struct LogOddsSum {
  /// The highest logit.
  private let highest: Double
  /// Σ exp(x − m) over every class but the first of the highest.
  private let others: Double
  /// log of `others`, exact also where `others` underflows.
  private let logOthers: Double

  /// Nil when the softmax is undefined: a logit that is not a number or +∞, or only −∞.
  /// - Complexity: O(classes).
  init?(_ logits: UnsafeBufferPointer<Float>) {
    guard let first = logits.first else { return nil }
    var highest = first
    var argmax = 0
    for (index, logit) in logits.enumerated() where logit > highest {
      highest = logit
      argmax = index
    }
    guard highest.isFinite else { return nil }
    let shift = Double(highest)
    var others = 0.0
    for index in 0..<argmax { others += exp(Double(logits[index]) - shift) }
    for index in (argmax + 1)..<max(logits.count, argmax + 1) {
      others += exp(Double(logits[index]) - shift)
    }
    guard !others.isNaN else { return nil }
    self.highest = shift
    self.others = others
    // Below this the sum of exponentials has lost bits: sum again, relative to the second highest.
    logOthers =
      others > 1e-280 ? log(others) : Self.logSumOfOthers(logits, argmax: argmax) - shift
  }

  private static func logSumOfOthers(
    _ logits: UnsafeBufferPointer<Float>, argmax: Int
  ) -> Double {
    var second = -Double.infinity
    for (index, logit) in logits.enumerated() where index != argmax {
      second = max(second, Double(logit))
    }
    guard second.isFinite else { return second }
    var sum = 0.0
    for (index, logit) in logits.enumerated() where index != argmax {
      sum += exp(Double(logit) - second)
    }
    return second + log(sum)
  }

  /// The log-odds of a class with `logit`, one of the image's own.
  func score(ofLogit logit: Float) -> Float {
    let difference = Double(logit) - highest
    // Equal logits take the same path, so that they get the same bits.
    if difference == 0 { return Float(-logOthers) }
    return Float(difference - log(1 + (others - exp(difference))))
  }
}
