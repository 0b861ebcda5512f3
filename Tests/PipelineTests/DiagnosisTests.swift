import Pages
import Recipes
import Testing
import Training

@testable import Pipeline

@Suite("Diagnosis")
struct DiagnosisTests {
  private func data(
    _ fixture: ReportFixture = ReportFixture(student: 70),
    _ change: (inout ReportData) -> Void = { _ in }
  ) throws -> ReportData {
    var data = try fixture.data()
    change(&data)
    return data
  }

  private func finding(_ name: String, _ data: ReportData) throws -> Finding {
    try #require(Diagnosis(data).findings.first { $0.name == name })
  }

  @Test("where a warning of the dry run stands, it is a reason, and nobody says that there is none")
  func warnings() throws {
    let none = "None of the usual reasons"
    let silent = try data()
    #expect(Diagnosis(silent).reasons.isEmpty)
    #expect(ResultSection(silent).html.text.contains(none))
    let warned = try data {
      $0.planWarnings = [
        .init(message: "the two are alike", key: "teacher.model", evidence: .table4)
      ]
    }
    #expect(
      Diagnosis(warned).reasons == [
        "The dry run warns: the two are alike (`halcyon experiment table4`)."
      ])
    #expect(GainStatement(warned).reasons.count == 1)
    let page = Report(warned).html
    #expect(!page.contains(none))
    #expect(page.contains("<code>teacher.model</code>"))
    #expect(page.contains("halcyon experiment table4"))
  }

  @Test("a run that gained tells what the dry run warns of, too, but not as a reason")
  func gained() throws {
    let gained = try data(ReportFixture()) {
      $0.planWarnings = [.init(message: "a thing", key: "data", evidence: nil)]
    }
    #expect(GainStatement(gained).reasons.isEmpty)
    #expect(DiagnosisSection(gained).html.text.contains("A thing."))
  }

  @Test("a warning about a key that a finding names is not said twice")
  func once() throws {
    let short = try data(ReportFixture(student: 70, pretrainingImages: 71_999)) {
      $0.planWarnings = [
        .init(message: "too short", key: "student.training.images", evidence: .figure4)
      ]
    }
    #expect(Diagnosis(short).reasons.count == 1)
    #expect(Diagnosis(short).warnings.count == 1)
  }

  @Test("fine-tuning that loses accuracy is a reason, with the rates")
  func fineTuning() throws {
    let name = "Fine-tuning that costs accuracy"
    let lost = try data { $0.summary[.student] = .init(top1: 72) }
    let found = try finding(name, lost)
    #expect(found.weight == .against)
    #expect(found.key == "fineTuning.training.learningRate")
    // The paper's rates: 0.6 / 0.0015.
    #expect(found.answer.contains("72.00 % before") && found.answer.contains("1/400"))
    // 1.96 √((0.7 · 0.3 + 0.68 · 0.32) / 10,000) = 1.28 points: a loss of one may be chance.
    let unclear = try finding(name, data { $0.summary[.student] = .init(top1: 71) })
    #expect(unclear.weight == .unknown && unclear.answer.contains("may be chance (± 1.28)"))
    #expect(try finding("Fine-tuning that costs accuracy", data()).weight == .fine)
    // A rate above pre-training's 0.6 is the other way round.
    let high = try data { $0.recipe.fineTuning.training.learningRate = 1.5 }
    let answer = try finding("Fine-tuning that costs accuracy", high).answer
    #expect(answer.contains("2.5 times pre-training's") && !answer.contains("1/0"))
  }

  @Test("a student that learns from U instead of the selection is not told about the selection")
  func consistency() throws {
    let names: Set = [
      "Low purity", "K is large", "Classes that did not fill", "Selected pictures not seen",
    ]
    #expect(try names.isSubset(of: Diagnosis(data()).findings.map(\.name)))
    let instead = try data { $0.recipe.student.consistency.use = .instead }
    #expect(try names.isDisjoint(with: Diagnosis(instead).findings.map(\.name)))
  }

  @Test(
    "a teacher that knows its own pictures much better over-fits; one of mixed pictures does not tell"
  )
  func overFitting() throws {
    // The last tenth of rows that rise to 50 %: 46 to 50.
    let low = try finding("Over-fitted teacher", data())
    #expect(low.weight == .fine && low.answer.contains("48.0 %"))
    let high = try data {
      for row in $0.trainings[2].rows.indices { $0.trainings[2].rows[row].top1 = 100 }
    }
    #expect(try finding("Over-fitted teacher", high).weight == .against)
    let mixed = try data { $0.recipe.teacher.training.augmentation.mixup = 0.2 }
    #expect(try finding("Over-fitted teacher", mixed).weight == .unknown)
  }

  @Test("a validation accuracy that fell by more than chance says to train shorter")
  func trainedTooLong() throws {
    // 2 √(0.8 · 0.2 / 1,000) = 2.5 points.
    func fallen(to end: Double) throws -> Finding {
      try finding(
        "Over-fitted teacher",
        data {
          $0.validationImages = 1_000
          for row in $0.trainings[2].rows.indices {
            $0.trainings[2].rows[row].validationTop1 = row == 20 ? 80 : row == 49 ? end : nil
          }
        })
    }
    let far = try fallen(to: 77)
    #expect(far.weight == .against && far.key == "teacher.training.images")
    #expect(far.answer.contains("80.0 % after 2,520 images"))
    #expect(try fallen(to: 78).weight == .fine)
  }

  @Test("what went wrong on the way is a reason, and nobody says that there is none")
  func onTheWay() throws {
    let read = try data { $0.warnings = ["Unlabelled pictures: 9 of 90 could not be read."] }
    #expect(
      Diagnosis(read).reasons == ["On the way: Unlabelled pictures: 9 of 90 could not be read."])
    #expect(!Report(read).html.contains("None of the usual reasons"))
    // What the recipe wants left out is none.
    #expect(try Diagnosis(data { $0.notes = ["9 pictures were left out."] }).reasons.isEmpty)
  }

  @Test("an unbalanced selection is not said to have filled its classes")
  func unbalanced() throws {
    let names = try Diagnosis(data { $0.recipe.ranking.strategy = .unbalanced }).findings.map(
      \.name)
    #expect(!names.contains("Classes that did not fill"))
  }

  @Test("a teacher below the baseline is a reason where that is no chance")
  func weakTeacher() throws {
    func weight(_ teacher: Double) throws -> Finding.Weight {
      try finding("Weak teacher", data(ReportFixture(baseline: 80, teacher: teacher, student: 70)))
        .weight
    }
    // 1.96 √((0.8 · 0.2 + 0.79 · 0.21) / 10,000) = 1.12 points.
    #expect(try weight(78) == .against)
    #expect(try weight(79) == .unknown)
    #expect(try weight(80) == .fine)
  }

  @Test("K is judged by what is right at its last ranks, estimated where U has no labels")
  func lastRanks() throws {
    let fixture = ReportFixture(student: 70, isTruthKnown: false)
    func ranks(_ early: Double, _ late: Double, _ high: Double) throws -> Finding {
      try finding(
        "K is large",
        data(fixture) {
          func share(_ share: Double, _ high: Double) -> PurityEstimate.Share {
            .init(share: share, low: share - 0.05, high: high, said: 0.9, count: 100)
          }
          $0.purityByRanks = (share(early, 1), share(late, high))
        })
    }
    let low = try ranks(0.8, 0.6, 0.7)
    #expect(low.weight == .against)
    #expect(
      low.answer.contains(
        "an estimated 60.0 % of the labels are right (95 % interval 55.0 to 70.0 %)"))
    #expect(try ranks(0.8, 0.6, 0.85).weight == .unknown)
    #expect(try ranks(0.8, 0.75, 0.78).weight == .fine)
    // The teacher's own probability alone does not say that K is right.
    #expect(try finding("K is large", data(fixture)).weight == .unknown)
  }

  @Test("selected pictures that are never seen are a reason")
  func passes() throws {
    // 6 classes · 8 ranks.
    let name = "Selected pictures not seen"
    let few = try finding(
      name, data(ReportFixture(student: 70, labelled: 0, pretrainingImages: 47)))
    #expect(few.weight == .against && few.answer.contains("0.979 passes"))
    let once = try finding(
      name, data(ReportFixture(student: 70, labelled: 0, pretrainingImages: 48)))
    #expect(once.weight == .fine)
  }

  @Test("a loss that does not fall says which way its rate is off the paper's")
  func learningRate() throws {
    let name = "No learning in student"
    func flat(_ rate: Double) throws -> Finding {
      try finding(
        name,
        data {
          let place = $0.trainings.firstIndex { $0.stage == .student } ?? 0
          for row in $0.trainings[place].rows.indices { $0.trainings[place].rows[row].loss = 1.79 }
          $0.trainings[place].training?.learningRate = rate
        })
    }
    // 0.1 / 256 · 1,536 = 0.6.
    #expect(try flat(0.6).advice?.contains("raise student.training.learningRate") == true)
    #expect(try flat(2.5).advice?.contains("lower student.training.learningRate") == true)
    #expect(try flat(2.5).answer.contains("would be 0.6"))
    #expect(try finding(name, data()).weight == .fine)
  }

  @Test(
    "a purity that is only estimated is a reason where its whole interval is below the baseline")
  func estimated() throws {
    let heldOut = HeldOutScores(
      (0..<60).map { .init(picture: $0, class: $0 % 6, score: 2, isRight: $0 < 30) },
      source: .validation)
    func purity(_ baseline: Double) throws -> Finding {
      try finding(
        "Low purity",
        data(ReportFixture(baseline: baseline, student: 40, isTruthKnown: false)) {
          $0.purity = PurityEstimate(
            heldOut, selected: Array(repeating: Array(repeating: 2, count: 100), count: 6))
        })
    }
    let low = try purity(80)
    #expect(low.weight == .against && low.reason.contains("ranking.imagesPerClass"))
    // σ(2) is what the teacher says.
    #expect(low.answer.contains("the teacher itself says 88.1 %"))
    // Half of the held-out ones are right: 50 % may be more or less than that, 30 % is less.
    #expect(try purity(50).weight == .unknown)
    #expect(try purity(30).weight == .fine)
    let unknown = try finding(
      "Low purity", data(ReportFixture(student: 70, isTruthKnown: false)))
    #expect(unknown.weight == .unknown && unknown.key == "data.validationFraction")
  }
}
