import Foundation
import Recipes
import TestSupport
import Testing

@testable import Pipeline

@Suite("Summary")
struct SummaryTests {
  private var summary: Summary {
    Summary(
      classes: 10, labelledImages: 1_000, unlabelledImages: 59_000, seed: 3, device: "cpu",
      precision: "float32", threads: 2, libtorch: "2.13.0")
  }

  /// DESIGN's contract.
  private let keys = [
    "classes", "labelled_images", "unlabelled_images", "selected_images", "images_per_class",
    "selection_purity", "supervised_top1", "teacher_top1", "pretrained_top1", "student_top1",
    "supervised_top5", "teacher_top5", "pretrained_top5", "student_top5", "gain", "seconds",
    "peak_mib", "seed", "device", "precision", "threads", "libtorch", "unreadable",
  ]

  @Test("every key is there, null where nothing is known")
  func contract() throws {
    let object = try JSONSerialization.jsonObject(with: summary.json()) as? [String: Any]
    let json = try #require(object)
    #expect(Set(keys).isSubset(of: json.keys))
    let accuracies = Stage.allCases.compactMap(\.facts.accuracy?.key)
      .flatMap { ["\($0)_top1", "\($0)_top5"] }
    #expect(Set(accuracies).isSuperset(of: ["supervised_long_top1", "supervised_long_top5"]))
    #expect(
      Set(json.keys).subtracting(keys).subtracting(accuracies) == [
        "unreadable_pictures", "absent_classes", "cut_shards", "measured_on", "measured_images",
        "scores_from", "tagged_images", "tag_classes", "rounds", "selection_purity_estimate",
      ])
    #expect(json["selection_purity"] is NSNull)
    #expect(json["gain"] is NSNull)
    #expect(json["classes"] as? Int == 10)
  }

  @Test("the gain is the student's top-1 less the supervised one's")
  func gain() throws {
    var summary = summary
    summary[.fineTuning].top1 = 84
    #expect(summary.gain == nil)
    summary[.baseline].top1 = 82.5
    #expect(summary.gain == 1.5)
    let text = String(decoding: try summary.json(), as: UTF8.self)
    #expect(text.contains("\"gain\" : 1.5"))
  }

  @Test("top-5 of fewer than 5 classes is null")
  func fewClasses() throws {
    var summary = summary
    summary.classes = 4
    summary[.fineTuning] = .init(top1: 90, top5: 100)
    let text = String(decoding: try summary.json(), as: UTF8.self)
    #expect(text.contains("\"student_top1\" : 90"))
    #expect(text.contains("\"student_top5\" : null"))
  }

  @Test("a summary that is written and read again is equal")
  func roundTrip() throws {
    let folder = try TemporaryFolder()
    var summary = summary
    summary.selectedImages = 12
    summary.imagesPerClass = ["dög": 7, "cat": 5]
    summary.selectionPurity = 88.25
    summary[.teacher] = .init(top1: 82, top5: 99)
    summary.seconds = ["teacher": 10.5]
    summary.peakMiB = 300
    try summary.write(to: folder.path + "/summary.json")
    #expect(try Summary(contentsOf: folder.path + "/summary.json") == summary)
    let text = try folder.read("summary.json")
    #expect(text.hasSuffix("}\n"))
    try folder.write("{}", to: "summary.json")
    expectError("\(folder.path)/summary.json is no summary of a run", code: 65) {
      try Summary(contentsOf: folder.path + "/summary.json")
    }
  }

  @Test("the most memory of this process is more than nothing")
  func peak() throws {
    #expect(try #require(Summary.peakMiBOfThisProcess()) > 1)
  }

  @Test("the model card has what was measured and nothing else")
  func card() {
    var summary = summary
    var recipe = Recipe(name: "fashion", labelled: "/d", unlabelled: "/u")
    recipe.data.test = "/t"
    recipe.data.testSplit = "test"
    #expect(ModelCard(summary: summary, recipe: recipe).markdown.contains("Not measured"))
    #expect(ModelCard(summary: summary, recipe: recipe).markdown.contains(" 2 threads, libtorch"))
    summary.threads = 1
    #expect(ModelCard(summary: summary, recipe: recipe).markdown.contains(" 1 thread, libtorch"))
    recipe.teacher.startFrom = "/w/m56.pth"
    recipe.teacher.fineTuneOn.labelled = "/birds"
    let seen = ModelCard(summary: summary, recipe: recipe).markdown
      .replacing("\n", with: " ")
    #expect(
      seen.contains(
        "a teacher trained on the labelled pictures of birds and then on "
          + "1,000 labelled pictures, from the weights in m56.pth, ranked"),
      "\(seen)")
    summary[.fineTuning] = .init(top1: 83.876, top5: 99)
    summary[.baseline] = .init(top1: 84, top5: nil)
    summary.imagesPerClass = ["coat": 3, "bag": 4]
    let card = ModelCard(summary: summary, recipe: recipe).markdown
    #expect(card.hasPrefix("# fashion\n"))
    #expect(card.contains("| student | 83.88 | 99.00 |"))
    #expect(card.contains("| resnet50 on the labelled pictures alone | 84.00 | – |"))
    #expect(card.contains("alone: -0.12 points."))
    #expect(card.contains("Measured on `/t` (split test)."))
    #expect(card.contains("`bag`, `coat`."))
    #expect(!card.contains("| teacher"))
    for section in ["Results", "Training", "Classes", "Use", "Limits"] {
      #expect(card.contains("## \(section)\n"))
    }
  }
}
