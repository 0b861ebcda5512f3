import Foundation
import TestSupport
import Testing

@testable import Ranking

@Suite("LogOdds")
struct LogOddsTests {
  func rank(_ logits: [Float], count: Int) throws -> (classes: [Int], scores: [Float]) {
    var top = TopClasses(classes: logits.count, count: count)
    try logits.withUnsafeBufferPointer { try top.rank($0) }
    return (top.classes, top.scores)
  }

  /// logit − logsumexp of the other logits, straight from the definition.
  func definition(_ logits: [Float], _ index: Int) -> Double {
    let others = logits.indices.filter { $0 != index }.map { Double(logits[$0]) }
    let highest = others.max() ?? -.infinity
    guard highest > -.infinity else { return .infinity }
    return Double(logits[index]) - highest - log(others.reduce(0) { $0 + exp($1 - highest) })
  }

  @Test("two classes have opposite scores, the difference of their logits")
  func twoClasses() throws {
    let (classes, scores) = try rank([1.5, 4], count: 2)
    #expect(classes == [1, 0])
    #expect(scores == [2.5, -2.5])
  }

  @Test("three equal logits have p = 1/3 and so log-odds log(1/2), in order of class")
  func equalLogits() throws {
    let (classes, scores) = try rank([7, 7, 7], count: 3)
    #expect(classes == [0, 1, 2])
    #expect(scores == Array(repeating: Float(log(0.5)), count: 3))
  }

  @Test("confident pictures keep their order where p is 1 in float32")
  func confident() throws {
    let sure = try rank([40, 0, 0], count: 1).scores[0]
    let surer = try rank([41, 0, 0], count: 1).scores[0]
    #expect(sure == Float(40 - log(2.0)))
    #expect(surer == Float(41 - log(2.0)))
    #expect(Float(LogOdds.probability(fromLogOdds: sure)) == 1)
  }

  @Test("logits so far apart that every exponential underflows keep their score")
  func underflow() throws {
    // exp(-2000) is 0 in float64; the score is 2000 − log 2.
    let scores = try rank([1000, -1000, -1000], count: 3).scores
    #expect(scores[0] == Float(2000 - log(2.0)))
    #expect(scores[1] == -2000)
  }

  @Test("the only class is certain")
  func oneClass() throws {
    let (classes, scores) = try rank([-3], count: 5)
    #expect(classes == [0])
    #expect(scores == [.infinity])
    #expect(LogOdds.probability(fromLogOdds: .infinity) == 1)
  }

  @Test("one logit that is not a number makes every score of the picture not a number")
  func notANumber() throws {
    for position in 0..<3 {
      var logits: [Float] = [1, 2, 3]
      logits[position] = .nan
      #expect(try rank(logits, count: 2).scores.allSatisfy(\.isNaN))
    }
    #expect(try rank([.infinity, 0], count: 2).scores.allSatisfy(\.isNaN))
    #expect(try rank([-.infinity, -.infinity], count: 2).scores.allSatisfy(\.isNaN))
  }

  @Test("a logit of minus infinity rules its class out")
  func masked() throws {
    let (classes, scores) = try rank([-.infinity, 2, 1], count: 3)
    #expect(classes == [1, 2, 0])
    #expect(scores == [1, -1, -.infinity])
    #expect(try rank([-.infinity, 2], count: 2).scores == [.infinity, -.infinity])
  }

  @Test("a row of another length is refused")
  func wrongLength() {
    var top = TopClasses(classes: 3, count: 2)
    let error = #expect(throws: RankingError.self) {
      try [Float](repeating: 0, count: 4).withUnsafeBufferPointer { try top.rank($0) }
    }
    #expect(error?.description == "a picture has 4 logits, but there are 3 classes")
  }

  @Test("the P highest are a full sort of the definition", arguments: 0..<60)
  func fullSort(seed: Int) throws {
    var generator = SeededGenerator(seed: UInt64(seed))
    let classes = Int.random(in: 1...300, using: &generator)
    let spread: Float = [0.001, 1, 20, 400][seed % 4]
    var logits = (0..<classes).map { _ in Float.random(in: -spread...spread, using: &generator) }
    // Some equal logits, some one unit in the last place apart.
    for _ in 0..<(classes / 3) {
      let value = logits.randomElement(using: &generator) ?? 0
      logits[Int.random(in: 0..<classes, using: &generator)] =
        Bool.random(using: &generator) ? value : value.nextUp
    }
    let count = Int.random(in: 1...classes, using: &generator)
    let top = try rank(logits, count: count)
    let everything = try rank(logits, count: classes)
    #expect(top.classes == Array(everything.classes.prefix(count)))
    #expect(top.scores == Array(everything.scores.prefix(count)))
    for (index, score) in zip(everything.classes, everything.scores) {
      let expected = definition(logits, index)
      #expect(abs(Double(score) - expected) <= 1e-7 * max(1, abs(expected)))
    }
    for index in 1..<max(1, classes) {
      let (before, after) = (everything.scores[index - 1], everything.scores[index])
      #expect(before >= after)
      if before == after { #expect(everything.classes[index - 1] < everything.classes[index]) }
    }
    #expect(Set(everything.classes).count == classes)
  }

  @Test("p of the score is the softmax")
  func probability() throws {
    let logits: [Float] = [0.3, -1, 2, 0.5]
    let sum = logits.reduce(0.0) { $0 + exp(Double($1)) }
    let (classes, scores) = try rank(logits, count: 4)
    for (index, score) in zip(classes, scores) {
      let expected = exp(Double(logits[index])) / sum
      #expect(abs(LogOdds.probability(fromLogOdds: score) - expected) < 1e-7)
    }
    #expect(LogOdds.probability(fromLogOdds: -.infinity) == 0)
    #expect(LogOdds.probability(fromLogOdds: 0) == 0.5)
    #expect(LogOdds.probability(fromLogOdds: .nan).isNaN)
  }
}
