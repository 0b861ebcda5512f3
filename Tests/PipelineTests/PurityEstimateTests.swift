import Files
import Foundation
import Ranking
import Recipes
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

  /// A run of painted pictures with a selection from its three classes, four of each.
  private func paintedSelection(
    _ change: (inout Recipe) -> Void = { _ in }
  ) throws -> (PaintedRun, Run, Selection) {
    var painted = try PaintedRun()
    try painted.folder.write("tag,class\n", to: "tags.csv")
    painted.recipe.ranking.tags = painted.folder.path + "/tags.csv"
    change(&painted.recipe)
    let run = try painted.open()
    let labels = (0..<12).map { image in
      (SampleID(shard: 0, position: UInt32(image)), image / 4, 2) as Selection.Listed
    }
    let selection = try Selection.listed(
      labels, classes: 3, imagesPerClass: 4, classesPerSample: 2, in: painted.folder)
    return (painted, run, selection)
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
          HeldOutScores(pairs, source: .outOfFold()),
          selected: [Array(repeating: 5, count: 100_000)])
      ).all
    }
    #expect(try estimate(20, wrong: 0).share < 1)
    let (few, many) = try (estimate(20, wrong: 5), estimate(2_000, wrong: 500))
    #expect(few.high - few.low > 3 * (many.high - many.low))
    // Wald's interval: 0.75 ± 1.96 √(0.75 · 0.25 / 2,000) = 0.019.
    #expect(abs(many.share - 0.75) < 0.01 && abs((many.high - many.low) / 2 - 0.019) < 0.006)
  }

  @Test("where all held-out pictures say the same, the interval still has the estimate in it")
  func same() throws {
    let estimate = try #require(
      PurityEstimate(
        HeldOutScores(
          (0..<20).map { .init(picture: $0, class: 0, score: 5, isRight: true) },
          source: .validation), selected: [Array(repeating: 5, count: 10)])
    ).all
    // However the resamples fall, that of ten labels is at least this: 1.96 √(p (1 − p) / 10).
    let own = 1.96 * (estimate.share * (1 - estimate.share) / 10).squareRoot()
    #expect(own > 0.01)
    #expect(estimate.low <= estimate.share - own + 1e-9)
    #expect(estimate.high >= min(1, estimate.share + own) - 1e-9)
  }

  /// The scores of so many pictures that were held out, each in its `width` best classes.
  private func ranked(_ count: Int, in width: Int = 2) -> String {
    let rows = (0..<count).flatMap { picture in
      zip(["it's", "<b>old"], [picture, -picture]).prefix(width).map { name, score in
        "\(picture).png,it's,\(name),\(score)\n"
      }
    }
    return "key,truth,class,log_odds\n" + rows.joined()
  }

  @Test("pictures that another recipe ranked in fewer classes tell nothing, in more as much")
  func otherP() throws {
    let (painted, run, selection) = try paintedSelection()
    let path = "run/\(Stage.teacher.folder)/ranked-validation.csv"
    func estimate(_ scores: String) throws -> (estimate: PurityEstimate?, unknown: String?) {
      try painted.folder.write(scores, to: path)
      return run.purityEstimate(of: selection)
    }
    let one = try estimate(ranked(12, in: 1))
    #expect(one.estimate == nil)
    #expect(
      one.unknown?.hasPrefix(
        "the held-out pictures were ranked in 1 class each, as another recipe had it, and the selected ones in 2"
      )
        == true)
    let two = try #require(try estimate(ranked(12)).estimate)
    #expect(HeldOutScores.labelsPerImage(at: "\(painted.folder.path)/\(path)") == 2)
    // The third class of each, which the selection knows nothing of, is left aside.
    let three = ranked(12).split(separator: "\n").enumerated().map { place, line in
      place > 0 && place % 2 == 0
        ? "\(line)\n\(place / 2 - 1).png,it's,\"R&D \"\"x\"\"\",-99\n" : "\(line)\n"
    }.joined()
    #expect(try estimate(three).estimate == two)
    #expect(HeldOutScores.labelsPerImage(at: "\(painted.folder.path)/\(path)") == 3)
  }

  @Test("fewer than ten held-out pictures give no estimate, but a sentence why")
  func tooFew() throws {
    let (painted, run, selection) = try paintedSelection()
    func estimate(_ count: Int) throws -> (estimate: PurityEstimate?, unknown: String?) {
      try painted.folder.write(
        ranked(count), to: "run/\(Stage.teacher.folder)/ranked-validation.csv")
      return run.purityEstimate(of: selection)
    }
    let few = try estimate(9)
    #expect(few.estimate == nil)
    #expect(
      few.unknown?.contains("9 pictures that were held out from the teacher are too few") == true)
    let enough = try estimate(10)
    #expect(enough.estimate?.images == 10 && enough.unknown == nil)
  }

  @Test("what is chosen by tags is not estimated by the teacher's precision")
  func tags() throws {
    let (_, run, selection) = try paintedSelection { $0.ranking.strategy = .tags }
    let found = run.purityEstimate(of: selection)
    #expect(found.estimate == nil)
    #expect(found.unknown == "chosen by tags, of which the teacher's precision says nothing")
  }

  @Test("answers of another teacher or about other pictures are neither shown nor estimated by")
  func others() throws {
    let (painted, run, selection) = try paintedSelection()
    let folder = "run/\(LabelErrorFiles.folder)"
    try painted.folder.write(ranked(12), to: "\(folder)/\(LabelErrorFiles.ranked)")
    #expect(run.labelErrors == nil && run.purityEstimate(of: selection).estimate == nil)
    func write(_ madeOf: [String: String]?) throws {
      let errors = LabelErrors(
        pictures: 12, unreadable: 0, issues: 0, outOfFoldTop1: 100, teacher: "", folds: 5,
        repeats: 3, seconds: 1, most: [], folder: "", images: 10, recipeImages: 100,
        madeOf: madeOf)
      try painted.folder.write(JSON.pretty(errors), to: "\(folder)/\(LabelErrorFiles.summary)")
    }
    let facts = try run.labelErrorFacts()
    try write(facts)
    #expect(run.labelErrors?.isOfThisRun == true)
    let estimate = try #require(run.purityEstimate(of: selection).estimate)
    #expect(estimate.source == .outOfFold(images: 10, ofRecipe: 100))
    var inputs = try JSONDecoder().decode(
      StageInputs.self, from: Data(#require(facts["teacher"]).utf8))
    #expect(inputs.settings["teacher.training.learningRate"] != nil)
    inputs.settings["teacher.training.learningRate"] = "7"
    let teacher = facts.merging(["teacher": String(decoding: try JSON.line(inputs), as: UTF8.self)])
    { $1 }
    for other in [nil, teacher, facts.merging(["seed": "77"]) { $1 }] {
      try write(other)
      #expect(run.labelErrors?.isOfThisRun == false)
      let found = run.purityEstimate(of: selection)
      #expect(found.estimate == nil)
      #expect(found.unknown?.contains("made of another teacher or other pictures") == true)
    }
  }

  @Test("teachers that were trained for fewer images than the recipe's are said to be rougher")
  func rougher() {
    #expect(
      HeldOutScores.Source.outOfFold(images: 1_200, ofRecipe: 12_000).caveat
        == " These teachers were trained for 1,200 images each (the recipe's for 12,000), so that the estimate is "
        + "rougher.")
    #expect(HeldOutScores.Source.outOfFold(images: 1_200, ofRecipe: 1_200).caveat.isEmpty)
    #expect(HeldOutScores.Source.outOfFold().caveat.isEmpty)
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
  func repeated() throws {
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

extension Run {
  /// The estimate for all that was selected.
  fileprivate func purityEstimate(of selection: Selection) -> (
    estimate: PurityEstimate?, unknown: String?
  ) {
    let (scores, unknown) = heldOutScores(for: selection)
    return (scores.flatMap { PurityEstimate($0, selected: selection.scoresByClass()) }, unknown)
  }
}
