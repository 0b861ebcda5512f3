import Files
import Ranking

/// How many of the selected labels are right, estimated where U's true classes are not known.
///
/// A teacher is right less often than the probabilities it gives say. `PrecisionCurve` says how often it is right at
/// a score, by pictures that it did not learn from; the estimate is the curve's mean over the scores of what was
/// selected, of each class. The 95 % intervals are those of the bootstrap (Efron 1979) over the held-out pictures,
/// and of as many labels as were selected (binomial). It holds as far as U's pictures are like D's: what is of no
/// class at all is not among the held-out ones.
struct PurityEstimate: Equatable {
  /// A share of right labels.
  struct Share: Equatable {
    /// The estimate.
    var share: Double
    /// Its 95 % interval.
    var low: Double, high: Double
    /// The teacher's mean probability.
    var said: Double
    /// How many labels were selected.
    var count: Int
  }

  /// Of all selected labels.
  let all: Share
  /// By class; nil where none of it was selected.
  let classes: [Share?]
  /// How many held-out pictures it rests on.
  let images: Int
  /// Which these are.
  let source: HeldOutScores.Source

  /// Some of the scores of a class that stand for all of them.
  private struct Scores {
    var values: [(score: Double, weight: Double)] = []
    var said = 0.0
    var count = 0

    /// Up to so many parts of equal size, of each its mean.
    static let most = 64

    init(_ all: [Float]) {
      let sorted = all.map { PrecisionCurve.bounded(Double($0)) }.sorted()
      count = sorted.count
      said = sorted.reduce(0) { $0 + LogOdds.probability(fromLogOdds: Float($1)) }
      let parts = min(Self.most, count)
      for part in 0..<parts {
        let own = sorted[count * part / parts..<count * (part + 1) / parts]
        values.append((own.reduce(0, +) / Double(own.count), Double(own.count)))
      }
    }

    /// How many of them `curve` says are right.
    func right(_ curve: PrecisionCurve, _ index: Int) -> Double {
      values.reduce(0) { $0 + $1.weight * curve.precision(index, $1.score) }
    }
  }

  /// The estimate for the log-odds of what was selected, by class; nil where nothing was, or none was held out.
  init?(_ heldOut: HeldOutScores, selected: [[Float]]) {
    guard !heldOut.pairs.isEmpty, selected.contains(where: { !$0.isEmpty }) else { return nil }
    let scores = selected.map { Scores($0) }
    let classCount = selected.count
    func rights(_ curve: PrecisionCurve) -> [Double] {
      scores.enumerated().map { $1.right(curve, $0) }
    }
    let curve = PrecisionCurve(heldOut.pairs, classCount: classCount)
    let estimates = rights(curve)
    // Fewer where each takes long: 40 give the ends of a 95 % interval.
    let resamples = max(40, min(200, 20_000_000 / heldOut.pairs.count))
    var drawn: [[Double]] = []
    for resample in 0..<resamples {
      var weights = [Double](repeating: 0, count: heldOut.pictures)
      for draw in 0..<heldOut.pictures {
        let random = SplitMix64.finalized(
          UInt64(resample) << 32 &+ UInt64(draw) &* SplitMix64.increment)
        weights[Int(random % UInt64(heldOut.pictures))] += 1
      }
      drawn.append(
        rights(
          PrecisionCurve(heldOut.pairs, classCount: classCount, weights: weights, from: curve)))
    }
    func share(_ right: Double, _ others: [Double], said: Double, count: Int) -> Share {
      let all = Double(count)
      let estimate = right / all
      // Of the labels themselves, which are so many draws, the variance adds to the curve's.
      let ends = Self.ends(of: others.map { $0 / all })
      let own = 1.96 * 1.96 * estimate * (1 - estimate) / all
      func widened(_ end: Double) -> Double {
        let distance = ((end - estimate) * (end - estimate) + own).squareRoot()
        return min(max(end < estimate ? estimate - distance : estimate + distance, 0), 1)
      }
      return Share(
        share: estimate, low: widened(min(ends.0, estimate)),
        high: max(estimate, widened(max(ends.1, estimate))), said: said / all, count: count)
    }
    classes = scores.enumerated().map { index, own in
      own.count == 0
        ? nil
        : share(estimates[index], drawn.map { $0[index] }, said: own.said, count: own.count)
    }
    all = share(
      estimates.reduce(0, +), drawn.map { $0.reduce(0, +) },
      said: scores.reduce(0) { $0 + $1.said }, count: scores.reduce(0) { $0 + $1.count })
    images = heldOut.pictures
    source = heldOut.source
  }

  /// The 2.5 and 97.5 per cent points.
  private static func ends(of values: [Double]) -> (Double, Double) {
    let sorted = values.sorted()
    func quantile(_ share: Double) -> Double {
      let place = share * Double(sorted.count - 1)
      let (below, above) = (Int(place), min(Int(place) + 1, sorted.count - 1))
      return sorted[below] + (place - Double(below)) * (sorted[above] - sorted[below])
    }
    return (quantile(0.025), quantile(0.975))
  }
}

extension Selection {
  /// The log-odds of the labels of each class.
  var scoresByClass: [[Float]] {
    var lists = [[Float]](repeating: [], count: classCount)
    for label in classes.indices { lists[Int(classes[label])].append(scores[label]) }
    return lists
  }
}

extension Run {
  /// The scores that the teacher gave pictures which it did not learn from; nil where there are none.
  func heldOutScores() -> HeldOutScores? {
    guard recipe.includes(.teacher) else { return nil }
    let names = data.classNames
    return HeldOutScores(
      at: heldOutScoresPath, names: names, source: .validation)
      ?? HeldOutScores(
        at: "\(directory.path)/\(LabelErrorFiles.folder)/\(LabelErrorFiles.ranked)", names: names,
        source: .outOfFold)
  }

  /// Why there are none, and what would give some.
  var whyNothingIsHeldOut: String {
    guard recipe.includes(.teacher) else {
      return
        "the scores are another program's, and how often it is right at which score is not known"
    }
    return "U has no labels that tell, and no picture was held out from the teacher: "
      + "data.validationFraction holds some of D out, and `halcyon label-errors` asks of each picture of D a "
      + "teacher that has not learned it"
  }
}
