import Pages
import TestSupport
import Testing

@testable import Pipeline

@Suite("Predictions and confusion")
struct ConfusionTests {
  private static let names = ["ant", "bee", "cat"]

  private func read(_ text: String, mistakes: Int = 2) throws -> MeasuredPredictions? {
    let folder = try TemporaryFolder()
    try folder.write(text, to: "p.csv")
    return MeasuredPredictions(
      at: folder.path + "/p.csv", names: Self.names, mistakes: mistakes)
  }

  private static let text = """
    key,truth,prediction,probability,truth_probability
    a.png,ant,ant,0.9,0.9
    b.png,ant,bee,0.7,0.2
    c.png,bee,cat,0.99,0.01
    d.png,cat,,,
    e.png,cat,ant,0.8,0.1

    """

  @Test("predictions are read, with the surest mistakes first; an unreadable picture has none")
  func reading() throws {
    let found = try #require(try read(Self.text))
    #expect(found.truths == [0, 0, 1, 2, 2])
    #expect(found.classes == [0, 1, 2, -1, 0])
    #expect(found.surestMistakes.map(\.key) == ["c.png", "e.png"])
    #expect(found.surestMistakes.map(\.picture) == [2, 4])
    #expect(try read(Self.text.replacing("bee,cat", with: "bee,cow")) == nil)
    #expect(try read("key,x\n") == nil)
  }

  @Test("the matrix counts what is taken for what, and names the most confused pairs")
  func matrix() throws {
    let found = MeasuredPredictions(
      truths: [0, 0, 0, 1, 1, 2, 2], classes: [0, 1, 1, 1, 0, -1, 1])
    let matrix = ConfusionMatrix(of: found, classCount: 3)
    #expect(matrix.total == [3, 2, 1])
    #expect(matrix[0, 1] == 2 && matrix[1, 0] == 1 && matrix[2, 2] == 0)
    #expect(
      matrix.mostConfused(2) == [.init(truth: 0, prediction: 1), .init(truth: 1, prediction: 0)])
  }

  @Test("few classes are shown as a matrix, many as their most confused pairs alone")
  func section() throws {
    var data = try ReportFixture().data()
    #expect(ConfusionSection(data).html == .none)
    let answers = (0..<60).map { Int32($0 % 6) }
    data.predictions[.fineTuning] = MeasuredPredictions(
      truths: answers, classes: answers.map { $0 == 3 ? 4 : $0 })
    let few = ConfusionSection(data).html.text
    #expect(few.contains("class=\"confusion\""))
    #expect(few.contains(">dog</th><td class=\"text\" data-label=\"taken for\">elk</td>"))
    #expect(few.contains("4-fine-tuned/predictions-test.csv"))

    var many = try ReportFixture(names: (0..<1_000).map { "class \($0)" }, pictures: 1_000)
      .data()
    let truths = (0..<5_000).map { Int32($0 % 1_000) }
    many.predictions[.fineTuning] = MeasuredPredictions(
      truths: truths, classes: truths.map { ($0 + 1) % 1_000 })
    let html = ConfusionSection(many).html.text
    #expect(!html.contains("class=\"confusion\""))
    #expect(html.matches(of: /data-label="taken for"/).count == ConfusionSection.pairs)
    #expect(html.utf8.count < 40_000)
  }

  @Test("the surest mistakes are shown with what they were taken for")
  func mistakes() throws {
    var data = try ReportFixture().data()
    #expect(MistakesSection(data).html == .none)
    data.mistakes = [
      Mistake(
        prediction: .init(
          picture: 3, key: "x.png", truth: 0, prediction: 1, probability: 0.987),
        content: .missing("no longer there"))
    ]
    let html = Report(data).html
    #expect(html.contains("<b>bee</b><br>98.70 %"))
    #expect(html.contains("label: ant"))
    #expect(PageCheck(html).misnested == nil)
  }
}
