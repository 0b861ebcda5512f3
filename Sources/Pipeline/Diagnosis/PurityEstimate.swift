import Files
import Ranking
import Recipes

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

  /// The fewest held-out pictures that an estimate is made by.
  static let fewest = 10

  /// The estimate for the log-odds of what was selected, by class; nil where nothing was, or fewer pictures than
  /// `fewest` were held out.
  init?(_ heldOut: HeldOutScores, selected: [[Float]]) {
    guard heldOut.pictures >= Self.fewest, selected.contains(where: { !$0.isEmpty }) else {
      return nil
    }
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
      func widened(_ distance: Double, _ sign: Double) -> Double {
        min(max(estimate + sign * (distance * distance + own).squareRoot(), 0), 1)
      }
      return Share(
        share: estimate, low: widened(min(ends.0 - estimate, 0), -1),
        high: widened(max(ends.1 - estimate, 0), 1), said: said / all, count: count)
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
  /// The log-odds of the labels of each class, at these ranks.
  func scoresByClass(at range: ClosedRange<Int> = 1...Int.max) -> [[Float]] {
    var lists = [[Float]](repeating: [], count: classCount)
    for label in classes.indices where range.contains(Int(ranks[label])) {
      lists[Int(classes[label])].append(scores[label])
    }
    return lists
  }
}

extension Run {
  /// The scores of pictures that the teacher did not learn from, by which it can be said how many of the selected
  /// labels are right, or why there are none.
  func heldOutScores(for selection: Selection) -> (scores: HeldOutScores?, unknown: String?) {
    switch recipe.ranking.strategy {
    case .balanced, .unbalanced: break
    case .tags, .tagsRanked:
      return (nil, "chosen by tags, of which the teacher's precision says nothing")
    }
    guard recipe.includes(.teacher) else {
      return (
        nil,
        "the scores are another program's, and how often it is right at which score is not known"
      )
    }
    let held = HeldOutScores(at: heldOutScoresPath, names: data.classNames, source: .validation)
    let all = [held, outOfFoldScores].compactMap { $0 }
    let ranked = min(selection.classesPerSample, data.classNames.count)
    let found = all.compactMap { $0.ranked(in: ranked) }
    if let scores = found.first(where: { $0.pictures >= PurityEstimate.fewest }) {
      return (scores, nil)
    }
    if found.isEmpty, let other = all.first {
      return (
        nil,
        "the held-out pictures were ranked in \(Format.counted(other.labelsPerImage, "class", "classes")) each, as another "
          + "recipe had it, and the selected ones in \(ranked) (ranking.labelsPerImage): `halcyon "
          + "\(other.source == .validation ? "run" : "label-errors") \(directory.path)` ranks them anew"
      )
    }
    var reason =
      "U has no labels that tell, and "
      + (found.first.map {
        "\(Format.counted($0.pictures, "picture that was", "pictures that were")) held out from the teacher "
          + "\($0.pictures == 1 ? "is" : "are") too few for an estimate (\(PurityEstimate.fewest) at least)"
      } ?? "no picture was held out from the teacher")
      + ": data.validationFraction holds some of D out, and `halcyon label-errors` asks of each picture of D a "
      + "teacher that has not learned it"
    if let errors = labelErrors, !errors.isOfThisRun {
      reason += "; what it found is \(LabelErrors.otherwise)"
    }
    return (nil, reason)
  }

  /// The scores of D by teachers that had not learned its pictures; nil where there are none of this teacher.
  private var outOfFoldScores: HeldOutScores? {
    guard let errors = labelErrors, errors.isOfThisRun else { return nil }
    return HeldOutScores(
      at: "\(labelErrorsFolder)/\(LabelErrorFiles.ranked)", names: data.classNames,
      source: .outOfFold(images: errors.found.images, ofRecipe: errors.found.recipeImages))
  }
}
