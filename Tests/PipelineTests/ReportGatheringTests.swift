import Foundation
import ImageData
import Models
import Pages
import Ranking
import Recipes
import TestSupport
import Testing
import Training

@testable import Pipeline

@Suite("Report from a run directory")
struct ReportGatheringTests {
  /// The indices into U of one class's pictures.
  private func images(of index: Int, in run: Run) -> [Int] {
    (0..<run.data.unlabelled.count).filter { run.data.unlabelled.label(at: $0) == index }
  }

  @Test("a run with nothing but a selection has its pictures, framed by the truth")
  func selectionOnly() throws {
    let painted = try PaintedRun()
    let run = try painted.open()
    // The last rank of each class is a picture of the next one.
    try painted.select(in: run) { index in
      images(of: index, in: run).prefix(3) + images(of: (index + 1) % 3, in: run).suffix(1)
    }
    let summary = try Summarize.perform(in: run)
    #expect(summary.selectionPurity == 75)
    let html = try painted.report()
    #expect(PageCheck(html).misnested == nil)
    #expect(PageCheck(html).externalAddresses.isEmpty)
    // Ranks 1, K/4 = 1, K/2 = 2 and K = 4 of three classes.
    #expect(html.ranges(of: "<img ").count == 9)
    #expect(html.ranges(of: "<div class=\"frame right\">").count == 6)
    #expect(html.ranges(of: "<div class=\"frame wrong\">").count == 3)
    #expect(html.contains("✗ R&amp;D &quot;x&quot;"))
    // Log-odds 4 is p = 1 / (1 + e⁻⁴) = 98.20 %.
    #expect(html.contains("p 98.20 %"))
    #expect(html.contains("still to come: baseline, teacher, student, fine-tuning"))
    #expect(html.contains("id=\"curves\"") == false)
  }

  @Test("of a log's warnings those since the last start are told, and none where no start is noted")
  func logged() throws {
    let painted = try PaintedRun()
    let run = try painted.open()
    func told(_ events: [String]) throws -> [String] {
      try painted.folder.write(events.map { $0 + "\n" }.joined(), to: "run/log.jsonl")
      return run.planWarnings(try Summarize.perform(in: run)).filter { $0.key == "data" }
        .map(\.message)
    }
    func warning(_ text: String) -> String { #"{"event":"warning","message":"\#(text)"}"# }
    let opened = #"{"event":"opened","warnings":1}"#
    // As version 0.1.0 wrote it, whose warnings were the plan's, too.
    #expect(try told([warning("the two are alike")]) == [])
    #expect(
      try told([opened, warning("old"), opened, warning("a picture twice")]) == ["a picture twice"])
    #expect(try told([warning("old"), opened]) == [])
  }

  @Test("a picture that cannot be read leaves a cell that says why")
  func unreadable() throws {
    let painted = try PaintedRun()
    let run = try painted.open()
    try painted.select(in: run) { images(of: $0, in: run) }
    let key = run.data.unlabelled.key(at: images(of: 1, in: run)[0])
    try painted.folder.write("<html>not found</html>", to: "d/\(key)")
    try Summarize.perform(in: run)
    let html = try painted.report()
    #expect(html.ranges(of: "<img ").count == 8)
    #expect(html.ranges(of: "<div class=\"frame none\">").count == 1)
    #expect(html.contains("this is HTML or XML, not a picture"))
    #expect(PageCheck(html).misnested == nil)
  }

  @Test("a list that ends before a rank leaves a cell that says so, and the class is named")
  func short() throws {
    let painted = try PaintedRun()
    let run = try painted.open()
    try painted.select(in: run) { Array(images(of: $0, in: run).prefix($0 == 0 ? 2 : 4)) }
    try Summarize.perform(in: run)
    let html = try painted.report()
    #expect(html.ranges(of: "no picture: the list is shorter").count == 1)
    #expect(html.contains("1 class has fewer than K = 4 pictures: &lt;b&gt;old (2)."))
  }

  @Test("a report is written when U is no longer there, or no longer the same")
  func missing() throws {
    var painted = try PaintedRun()
    for picture in 0..<12 { try painted.paint("u/\(picture).png", seed: picture) }
    painted.recipe.data.labelledCount = nil
    painted.recipe.data.unlabelled = painted.folder.path + "/u"
    do {
      let run = try painted.open()
      try painted.select(in: run) { index in (0..<4).map { 4 * index + $0 } }
      try Summarize.perform(in: run)
    }
    let before = try painted.report()
    #expect(before.ranges(of: "<img ").count == 9)
    // Its truth is not known.
    #expect(before.ranges(of: "<div class=\"frame\">").count == 9)

    try painted.paint("u/another.png", seed: 99)
    try expectReportWithoutPictures(painted, "not those that the run was begun with")
    try FileManager.default.removeItem(atPath: painted.folder.path + "/u")
    try expectReportWithoutPictures(painted, "there is no such file or folder")
  }

  private func expectReportWithoutPictures(_ painted: PaintedRun, _ reason: String) throws {
    #expect(throws: (any Error).self) { try painted.open() }
    let summary = try Summarize.perform(in: painted.open(needsImages: false))
    #expect(summary.unlabelledImages == 12)
    #expect(summary.selectedImages == 12)
    let html = try painted.report()
    #expect(html.contains("The unlabelled pictures are missing below"))
    #expect(html.contains(reason))
    #expect(html.ranges(of: "<img ").count == 0)
    #expect(html.ranges(of: "no longer there").count == 9)
    #expect(PageCheck(html).misnested == nil)
  }

