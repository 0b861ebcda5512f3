import Foundation
import ImageData
import Ranking
import Recipes
import TestSupport
@testable import Training

@testable import Pipeline

/// A run that never took place, as its report is given it.
struct ReportFixture {
  var names = ["ant", "bee", "cat", "dog", "elk", "fox"]
  var baseline: Double? = 80
  var long: Double? = 81
  var teacher: Double? = 85
  var student: Double? = 84
  var measuredOn: ReportData.MeasuredSet? = .test
  var pictures = 10_000
  var labelled = 600
  var unlabelled = 100_000
  var pretrainingImages = 100_000
  var imagesPerClass = 8
  var isTruthKnown = true
  /// How many of the ranks from 1 on are right, in every class.
  var rightRanks = 8
  /// Every class's score at a rank.
  var score: (Int) -> Float = { 8 - Float($0) }
  var finished = Set(Stage.allCases)
  var name = "birds"
  /// The tags of W's pictures; nil without stage 0.
  var tags: [[String]]?

  func data() throws -> ReportData {
    var recipe = Recipe(name: name, labelled: "/d", unlabelled: "/u")
    recipe.baseline.long = true
    if tags != nil { recipe.data.tagged = "/w" }
    recipe.ranking.imagesPerClass = imagesPerClass
    var summary = Summary(
      classes: names.count, labelledImages: labelled, unlabelledImages: unlabelled, seed: 1,
      device: "cpu", precision: "float32", threads: 2, libtorch: "2.13.0")
    func accuracy(_ stage: Stage, _ top1: Double?) -> Summary.Accuracy {
      guard finished.contains(stage), measuredOn != nil else { return .init() }
      return .init(top1: top1, top5: names.count < 5 ? nil : top1.map { min(100, $0 + 9) })
    }
    summary[.baseline] = accuracy(.baseline, baseline)
    summary[.baselineLong] = accuracy(.baselineLong, long)
    summary[.teacher] = accuracy(.teacher, teacher)
    summary[.student] = accuracy(.student, student.map { $0 - 2 })
    summary[.fineTuning] = accuracy(.fineTuning, student)
    recipe.baseline.enabled = baseline != nil

    var data = ReportData(
      recipe: recipe, summary: summary, classNames: names, measuredOn: measuredOn)
    for stage in Stage.comparisonsFirst
    where stage.facts.training != nil && recipe.includes(stage) {
      let training = try training(stage, recipe, summary)
      data.trainings.append(training)
      data.markers[stage] = training.marker
    }
    if let tags, finished.contains(.pretraining) {
      var settings = Recipe.Teacher.Pretraining()
      settings.minimumImages = 2
      let vocabulary = try TagVocabulary(
        of: TaggedDataset(tags), at: "/w", settings, workers: 1)
      data.tags = TagStatistics(of: vocabulary, copies: 1, unreadable: 2)
    }
    data.missing = Stage.allCases.filter { recipe.includes($0) && !finished.contains($0) }
    if finished.contains(.ranking) {
      data.markers[.ranking] = try StageMarker(
        .ranking, of: recipe, folder: "", outputs: [], seconds: 30, imagesSeen: unlabelled)
      let selection = try selection()
      data.selection = .init(
        images: selection.images.count, imagesPerClass: imagesPerClass, labelsPerImage: 2,
        statistics: SelectionStatistics(of: selection, truth: truth))
      data.summary.selectedImages = selection.images.count
      data.pictures = try grid()
    }
    return data
  }

  private func training(
    _ stage: Stage, _ recipe: Recipe, _ summary: Summary
  ) throws -> ReportData.Training {
    var training = ReportData.Training(stage: stage, model: "resnet50", training: .supervised)
    guard finished.contains(stage) else { return training }
    let images = stage == .student ? pretrainingImages : 6_000
    training.marker = try StageMarker(
      stage, of: recipe, folder: "", outputs: [], seconds: 12, imagesSeen: images)
    for step in 1...50 {
      let loss: Double = step == 7 ? .nan : 3 / Double(step)
      training.rows.append(
        MetricsTable.Row(
          step: step, images: images * step / 50, loss: loss, top1: Double(step),
          learningRate: 0.1 / Double(step), imagesPerSecond: 100,
          validationTop1: step % 10 == 0 ? Double(step) : nil))
    }
    if let top1 = summary[stage].top1 {
      let each = pictures / names.count
      let correct = Int((top1 / 100 * Double(each)).rounded())
      training.evaluation = Evaluation(
        perClass: names.map { .init(name: $0, count: each, correct: correct) },
        count: each * names.count, correct: correct * names.count,
        correctInFive: each * names.count, unreadable: 0)
    }
    return training
  }

  /// Class c has the images of shard c, in the order of their ranks.
  private func selection() throws -> Selection {
    let labels = names.indices.flatMap { index in
      (1...imagesPerClass).map { rank in
        (SampleID(shard: UInt32(index), position: UInt32(rank)), index, score(rank))
          as Selection.Listed
      }
    }
    return try Selection.listed(
      labels, classes: names.count, imagesPerClass: imagesPerClass, classesPerSample: 2,
      in: try TemporaryFolder())
  }

  private var truth: ((SampleID) -> Int?)? {
    guard isTruthKnown else { return nil }
    return { [names, rightRanks] id in
      id.position <= rightRanks ? Int(id.shard) : (Int(id.shard) + 1) % names.count
    }
  }

  private func grid() throws -> ImageGrid {
    let thumbnail = try Thumbnail(
      pixels: (0..<64).map { UInt8($0) }, width: 8, height: 8, channels: 1, format: .png)
    let ranks = ImageGrid.ranks([], imagesPerClass: imagesPerClass, longest: imagesPerClass)
    return ImageGrid(
      ranks: ranks,
      rows: names.indices.map { index in
        ImageGrid.Row(
          class: index,
          cells: ranks.map { rank in
            ImageGrid.Cell(
              rank: rank, content: .picture(thumbnail), key: "\(names[index])/\(rank).png",
              score: score(rank),
              truth: truth?(SampleID(shard: UInt32(index), position: UInt32(rank))))
          })
      })
  }
}

/// What a page must be, whatever it shows.
struct PageCheck {
  private let html: String

  init(_ html: String) { self.html = html }

  private static let void: Set = [
    "meta", "img", "br", "path", "circle", "line", "rect", "link", "input", "!DOCTYPE",
  ]

  /// The first tag that does not fit, nil when every element is closed where it should be.
  var misnested: String? {
    var open: [String] = []
    for match in html.matches(of: /<(\/?)([A-Za-z!][A-Za-z0-9]*)([^<>]*)>/) {
      let name = String(match.2)
      if ["style", "script"].contains(open.last ?? ""), name != open.last { continue }
      if match.1.isEmpty {
        if !Self.void.contains(name) { open.append(name) }
      } else if open.popLast() != name {
        return String(match.0)
      }
    }
    return open.last
  }

  /// Everything that would be fetched from somewhere.
  var externalAddresses: [String] {
    let sources = html.matches(of: /(?:src|href|action|data|poster|srcset)="([^"]*)"/).map {
      String($0.1)
    }
    return sources.filter { !$0.hasPrefix("data:image/") && !$0.hasPrefix("#") }
      + html.matches(of: /url\(|@import|https?:\/\//).map { String($0.0) }
  }

  /// Numbers that are none.
  var notNumbers: [String] {
    html.replacing(/base64,[^"]*/, with: "").matches(of: /[">\s-](nan|inf|NaN|Optional\()/).map {
      String($0.0)
    }
  }
}
