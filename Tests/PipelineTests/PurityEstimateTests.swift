import Foundation
import TestSupport
import Testing

@testable import Pipeline

@Suite("PurityEstimate")
struct PurityEstimateTests {
  private static func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }

  /// Held-out pictures of two classes at scores −2 to 8, as often right as `odds` says: of 50 of each score the first.
  private func heldOut(_ odds: (Int, Double) -> Double) -> HeldOutScores {
    var pairs: [HeldOutScores.Pair] = []
    for label in 0..<2 {
      for score in stride(from: -2.0, through: 8, by: 0.5) {
        let right = Int((50 * Self.sigmoid(odds(label, score))).rounded())
        for place in 0..<50 {
          pairs.append(
            .init(picture: pairs.count, class: label, score: score, isRight: place < right))
        }
      }
    }
    return HeldOutScores(pairs, source: .validation)
  }

  @Test("a teacher that says too much is put right, by its precision at the same scores")
  func overstated() throws {
    let heldOut = heldOut { _, score in 0.5 * score - 1 }
    let curve = PrecisionCurve(heldOut.pairs, classCount: 2)
    #expect(abs(curve.slope - 0.5) < 0.03 && abs(curve.intercept + 1) < 0.1)
    let scores: [Float] = (0..<1_000).map { 1 + 4 * Float($0) / 1_000 }
    let estimate = try #require(PurityEstimate(heldOut, selected: [scores, scores]))
    let truth = scores.reduce(0) { $0 + Self.sigmoid(0.5 * Double($1) - 1) } / 1_000
    let said = scores.reduce(0) { $0 + Self.sigmoid(Double($1)) } / 1_000
    // It says 92 %, and 61 % are right.
    #expect(said > truth + 0.25)
    #expect(abs(estimate.all.said - said) < 1e-3)
    #expect(abs(estimate.all.share - truth) < 0.02)
    #expect(estimate.all.low < truth && truth < estimate.all.high)
    #expect(estimate.all.high - estimate.all.low < 0.12)
  }

  @Test("a class that the teacher is wrong about more often has a lower estimate of its own")
  func classes() throws {
    let heldOut = heldOut { label, score in score - (label == 0 ? 3 : 0) }
    let estimate = try #require(
      PurityEstimate(heldOut, selected: [[3, 3, 3, 3], [3, 3, 3, 3]]))
    let shares = estimate.classes.compactMap { $0?.share }
    // σ(0) and σ(3).
    #expect(abs(shares[0] - 0.5) < 0.06 && abs(shares[1] - 0.953) < 0.03)
    #expect(estimate.classes[0]?.said == estimate.classes[1]?.said)
  }

  @Test("held-out pictures without an error give no certainty, and fewer give a wider interval")
  func few() throws {
    func estimate(_ count: Int, wrong: Int) throws -> PurityEstimate.Share {
      let pairs = (0..<count).map {
        HeldOutScores.Pair(picture: $0, class: 0, score: 5, isRight: $0 >= wrong)
      }
      return try #require(
        PurityEstimate(
          HeldOutScores(pairs, source: .outOfFold),
          selected: [Array(repeating: 5, count: 100_000)])
      ).all
    }
    #expect(try estimate(20, wrong: 0).share < 1)
    let (few, many) = try (estimate(20, wrong: 5), estimate(2_000, wrong: 500))
    #expect(few.high - few.low > 3 * (many.high - many.low))
    // Wald's interval: 0.75 ± 1.96 √(0.75 · 0.25 / 2,000) = 0.019.
    #expect(abs(many.share - 0.75) < 0.01 && abs((many.high - many.low) / 2 - 0.019) < 0.006)
  }

  @Test("infinite scores, classes without a picture and nothing held out are no error")
  func edges() throws {
    let heldOut = heldOut { _, score in score }
    let estimate = try #require(
      PurityEstimate(heldOut, selected: [[.infinity, -.infinity], []]))
    #expect(estimate.classes[1] == nil)
    #expect(estimate.all.share.isFinite && estimate.all.count == 2)
    #expect(
      PurityEstimate(HeldOutScores([], source: .validation), selected: [[1], [1]]) == nil)
    #expect(PurityEstimate(heldOut, selected: [[], []]) == nil)
  }

  @Test("the same pictures give the same estimate")
  func same() throws {
    let heldOut = heldOut { _, score in score - 1 }
    let selected: [[Float]] = [[1, 2, 3], [4, 5]]
    #expect(
      PurityEstimate(heldOut, selected: selected) == PurityEstimate(heldOut, selected: selected))
  }

  @Test("the scores of held-out pictures are read; what is broken or of other classes is none")
  func reading() throws {
    let folder = try TemporaryFolder()
    func read(_ text: String) throws -> HeldOutScores? {
      try folder.write(text, to: "ranked.csv")
      return HeldOutScores(
        at: folder.path + "/ranked.csv", names: ["a", "b"], source: .validation)
    }
    let head = "key,truth,class,log_odds\n"
    let found = try #require(
      try read(head + "1.png,a,a,2.5\n1.png,a,b,-3\n2.png,b,a,inf\n2.png,b,b,-inf\n"))
    #expect(found.pictures == 2)
    #expect(found.pairs.map(\.isRight) == [true, false, false, true])
    #expect(found.pairs.map(\.score) == [2.5, -3, .infinity, -.infinity])
    #expect(try read(head + "1.png,c,a,2.5\n") == nil)
    #expect(try read(head + "1.png,a,a,x\n") == nil)
    #expect(try read("key,truth\n") == nil)
    #expect(try read(head) == nil)
  }
}
