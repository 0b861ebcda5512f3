import Testing

@testable import Pipeline

@Suite("GainStatement")
struct ReportGainTests {
  private func statement(_ fixture: ReportFixture) throws -> GainStatement {
    GainStatement(try fixture.data())
  }

  @Test("a gain beyond chance is said plainly, without excuses")
  func gained() throws {
    let statement = try statement(ReportFixture(baseline: 80, student: 84))
    #expect(statement.verdict == .gained)
    #expect(statement.headline.hasPrefix("The student gains 4.00 points: it reaches 84.00 %"))
    #expect(statement.reasons.isEmpty)
  }

  @Test("a difference within the 95 % interval of the measurement is called chance")
  func chance() throws {
    // 6 · 1,666 pictures: 1.96 · √((0.80 · 0.20 + 0.81 · 0.19) / 9,996) = 1.10 points.
    let within = try statement(ReportFixture(baseline: 80, student: 81))
    #expect(within.verdict == .unclear)
    #expect(within.headline.contains("within chance"))
    #expect(within.comparisons.first?.contains("1.10 points") == true)
    #expect(try statement(ReportFixture(baseline: 80, student: 81.3)).verdict == .gained)
    #expect(try statement(ReportFixture(baseline: 80, student: 78.6)).verdict == .lost)
  }

  @Test("a loss none of whose usual reasons shows names none")
  func unexplained() throws {
    let statement = try statement(ReportFixture(baseline: 80, teacher: 85, student: 70))
    #expect(statement.verdict == .lost)
    #expect(statement.headline.hasPrefix("The student loses 10.00 points"))
    #expect(statement.reasons.isEmpty)
  }

  @Test("a teacher below the baseline is a reason, one above it is not")
  func teacher() throws {
    let weak = try statement(ReportFixture(baseline: 80, teacher: 78, student: 70))
    #expect(weak.reasons.map { $0.prefix(12) } == ["Weak teacher"])
    #expect(weak.reasons[0].contains("78.00 %"))
    let gained = try statement(ReportFixture(baseline: 80, teacher: 78, student: 84))
    #expect(gained.reasons.isEmpty)
  }

  @Test("fewer than 120 passes over the labelled pictures are a reason")
  func crossover() throws {
    // 120 · 600 = 72,000.
    let short = try statement(ReportFixture(student: 70, pretrainingImages: 71_999))
    #expect(short.reasons.map { $0.prefix(18) } == ["Short pre-training"])
    #expect(short.reasons[0].contains("72,000"))
    #expect(try statement(ReportFixture(student: 70, pretrainingImages: 72_000)).reasons.isEmpty)
  }

  @Test("labels less right than the baseline are a reason, unless their truth is not known")
  func purity() throws {
    // 8 ranks; 6 of 8 are right, 75 %, and 2 of 4 at the last four: 100 % before, 50 % after.
    let low = try statement(ReportFixture(student: 70, rightRanks: 6))
    #expect(low.reasons.contains { $0.hasPrefix("Low purity: 75.0 %") })
    #expect(low.reasons.contains { $0.contains("ranks 5 to 8, 50.0 %") && $0.contains("100.0 %") })
    let unknown = try statement(ReportFixture(student: 70, isTruthKnown: false, rightRanks: 6))
    #expect(unknown.reasons.isEmpty)
  }

  @Test("where the truth is not known, a teacher that doubts its last labels says that K is large")
  func doubt() throws {
    let fixture = ReportFixture(student: 70, isTruthKnown: false, score: { 3 - Float($0) })
    #expect(try statement(fixture).reasons.map { $0.prefix(10) } == ["K is large"])
  }

  @Test("a selection that wants more pictures than there are is a reason")
  func ocean() throws {
    // 6 classes · K = 8.
    let few = try statement(ReportFixture(student: 70, unlabelled: 47))
    #expect(few.reasons.map { $0.prefix(14) } == ["Few unlabelled"])
    #expect(try statement(ReportFixture(student: 70, unlabelled: 48)).reasons.isEmpty)
  }

  @Test(
    "a gain that is not known says why",
    arguments: [
      (ReportFixture(measuredOn: nil), "neither test nor validation"),
      (ReportFixture(baseline: nil), "no baseline"),
      (ReportFixture(finished: [.baseline]), "fine-tuning is not finished"),
      (ReportFixture(finished: []), "baseline and fine-tuning are not finished"),
    ])
  func unknown(fixture: ReportFixture, reason: String) throws {
    let statement = try statement(fixture)
    #expect(statement.verdict == .unknown)
    #expect(statement.gain == nil)
    #expect(statement.headline.contains(reason))
    #expect(statement.reasons.isEmpty)
  }

  @Test("the baseline that was trained as long is compared with too")
  func long() throws {
    let statement = try statement(ReportFixture(long: 86, student: 84))
    #expect(statement.comparisons.contains { $0.contains("2.00 points below it") })
  }
}

extension ReportFixture: @unchecked Sendable {}
