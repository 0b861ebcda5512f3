import Foundation
import ImageData
import Recipes
import Shards
import TestSupport
import Testing

@testable import Pipeline

@Suite("Whether U's labels are D's")
struct TruthTests {
  /// A run whose U is a folder of one shard, with labels and a list of classes.
  private func run(labels: [String], classes: [String]?) throws -> (PaintedRun, Run) {
    var painted = try PaintedRun()
    try FileManager.default.createDirectory(
      atPath: painted.folder.path + "/u", withIntermediateDirectories: true)
    let tar = try TarWriter(path: painted.folder.path + "/u/0.tar")
    for (index, label) in labels.enumerated() {
      try tar.append("\(index).png", Data("no picture".utf8))
      try tar.append("\(index).cls", Data(label.utf8))
    }
    try tar.finish()
    if let classes {
      try painted.folder.write(classes.joined(separator: "\n"), to: "u/classes.txt")
    }
    painted.recipe.data.labelledCount = nil
    painted.recipe.data.unlabelled = painted.folder.path + "/u"
    return (painted, try painted.open())
  }

  @Test("they are by name and order, or as the numbers of as many classes; else it is said why not")
  func reasons() throws {
    let (painted, same) = try run(labels: ["0", "2"], classes: PaintedRun.names.sorted())
    #expect(same.data.isTruthKnown && same.data.whyTruthIsUnknown == nil)
    let classes = same.data.classNames.joined(separator: ", ")
    withExtendedLifetime(painted) {}

    for (labels, names, reason) in [
      (["0", "2"], Array(same.data.classNames.reversed()), "the same in another order"),
      (
        ["0", "2"], nil,
        "/u/classes.txt, one name a line from 0 on, would say what they are called"
      ),
      (
        ["caf\u{E9}", "cafe\u{301}"], nil,
        #"U's labels cafe\u{0301} and caf\u{00E9} are one name, written with other "#
          + "characters"
      ),
      (["wren", "owl"], nil, "U's labels are owl, wren, D's classes \(classes)"),
    ] {
      let (kept, other) = try run(labels: labels, classes: names)
      #expect(!other.data.isTruthKnown)
      #expect(other.data.whyTruthIsUnknown?.hasSuffix(reason) == true, "\(reason)")
      withExtendedLifetime(kept) {}
    }
  }
}
