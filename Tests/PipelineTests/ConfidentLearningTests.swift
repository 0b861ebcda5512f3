import Foundation
import Testing

@testable import Pipeline

/// What cleanlab finds: `Tests/Reference/label-errors.json`, written by label_errors.py.
@Suite("ConfidentLearning")
struct ConfidentLearningTests {
  private struct Case: Decodable {
    let name: String
    let classes: Int
    let labels: [Int]
    /// In units of 1/1024.
    let probabilities: [Int]
    let joint: [[Int]]
    let issues: [Int]
    let quality: [Int]
  }

  private static let cases: [Case] = {
    let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().path
    let data = try? Data(
      contentsOf: URL(fileURLWithPath: tests + "/Reference/label-errors.json"))
    return data.flatMap { try? JSONDecoder().decode([Case].self, from: $0) } ?? []
  }()

  @Test("confident joint, issues and quality are cleanlab's", arguments: 0..<5)
  func reference(_ index: Int) throws {
    let one = try #require(Self.cases.dropFirst(index).first)
    let found = ConfidentLearning(
      labels: one.labels, probabilities: one.probabilities.map { Float($0) / 1024 },
      classCount: one.classes)
    #expect(found.joint == one.joint, "\(one.name)")
    #expect(found.isIssue.map { $0 ? 1 : 0 } == one.issues, "\(one.name)")
    #expect(found.quality.map { Int($0 * 1024) } == one.quality, "\(one.name)")
    #expect(one.issues.contains(1))
  }

  @Test("a label that everything speaks against is found, and is the most dubious")
  func one() {
    // 20 pictures of two classes, of which the teacher is sure; the fourth is labelled as the other.
    var labels = (0..<20).map { $0 % 2 }
    let probabilities = labels.flatMap { label -> [Float] in
      label == 0 ? [0.95, 0.05] : [0.05, 0.95]
    }
    labels[3] = 0
    let found = ConfidentLearning(labels: labels, probabilities: probabilities, classCount: 2)
    #expect(found.isIssue.indices.filter { found.isIssue[$0] } == [3])
    #expect(found.ranked.first == 3 && found.predicted[3] == 1)
    #expect(abs(found.quality[3] - 0.05) < 1e-6)
  }

  @Test("each picture is held out once, its copies with it, and each class evenly")
  func folds() {
    let labels = (0..<103).map { $0 % 3 }
    let folds = LabelFolds(labels, classCount: 3, count: 5, seed: 7)
    #expect(folds.part.allSatisfy { 0..<5 ~= $0 })
    for label in 0..<3 {
      let sizes = (0..<5).map { part in
        labels.indices.count { labels[$0] == label && folds.part[$0] == part }
      }
      #expect((sizes.max() ?? 0) - (sizes.min() ?? 0) <= 1, "\(sizes)")
    }
    #expect(folds.part == LabelFolds(labels, classCount: 3, count: 5, seed: 7).part)
    #expect(folds.part != LabelFolds(labels, classCount: 3, count: 5, seed: 8).part)
    let (kept, heldOut) = folds.split(2)
    #expect(Set(kept).isDisjoint(with: heldOut) && kept.count + heldOut.count == 103)
  }
}
