import Testing

@testable import Pipeline
@testable import Training

@Suite("GainInterval")
struct GainIntervalTests {
  private func evaluation(_ correct: Int, of count: Int) -> Evaluation {
    Evaluation(
      perClass: [.init(name: "a", count: count, correct: correct)], count: count,
      correct: correct, correctInFive: correct, unreadable: 0)
  }

  @Test("without the answers to each picture the two accuracies count as independent")
  func independent() throws {
    let interval = try #require(
      GainInterval(evaluation(8_000, of: 10_000), evaluation(8_100, of: 10_000), pairs: nil))
    // 0.8 · 0.2 + 0.81 · 0.19 = 0.3139; 1.96 √(0.3139 / 10,000) = 1.098 points.
    #expect(abs(interval.margin - 1.0981) < 1e-3)
    // (1.96 + 0.84)² · 0.3139 / 0.01² = 24,641.2.
    #expect(interval.images(toTell: 1) == 24_642)
    // s = 0.5603 points: (3.182 + 0.84) s / √4 = 1.127, (2.776 + 0.84) s / √5 = 0.906.
    #expect(interval.seeds(toTell: -1) == 5)
    #expect(interval.arithmetic(seeds: 5) == "(2.776 + 0.84) × 0.560 / √5 = 0.906")
    // Never fewer than three, by which a spread can be told; many are told by the normal quantile:
    // (2.8 · 0.5603 / 0.01)² = 24,609.8, and 2.0 more as t is a little more.
    #expect(interval.seeds(toTell: 20) == 3)
    #expect(abs((interval.seeds(toTell: 0.01) ?? 0) - 24_612) <= 1)
    #expect(interval.images(toTell: 0) == nil && interval.seeds(toTell: 0) == nil)
    #expect(interval.arithmetic(1) == "7.85 × 0.3139 / 0.0100²")
  }

  @Test("with them, only the pictures that the networks disagree about count")
  func paired() throws {
    let interval = try #require(
      GainInterval(
        evaluation(8_000, of: 10_000), evaluation(8_100, of: 10_000), pairs: (300, 200)))
    // (300 + 200) / 10,000 − (100 / 10,000)² = 0.0499; 1.96 √(0.0499 / 10,000) = 0.438 points.
    #expect(abs(interval.margin - 0.4378) < 1e-3)
    // 7.85 · 0.0499 / 0.01² = 3,917.2.
    #expect(interval.images(toTell: 1) == 3_918)
    #expect(interval.words.hasPrefix("300 pictures only the student"))
  }

  @Test("predictions of the same pictures give the pairs, others none")
  func discordant() {
    let student = MeasuredPredictions(truths: [0, 1, 2, 0, 1], classes: [0, 1, 2, 1, -1])
    let baseline = MeasuredPredictions(truths: [0, 1, 2, 0, 1], classes: [0, 2, 1, 0, 1])
    let pairs = student.discordant(with: baseline)
    #expect(pairs?.student == 2 && pairs?.baseline == 1)
    #expect(student.discordant(with: MeasuredPredictions(truths: [0], classes: [0])) == nil)
  }

  @Test("too small a gain for the pictures says how many would tell, with the arithmetic")
  func finding() throws {
    let data = try ReportFixture(baseline: 80, student: 80.5).data()
    let found = try #require(Diagnosis.measuring(data))
    #expect(found.weight == .against)
    let interval = try #require(data.gainInterval)
    let images = try #require(interval.images(toTell: data.summary.gain ?? 0))
    #expect(images > 80_000 && found.answer.contains("four times of five"))
    #expect(found.answer.contains("pictures, or, where"))
    #expect(found.key == "data.test")
    #expect(
      try Diagnosis.measuring(ReportFixture(baseline: 80, student: 84).data())?.weight == .fine)
  }
}
