import Foundation

/// The mean of several teachers' probabilities of one picture after another, from the classes that each of
/// them has kept.
///
/// ```swift
/// var mean = MeanProbabilities(classes: 1000, count: 10)
/// mean.begin()
/// for teacher in teachers { mean.add(teacher.classes, teacher.scores) }
/// mean.end()
/// print(mean.classes, mean.scores)
/// ```
/// What a teacher has not kept counts as an even share of what its kept classes leave of 1: each such class
/// is no more probable to it than the least probable that it has kept, and all together they have just what
/// is left. p and 1 − p are added up apart, in float64, so that teachers who are all but certain do not all
/// tie at 1.
public struct MeanProbabilities {
  /// How many classes there are, L.
  public let classCount: Int
  /// How many of them are kept at most.
  public let count: Int
  /// The highest classes of the last picture; of equal ones the lower comes first.
  public private(set) var classes: [Int] = []
  /// Their log-odds.
  public private(set) var scores: [Float] = []

  /// A class that some teacher has kept: what all have said of it so far.
  private struct Sum {
    let index: Int
    /// Σ p over the teachers so far.
    var probability: Double
    /// Σ (1 − p).
    var complement: Double
    /// The last teacher that has kept it.
    var teacher: Int
  }

  private var sums: [Sum] = []
  /// The place of a class among `sums`; negative without one.
  private var places: [Int32]
  private var teachers = 0
  /// What the teachers so far have left for a class that none of them has kept.
  private var unkept = (probability: 0.0, complement: 0.0)
  private var isNumber = true

  /// Means of teachers with `classCount` classes, of which `count` are kept.
  public init(classes classCount: Int, count: Int) {
    self.classCount = max(0, classCount)
    self.count = max(0, min(count, classCount))
    places = Array(repeating: -1, count: self.classCount)
  }

  /// Begins a picture.
  public mutating func begin() {
    for sum in sums { places[sum.index] = -1 }
    sums.removeAll(keepingCapacity: true)
    (teachers, unkept, isNumber) = (0, (0, 0), true)
  }

  /// Adds what a teacher has kept of the picture: classes, each once, and their log-odds.
  /// - Complexity: O(classes that any teacher has kept).
  public mutating func add(_ classes: some Sequence<Int>, _ scores: some Sequence<Float>) {
    teachers += 1
    var kept = 0
    // What the most probable class leaves is its 1 − p, of which no digits are lost.
    var highest: (score: Float, p: Double) = (-.infinity, 0)
    var others = 0.0
    for (index, score) in zip(classes, scores) {
      guard index >= 0, index < classCount else { continue }
      if score.isNaN { isNumber = false }
      let (p, q) = (Self.probability(score), Self.probability(-score))
      if score > highest.score {
        others += highest.p
        highest = (score, p)
      } else {
        others += p
      }
      kept += 1
      add(index, p, q)
    }
    let left = Self.probability(-highest.score) - others
    let share = kept < classCount ? max(0, left) / Double(classCount - kept) : 0
    for place in sums.indices where sums[place].teacher != teachers {
      sums[place].probability += share
      sums[place].complement += 1 - share
    }
    unkept.probability += share
    unkept.complement += 1 - share
  }

  private mutating func add(_ index: Int, _ p: Double, _ q: Double) {
    let place = Int(places[index])
    guard place >= 0 else {
      places[index] = Int32(sums.count)
      sums.append(
        Sum(
          index: index, probability: unkept.probability + p, complement: unkept.complement + q,
          teacher: teachers))
      return
    }
    sums[place].probability += p
    sums[place].complement += q
    sums[place].teacher = teachers
  }

  /// Ends the picture: its highest classes stand in `classes` and `scores`. A class of probability 0 is none;
  /// where a teacher's scores were no numbers, these are none.
  public mutating func end() {
    classes.removeAll(keepingCapacity: true)
    scores.removeAll(keepingCapacity: true)
    guard isNumber else {
      classes = Array(0..<count)
      scores = Array(repeating: .nan, count: count)
      return
    }
    var ranked: [(score: Float, index: Int)] = []
    for sum in sums where sum.probability > 0 {
      let complement = max(sum.complement, Double.leastNonzeroMagnitude)
      ranked.append((Float(log(sum.probability) - log(complement)), sum.index))
    }
    ranked.sort { $0.score != $1.score ? $0.score > $1.score : $0.index < $1.index }
    for (score, index) in ranked.prefix(count) {
      classes.append(index)
      scores.append(score)
    }
  }

  private static func probability(_ score: Float) -> Double {
    LogOdds.probability(fromLogOdds: score)
  }
}
