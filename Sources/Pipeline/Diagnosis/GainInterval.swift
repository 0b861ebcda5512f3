import Files
import Foundation
import Training

/// By how much the student's gain, or another difference of two networks, may be chance, because the measured pictures
/// are some of many.
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

  /// How many pictures would tell a difference of so many points from none, four times of five; nil of none.
  func images(toTell points: Double) -> Int? {
    let share = abs(points) / 100
    guard share > 0 else { return nil }
    let needed = (Self.sought * variance / (share * share)).rounded(.up)
    return needed < 1e15 ? max(1, Int(needed)) : nil
  }

  /// Of how many seeds, three at least, the mean's 95 % interval by Student's t would leave out none four times of
  /// five, where the gain scatters from seed to seed as much as this interval is wide; nil of none.
  func seeds(toTell points: Double) -> Int? {
    guard points != 0 else { return nil }
    let ratio = (1 + Self.power / Self.z) * margin / abs(points)
    guard ratio < 1e6 else { return nil }
    // Student's t is above the normal quantile, so that fewer do not suffice.
    var count = max(3, Int(ratio * ratio))
    while toldBySeeds(count) > abs(points) { count += 1 }
    return count
  }

  /// The gain that so many seeds tell from none four times of five, in points.
  private func toldBySeeds(_ count: Int) -> Double {
    (StudentT.quantile(count - 1) + Self.power) * margin / Self.z / Double(count).squareRoot()
  }

  /// Where the number of pictures comes from: "7.85 × 0.1510 / 0.0081²".
  func arithmetic(_ points: Double) -> String {
    "\(Self.sought) × \(Format.fixed(variance, 4)) / \(Format.fixed(abs(points) / 100, 4))²"
  }

  /// Where the number of seeds comes from: "(2.776 + 0.84) × 0.560 / √5 = 0.906".
  func arithmetic(seeds: Int) -> String {
    "(\(Format.fixed(StudentT.quantile(seeds - 1), 3)) + \(Self.power)) × "
      + "\(Format.fixed(margin / Self.z, 3)) / √\(Format.count(seeds)) = "
      + Format.fixed(toldBySeeds(seeds), 3)
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
  /// Its 0.8 quantile: four repeats of five.
  static let power = 0.84
  /// (1.96 + 0.84)²: with n·1.96² alone, half of all repeats would show nothing.
  static let sought = 7.85
}
