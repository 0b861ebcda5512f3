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
    let interval = data.gainInterval
    let margin = interval?.margin
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
    if let interval, let set = data.measuredOn {
      comparisons.append(
        "With \(Format.count(interval.count)) \(set.rawValue) pictures, a difference of less than "
          + "\(Format.fixed(interval.margin, 2)) points may be chance (95 % interval of "
          + (interval.pairs == nil
            ? "two independent measurements)."
            : "the difference on the same pictures)."))
    }
    if let long = summary[.baselineLong].top1 {
      comparisons.append(
        "The baseline trained for as many images as the whole pipeline reaches "
          + "\(Format.fixed(long, 2)) %: the student is \(Format.fixed(abs(student - long), 2)) "
          + "points \(student < long ? "below" : "above") it.")
    }
    if verdict != .gained { reasons = Diagnosis(data).reasons }
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
}
