import Files
import Foundation
import Training

/// By how much the student's gain may be chance, because the measured pictures are some of many.
///
/// Where both networks' answers to each picture are known, the difference is of pairs (McNemar's): with b
/// pictures that only the student is right about and c that only the baseline is, of n, its variance is
/// (b + c)/n² − (b − c)²/n³. Where only accuracies are known, it is that of two independent shares,
/// p(1 − p)/n each, which is more. How runs of other seeds differ is in neither.
struct GainInterval: Equatable {
  /// How many pictures were measured.
  let count: Int
  /// n times the variance of the difference of the two shares.
  let variance: Double
  /// The pictures that only the student, and only the baseline, is right about; nil where that is not known.
  let pairs: (student: Int, baseline: Int)?
  /// The shares of right answers, of the baseline and the student.
  private let shares: (Double, Double)

  static func == (left: Self, right: Self) -> Bool {
    left.count == right.count && left.variance == right.variance
  }

  /// Of two evaluations of the same pictures.
  init?(_ baseline: Evaluation?, _ student: Evaluation?, pairs: (student: Int, baseline: Int)?) {
    guard let baseline, let student, baseline.count > 0, student.count > 0 else { return nil }
    let shares = [baseline, student].map { Double($0.correct) / Double($0.count) }
    self.shares = (shares[0], shares[1])
    count = student.count
    self.pairs = pairs
    if let pairs {
      let (b, c) = (Double(pairs.student), Double(pairs.baseline))
      let n = Double(count)
      variance = (b + c) / n - (b - c) * (b - c) / (n * n)
    } else {
      // Each with its own number of pictures, in case some could not be read.
      variance =
        Double(count)
        * zip(shares, [baseline, student]).reduce(0) { $0 + $1.0 * (1 - $1.0) / Double($1.1.count) }
    }
  }

  /// Half of the 95 % interval, in points.
  var margin: Double { 100 * Self.z * (variance / Double(count)).squareRoot() }

  /// How many pictures would tell a difference of so many points from none; nil of none.
  func images(toTell points: Double) -> Int? {
    let share = abs(points) / 100
    guard share > 0 else { return nil }
    let needed = (Self.z * Self.z * variance / (share * share)).rounded(.up)
    return needed < 1e15 ? max(1, Int(needed)) : nil
  }

  /// How many seeds would, where the gain scatters from seed to seed as much as this interval is wide.
  func seeds(toTell points: Double) -> Int? {
    guard points != 0 else { return nil }
    let ratio = margin / abs(points)
    return ratio < 1e6 ? max(1, Int((ratio * ratio).rounded(.up))) : nil
  }

  /// Where the number of pictures comes from: "1.96² × 0.1510 / 0.0081²".
  func arithmetic(_ points: Double) -> String {
    "1.96² × \(Format.fixed(variance, 4)) / \(Format.fixed(abs(points) / 100, 4))²"
  }

  /// What the variance is made of.
  var words: String {
    if let pairs {
      return "\(Format.count(pairs.student)) pictures only the student is right about, "
        + "\(Format.count(pairs.baseline)) only the baseline"
    }
    func term(_ share: Double) -> String {
      "\(Format.fixed(share, 4)) × \(Format.fixed(1 - share, 4))"
    }
    return "\(term(shares.0)) + \(term(shares.1))"
  }

  /// The normal distribution's 0.975 quantile.
  static let z = 1.96
}
