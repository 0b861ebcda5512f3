import Foundation
import TestSupport
import Testing

@testable import Ranking

@Suite("The mean of several teachers")
struct MeanProbabilitiesTests {
  /// The log-odds of p.
  private func score(_ p: Double) -> Float { Float(log(p / (1 - p))) }

  private func mean(
    classes: Int, keeping count: Int, _ teachers: [(classes: [Int], scores: [Float])]
  ) -> (classes: [Int], scores: [Float]) {
    var mean = MeanProbabilities(classes: classes, count: count)
    // What an earlier picture left must not matter.
    mean.begin()
    mean.add([0, classes - 1], [3, -2])
    mean.end()
    mean.begin()
    for teacher in teachers { mean.add(teacher.classes, teacher.scores) }
    mean.end()
    return (mean.classes, mean.scores)
  }

  private func expect(_ found: [Float], _ wanted: [Double]) {
    #expect(found.count == wanted.count)
    for (found, wanted) in zip(found, wanted) {
      #expect(abs(Double(found) - log(wanted / (1 - wanted))) < 1e-5, "\(found), \(wanted)")
    }
  }

  @Test("of classes that all have kept, probabilities are averaged")
  func kept() {
    // (0.7 + 0.5) / 2 = 0.6, (0.2 + 0.4) / 2 = 0.3, (0.1 + 0.1) / 2 = 0.1
    let (classes, scores) = mean(
      classes: 3, keeping: 3,
      [
        ([0, 1, 2], [score(0.7), score(0.2), score(0.1)]),
        ([0, 1, 2], [score(0.5), score(0.4), score(0.1)]),
      ])
    #expect(classes == [0, 1, 2])
    expect(scores, [0.6, 0.3, 0.1])
  }

  @Test("what a teacher has not kept counts as an even share of what is left")
  func unkept() {
    // The first leaves 0.2 to classes 2 and 3, the second 0.2 to classes 0 and 3: 0.1 each.
    // 0: (0.7 + 0.1) / 2 = 0.4; 1: (0.1 + 0.5) / 2 = 0.3; 2: (0.1 + 0.3) / 2 = 0.2; 3: 0.1, kept by none.
    let (classes, scores) = mean(
      classes: 4, keeping: 4,
      [([0, 1], [score(0.7), score(0.1)]), ([1, 2], [score(0.5), score(0.3)])])
    #expect(classes == [0, 1, 2])
    expect(scores, [0.4, 0.3, 0.2])
  }

  @Test("one teacher, once or three times, keeps its scores where p is 1 in float64, too")
  func one() {
    let teacher = ([4, 1, 0], [Float(60.25), -61.5, -80] as [Float])
    for count in [1, 3] {
      let (classes, scores) = mean(
        classes: 5, keeping: 3, Array(repeating: teacher, count: count))
      #expect(classes == teacher.0)
      #expect(scores == teacher.1)
    }
  }

  @Test("only the highest are kept, of equal ones the lower class first")
  func order() {
    let (classes, scores) = mean(
      classes: 4, keeping: 2,
      [([3, 0], [score(0.5), score(0.25)]), ([0, 3], [score(0.5), score(0.25)])])
    #expect(classes == [0, 3])
    #expect(scores[0] == scores[1])
    expect(scores, [0.375, 0.375])
  }

  @Test("a teacher without numbers makes none")
  func notANumber() {
    let (classes, scores) = mean(
      classes: 3, keeping: 2, [([0, 1], [1, -1]), ([0, 1], [.nan, .nan])])
    #expect(classes == [0, 1])
    #expect(scores.allSatisfy { $0.isNaN })
  }
}
