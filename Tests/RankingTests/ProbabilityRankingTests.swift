import Foundation
import Testing

@testable import Ranking

@Suite("Classes ranked by probabilities of other programs")
struct ProbabilityRankingTests {
  private func rank(
    probabilities: [Double], count: Int
  ) throws -> (classes: [Int], scores: [Float], sum: Double) {
    var top = TopClasses(classes: probabilities.count, count: count)
    let sum = try probabilities.withUnsafeBufferPointer { try top.rank(probabilities: $0) }
    return (top.classes, top.scores, sum)
  }

  @Test("log-odds are log p − log(1 − p)")
  func definition() throws {
    let (classes, scores, sum) = try rank(probabilities: [0.1, 0.6, 0.3], count: 2)
    #expect(classes == [1, 2])
    #expect(scores == [Float(log(0.6 / 0.4)), Float(log(0.3 / 0.7))])
    #expect(abs(sum - 1) < 1e-15)
  }

  @Test("a row that sums to 0.9995 is ranked as if it were scaled to 1")
  func scaled() throws {
    let scores = try rank(probabilities: [0.49975, 0.49975], count: 2).scores
    #expect(scores == [0, 0])
  }

  @Test("where float32's softmax gives 1, the others tell how sure it is")
  func saturated() throws {
    // softmax of 40, 0, 0 in float32: 1, e⁻⁴⁰, e⁻⁴⁰; the log-odds of the first is 40 − log 2.
    let small = Double(Float(exp(-40.0)))
    let sure = try rank(probabilities: [1, small, small], count: 1).scores[0]
    #expect(abs(sure - Float(40 - log(2.0))) < 1e-5)
    let surer = try rank(probabilities: [1, small / 2, small / 2], count: 1).scores[0]
    #expect(surer > sure)
  }

  @Test("without any doubt the log-odds is 126 · log 2, and a class of probability 0 is none")
  func certain() throws {
    let (classes, scores, _) = try rank(probabilities: [0, 1, 0], count: 3)
    #expect(classes == [1])
    #expect(scores == [Float(126 * log(2.0))])
    #expect(LogOdds.score(ofProbability: 1, knownSum: 1) == Float(126 * log(2.0)))
  }

  @Test("of one probability alone the others have what is left of 1, or more where more is known")
  func alone() {
    #expect(LogOdds.score(ofProbability: 0.75, knownSum: 0.75) == Float(log(3.0)))
    // 1 and 1/8 sum to more than 1: 1 was rounded up, so the others have 1/8 at least.
    #expect(LogOdds.score(ofProbability: 1, knownSum: 1.125) == Float(log(8.0)))
  }

  @Test("probabilities that are equal in float32 keep their order")
  func close() throws {
    let (classes, scores, _) = try rank(
      probabilities: [0.25, 0.25 + 1e-9, 0.5 - 1e-9], count: 3)
    #expect(classes == [2, 0, 1] || classes == [2, 1, 0])
    #expect(scores[1] >= scores[2])
    let few = try rank(probabilities: [1e-12, 2e-12, 1 - 3e-12], count: 2)
    #expect(few.classes == [2, 1])
  }

  @Test("log-odds are taken as they are, and the highest P stay")
  func logOdds() throws {
    var top = TopClasses(classes: 4, count: 2)
    try [-3, 2.5, -0.125, 2.5].withUnsafeBufferPointer { try top.rank(logOdds: $0) }
    #expect(top.classes == [1, 3])
    #expect(top.scores == [2.5, 2.5])
  }

  @Test("after a row with few classes, logits are ranked in full again")
  func mixed() throws {
    var top = TopClasses(classes: 3, count: 3)
    try [0, 1, 0].withUnsafeBufferPointer { _ = try top.rank(probabilities: $0) }
    try [Float(1), 2, 3].withUnsafeBufferPointer { try top.rank($0) }
    #expect(top.classes == [2, 1, 0])
  }
}
