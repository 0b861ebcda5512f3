import Foundation

/// How often a teacher is right about a class at a score: log-odds a + b·score + c of the class.
///
/// This is Platt's scaling ("Probabilistic outputs for support vector machines", 1999) with an offset for each
/// class, which a normal prior of unit variance shrinks to what all classes have in common: a class with a few
/// held-out pictures is then told by them as far as they go. a = 0, b = 1, c = 0 is a teacher that is as often
/// right as it says; a weak prior holds a and b there, so that pairs without an error have a finite curve. Fitted by
/// Newton's method, whose matrix is an arrow: O(pairs + classes) a step.
struct PrecisionCurve {
  /// a and b.
  private(set) var intercept = 0.0, slope = 1.0
  /// c, by class.
  private(set) var offsets: [Double]

  /// The inverse variances of the priors of a and b, and of c.
  private static let (weak, strong) = (0.1, 1.0)
  /// Scores beyond this are as certain as this one.
  static let mostScore = 40.0

  /// A score that can be computed with.
  static func bounded(_ score: Double) -> Double {
    score.isNaN ? -mostScore : min(max(score, -mostScore), mostScore)
  }

  /// The curve of `pairs`, each counted as often as `weights` has for its picture (once by default), beginning with
  /// another curve.
  init(
    _ pairs: [HeldOutScores.Pair], classCount: Int, weights: [Double]? = nil,
    from start: PrecisionCurve? = nil
  ) {
    offsets = start?.offsets ?? Array(repeating: 0, count: classCount)
    if let start { (intercept, slope) = (start.intercept, start.slope) }
    var likelihood = self.likelihood(pairs, weights)
    for _ in 0..<50 {
      let step = newton(pairs, weights)
      var size = 1.0
      var isBetter = false
      while size > 1e-6, !isBetter {
        var next = self
        next.intercept += size * step.intercept
        next.slope += size * step.slope
        for index in offsets.indices { next.offsets[index] += size * step.offsets[index] }
        let now = next.likelihood(pairs, weights)
        if now >= likelihood {
          isBetter = true
          (self, likelihood) = (next, now)
        } else {
          size /= 2
        }
      }
      let most = max(abs(step.intercept), abs(step.slope), step.offsets.map(abs).max() ?? 0)
      if !isBetter || size * most < 1e-7 { break }
    }
  }

  /// How often it is right about `class` at `score`.
  func precision(_ class: Int, _ score: Double) -> Double {
    let odds = intercept + slope * Self.bounded(score) + offsets[`class`]
    return 1 / (1 + exp(-odds))
  }

  private func likelihood(_ pairs: [HeldOutScores.Pair], _ weights: [Double]?) -> Double {
    var sum =
      -Self.weak / 2 * (intercept * intercept + (slope - 1) * (slope - 1))
      - Self.strong / 2 * offsets.reduce(0) { $0 + $1 * $1 }
    for pair in pairs {
      let odds = intercept + slope * Self.bounded(pair.score) + offsets[pair.class]
      // log p, or log(1 − p), without overflow.
      let toward = pair.isRight ? odds : -odds
      let log = toward > 0 ? -log1p(exp(-toward)) : toward - log1p(exp(toward))
      sum += (weights?[pair.picture] ?? 1) * log
    }
    return sum
  }

  private func newton(_ pairs: [HeldOutScores.Pair], _ weights: [Double]?) -> (
    intercept: Double, slope: Double, offsets: [Double]
  ) {
    var gradient = (-Self.weak * intercept, -Self.weak * (slope - 1))
    var own = offsets.map { -Self.strong * $0 }
    var (aa, ab, bb) = (Self.weak, 0.0, Self.weak)
    var sides = [(Double, Double)](repeating: (0, 0), count: offsets.count)
    var diagonal = [Double](repeating: Self.strong, count: offsets.count)
    for pair in pairs {
      let weight = weights?[pair.picture] ?? 1
      guard weight > 0 else { continue }
      let score = Self.bounded(pair.score)
      let p = precision(pair.class, score)
      let residual = weight * ((pair.isRight ? 1 : 0) - p)
      let curvature = weight * p * (1 - p)
      gradient.0 += residual
      gradient.1 += residual * score
      own[pair.class] += residual
      aa += curvature
      ab += curvature * score
      bb += curvature * score * score
      sides[pair.class].0 += curvature
      sides[pair.class].1 += curvature * score
      diagonal[pair.class] += curvature
    }
    // What is left for a and b once each class's offset is taken out.
    for index in offsets.indices {
      let (side, scale) = (sides[index], 1 / diagonal[index])
      aa -= side.0 * side.0 * scale
      ab -= side.0 * side.1 * scale
      bb -= side.1 * side.1 * scale
      gradient.0 -= side.0 * own[index] * scale
      gradient.1 -= side.1 * own[index] * scale
    }
    let determinant = aa * bb - ab * ab
    guard determinant > 0 else { return (0, 0, offsets.map { _ in 0 }) }
    let a = (bb * gradient.0 - ab * gradient.1) / determinant
    let b = (aa * gradient.1 - ab * gradient.0) / determinant
    let c = offsets.indices.map {
      (own[$0] - sides[$0].0 * a - sides[$0].1 * b) / diagonal[$0]
    }
    return (a, b, c)
  }
}