  @Test(
    "validation and test pictures are each measured into a file, and the report shows the test's")
  func evaluations() throws {
    var painted = try PaintedRun()
    for (index, name) in PaintedRun.names.enumerated() {
      for picture in 0..<5 {
        try painted.paint("t/\(name)/\(picture).png", seed: 100 + 10 * index + picture)
      }
    }
    painted.recipe.data.labelledCount = 12
    painted.recipe.data.validationFraction = 0.25
    painted.recipe.data.test = painted.folder.path + "/t"
    painted.recipe.input.size = 16
    painted.recipe.input.resize = 16
    painted.recipe.student.model = "resnet8"
    painted.recipe.student.stem = .small
    painted.recipe.student.width = 8
    painted.recipe.baseline.training.images = 16
    painted.recipe.baseline.training.batch = 8
    painted.recipe.baseline.training.learningRate = 0.01
    let run = try painted.open()
    try TrainBaseline.perform(in: run)
    let summary = try Summarize.perform(in: run)

    func evaluation(_ set: String) throws -> Evaluation {
      let bytes = try Data(
        contentsOf: URL(fileURLWithPath: run.directory.evaluationPath(of: .baseline, on: set)))
      return try JSONDecoder().decode(Evaluation.self, from: bytes)
    }
    let validation = try evaluation("validation"), test = try evaluation("test")
    #expect(validation.count == 3)
    #expect(test.count == 15)
    #expect(summary[.baseline].top1 == test.top1)
    let manifest = try Manifest(readFrom: run.directory)
    #expect(manifest.files["baseline/evaluation-validation.json"] != nil)
    #expect(manifest.files["baseline/evaluation-test.json"] != nil)
    let html = try painted.report()
    #expect(html.contains("Measured on the 15 test pictures"))
    #expect(html.contains("id=\"classes\""))
    #expect(html.contains("id=\"curves\""))
  }

  @Test("a thousand classes and many ranks stay within ten megabytes")
  func size() throws {
    var painted = try PaintedRun()
    // Noise is the most that a picture of its size can take.
    try painted.paint("noise.png", seed: 0, width: 96, height: 96)
    let names = (0..<1_000).map { "class \($0)" }
    try painted.folder.write(
      "path,label\n" + names.map { "noise.png,\($0)\n" }.joined(), to: "d.csv")
    try painted.folder.write(
      "path\n" + String(repeating: "noise.png\n", count: 12_000), to: "u.csv")
    painted.recipe.data.labelled = painted.folder.path + "/d.csv"
    painted.recipe.data.labelledCount = nil
    painted.recipe.data.unlabelled = painted.folder.path + "/u.csv"
    painted.recipe.data.shardSize = 20_000
    painted.recipe.ranking.imagesPerClass = 12
    painted.recipe.report.ranks = Array(1...12)
    let run = try painted.open()
    try painted.select(in: run) { index in (0..<12).map { 12 * index + $0 } }
    try Summarize.perform(in: run)
    let html = try painted.report()
    #expect(html.utf8.count < 10_000_000)
    #expect(html.utf8.count > 5_000_000)
    #expect(html.ranges(of: "<div class=\"class\">").count == ImageGrid.mostClasses)
    #expect(html.contains("The 100 of 1000 classes with the lowest score at their last rank."))
    #expect(html.contains("left out: the page would be too large"))
  }
}

@Suite("ImageGrid")
struct ImageGridTests {
  @Test("without asked ranks they are 1 and K over 16, 8, 4, 2 and 1")
  func ranks() {
    #expect(
      ImageGrid.ranks([], imagesPerClass: 16_000, longest: 16_000)
        == [1, 1_000, 2_000, 4_000, 8_000, 16_000])
    #expect(ImageGrid.ranks([], imagesPerClass: 500, longest: 500) == [1, 31, 62, 125, 250, 500])
    #expect(ImageGrid.ranks([], imagesPerClass: 3, longest: 3) == [1, 3])
    #expect(ImageGrid.ranks([], imagesPerClass: 1, longest: 1) == [1])
  }

  @Test("lists that all end before K are shown to the end of the longest")
  func shortLists() {
    #expect(ImageGrid.ranks([], imagesPerClass: 16_000, longest: 64) == [1, 4, 8, 16, 32, 64])
    #expect(ImageGrid.ranks([], imagesPerClass: 16, longest: 0) == [1, 2, 4, 8, 16])
  }

  @Test("asked ranks are kept, ascending and once")
  func asked() {
    #expect(ImageGrid.ranks([40, 2, 2], imagesPerClass: 100, longest: 10) == [2, 40])
  }

  @Test("of many classes the most improved and the least pure are shown, and the page says so")
  func classes() throws {
    let names = (0..<200).map { "class \($0)" }
    var data = try ReportFixture(names: names).data()
    let place = try #require(data.trainings.firstIndex { $0.stage == .fineTuning })
    // Pictures a class: 10,000 / 200 = 50. The last fifty classes gain most.
    for index in names.indices {
      data.trainings[place].evaluation?.perClass[index].correct = index >= 150 ? 50 : 10
      data.selection?.statistics.classes[index].right = index < 60 ? 1 : 7
    }
    let (shown, choice) = ImageGrid.classes(data, most: 100)
    #expect(shown == Array(0..<50) + Array(150..<200))
    #expect(
      choice
        == "100 of 200 classes: the 50 that gained most and the 50 others with the lowest purity.")
    let all = ImageGrid.classes(try ReportFixture().data(), most: 100)
    #expect(all.0 == Array(0..<6))
    #expect(all.choice == nil)
  }
}
