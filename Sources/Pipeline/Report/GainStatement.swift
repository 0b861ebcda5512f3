import Files
import Foundation
import Ranking
import Recipes
import Training

/// What the student gained over the supervised baseline, in words, and, where it did not gain, those
/// likely reasons that this run's own numbers support.
struct GainStatement: Equatable {
  /// How it came out.
  enum Verdict: String {
    /// More than chance explains.
    case gained
    /// Less than chance explains, in either direction.
    case unclear
    /// Less than the baseline, by more than chance explains.
    case lost
    /// Not measured.
    case unknown
  }

  /// How it came out.
  var verdict: Verdict
  /// The gain in points.
  var gain: Double?
  /// The gain in one sentence.
  var headline: String
  /// What else there is to compare with.
  var comparisons: [String] = []
  /// Why there is no gain.
  var reasons: [String] = []

  /// The statement that the figures of a run allow.
  init(_ data: ReportData) {
    let summary = data.summary
    guard let gain = summary.gain, let student = summary[.fineTuning].top1,
      let supervised = summary[.baseline].top1
    else {
      verdict = .unknown
      headline = "The gain is not known: \(Self.whyUnknown(data))."
      return
    }
    self.gain = gain
    let margin = Self.margin(data)
    verdict = abs(gain) <= margin ?? 0 ? .unclear : gain > 0 ? .gained : .lost
    let points = Format.fixed(abs(gain), 2)
    let compared =
      "\(Format.fixed(student, 2)) % top-1, and the same network trained on the labelled pictures "
      + "alone \(Format.fixed(supervised, 2)) %"
      + (summary.measuredPart.map { " (on \($0))." } ?? ".")
    switch verdict {
    case .gained: headline = "The student gains \(points) points: it reaches \(compared)"
    case .lost: headline = "The student loses \(points) points: it reaches \(compared)"
    default:
      headline =
        gain == 0
        ? "The student gains nothing: it reaches \(compared)"
        : "The student \(gain < 0 ? "loses" : "gains") \(points) points, which is within chance: it "
          + "reaches \(compared)"
    }
    if let margin, let set = data.measuredOn, let count = data.evaluation(.fineTuning)?.count {
      comparisons.append(
        "With \(Format.count(count)) \(set.rawValue) pictures, a difference of less than "
          + "\(Format.fixed(margin, 2)) points may be chance (95 % interval of two independent "
          + "measurements).")
    }
    if let long = summary[.baselineLong].top1 {
      comparisons.append(
        "The baseline trained for as many images as the whole pipeline reaches "
          + "\(Format.fixed(long, 2)) %: the student is \(Format.fixed(abs(student - long), 2)) "
          + "points \(student < long ? "below" : "above") it.")
    }
    if verdict != .gained { reasons = Self.reasons(data, supervised: supervised) }
  }

  private static func whyUnknown(_ data: ReportData) -> String {
    guard data.measuredOn != nil else {
      return "the recipe names neither test nor validation pictures (data.test)"
    }
    guard data.recipe.baseline.enabled else {
      return "the recipe has no baseline to compare with (baseline.enabled)"
    }
    let missing = [Stage.baseline, .fineTuning].filter { data.marker($0) == nil }
    return missing.isEmpty
      ? "the finished stages were not measured"
      : "\(missing.map(\.title).joined(separator: " and ")) "
        + "\(missing.count == 1 ? "is" : "are") not finished yet"
  }

  /// The difference of two accuracies that chance explains in 95 of 100 cases, in points: 1.96
  /// standard errors of the difference of two binomial shares.
  private static func margin(_ data: ReportData) -> Double? {
    let variances = [Stage.baseline, .fineTuning].compactMap { stage -> Double? in
      guard let evaluation = data.evaluation(stage), evaluation.count > 0 else { return nil }
      let share = Double(evaluation.correct) / Double(evaluation.count)
      return share * (1 - share) / Double(evaluation.count)
    }
    guard variances.count == 2 else { return nil }
    return 100 * 1.96 * (variances[0] + variances[1]).squareRoot()
  }

  // MARK: - Reasons

  private static func reasons(_ data: ReportData, supervised: Double) -> [String] {
    [
      weakTeacher(data, supervised), shortTraining(data), lowPurity(data, supervised),
      largeSelection(data), smallOcean(data),
    ].compactMap { $0 }
  }

  private static func weakTeacher(_ data: ReportData, _ supervised: Double) -> String? {
    guard let teacher = data.summary[.teacher].top1, teacher < supervised else { return nil }
    return "Weak teacher: its top-1 of \(Format.fixed(teacher, 2)) % is below the baseline's "
      + "\(Format.fixed(supervised, 2)) %. In the paper's Table 3 such a teacher costs accuracy; a "
      + "larger one, or teacher.startFrom, helps."
  }

  private static func shortTraining(_ data: ReportData) -> String? {
    let needed = 120 * data.summary.labelledImages
    guard let seen = data.marker(.student)?.imagesSeen, seen < needed else { return nil }
    return "Short pre-training: it saw \(Format.count(seen)) images, less than 120 passes over the "
      + "labelled ones (\(Format.count(needed))). Below that the paper's Figure 4 shows a loss; "
      + "raise student.training.images."
  }

  private static func lowPurity(_ data: ReportData, _ supervised: Double) -> String? {
    guard let purity = data.selection?.statistics.purity, 100 * purity < supervised else {
      return nil
    }
    return "Low purity: \(Format.fixed(100 * purity, 1)) % of the selected labels are right, fewer "
      + "than the baseline gets right by itself (\(Format.fixed(supervised, 1)) %)."
  }

  private static func largeSelection(_ data: ReportData) -> String? {
    guard let buckets = data.selection?.statistics.rankBuckets, buckets.count > 1,
      let last = buckets.last
    else { return nil }
    let ranks = "\(Format.count(last.ranks.lowerBound)) to \(Format.count(last.ranks.upperBound))"
    let known = buckets.dropLast().reduce(0) { $0 + $1.known }
    if let late = last.purity, known > 0 {
      let early = Double(buckets.dropLast().reduce(0) { $0 + $1.right }) / Double(known)
      guard early - late >= 0.1 else { return nil }
      return "K is large: at ranks \(ranks), \(Format.fixed(100 * late, 1)) % of the labels are "
        + "right, before them \(Format.fixed(100 * early, 1)) %; lower ranking.imagesPerClass."
    }
    guard let sure = last.meanProbability, sure < 0.5 else { return nil }
    return
      "K is large: at ranks \(ranks) the teacher itself gives its labels a mean probability of "
      + "\(Format.fixed(100 * sure, 1)) %; lower ranking.imagesPerClass."
  }

  private static func smallOcean(_ data: ReportData) -> String? {
    guard let selection = data.selection else { return nil }
    let wanted = selection.imagesPerClass * data.classNames.count
    guard wanted > data.summary.unlabelledImages else { return nil }
    return "Few unlabelled pictures: K × classes is \(Format.count(wanted)), more than the "
      + "\(Format.count(data.summary.unlabelledImages)) there are, so that nearly all are selected, "
      + "the wrong ones too."
  }
}
