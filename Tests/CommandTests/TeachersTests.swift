import Files
import Foundation
import TestSupport
import Testing

@Suite("Several teachers")
struct TeachersTests {
  private func settings(_ tiny: TinyRun, _ names: [String]) -> [String] {
    let paths = names.map { "\"\(tiny.directory($0))\"" }.joined(separator: ", ")
    return OwnScores.all + ["teacher.kind=given", "ranking.teachers=[\(paths)]"]
  }

  /// Another teacher: trained for longer.
  private static let other = ["teacher.training.images=640"]

  @Test(
    "the mean of one teacher selects what it selects, of two what their probabilities' mean does")
  func means() throws {
    let tiny = try TinyRun()
    let a = try OwnScores(of: tiny, "a")
    let b = try OwnScores(of: tiny, "b", Self.other)
    try tiny.finish("select", "a", OwnScores.all)
    let one = settings(tiny, ["a"])
    try tiny.finish("score", "one", one)
    try tiny.finish("select", "one", one)
    let files = ["a", "one"].map { tiny.directory($0) + "/2-ranking/selected.bin" }
    #expect(try Checksum.sha256(file: files[0]) == Checksum.sha256(file: files[1]))

    let two = settings(tiny, ["a", "b"])
    let scored = try tiny.finish("score", "two", two)
    #expect(scored.errors.contains("the mean of 2 teachers"), "\(scored.errors)")
    let mean = try OwnScores(of: tiny, "two", ["teacher.kind=given", two.last ?? ""])
    #expect(mean.keys.sorted() == a.keys.sorted())
    var same = 0
    for key in mean.keys {
      let (p, q) = (a.probabilities(key), b.probabilities(key))
      for (index, found) in mean.probabilities(key).enumerated() {
        #expect(abs(found - (p[index] + q[index]) / 2) < 1e-6)
      }
      func first(_ values: [Double]) -> Int? { values.indices.max { values[$0] < values[$1] } }
      same += first(p) == first(q) ? 1 : 0
    }
    let found = try Command.agreement(tiny.text("two", "2-ranking/agreement.json"))
    #expect(found.pictures == 240)
    #expect(found.same == same)
    #expect(found.pairs == [[240, same], [same, 240]])
    #expect(found.byClass.reduce(0, +) == 240)
    #expect(scored.errors.contains("the 2 teachers agree on "))
  }

  @Test("a run selects by their mean, tells of their agreement, and is stale when one has changed")
  func wholeRun() throws {
    let tiny = try TinyRun()
    _ = try OwnScores(of: tiny, "a")
    _ = try OwnScores(of: tiny, "b", Self.other)
    let two = settings(tiny, ["a", "b"])
    try tiny.finish("run", "two", two)
    let report = try tiny.text("two", "report.html")
    #expect(report.contains("The scores are the mean of 2 teachers."))
    #expect(report.contains("The 2 teachers agree on"))
    #expect(report.contains("By the class that the mean of the teachers calls a picture"))
    #expect(
      try tiny.text("two", "summary.json").contains(#""scores_from" : "the mean of 2 teachers""#))
    let again = try tiny.finish("run", "two", two)
    #expect(again.errors.contains("scores: done") && again.errors.contains("fine-tuning: done"))

    // What was selected by one that is gone stays.
    let scores = tiny.directory("b") + "/2-ranking/scores"
    try FileManager.default.moveItem(atPath: scores, toPath: scores + "-away")
    let gone = try tiny.finish("run", "two", two)
    #expect(
      gone.errors.contains("b holds no scores")
        && gone.errors.contains("what was selected by their mean is taken as it is")
        && gone.errors.contains("fine-tuning: done"), "\(gone.errors)")
    try FileManager.default.moveItem(atPath: scores + "-away", toPath: scores)

    // Moved runs are the same teachers.
    try FileManager.default.moveItem(
      atPath: tiny.directory("b"), toPath: tiny.directory("moved"))
    let moved = try tiny.finish("run", "two", settings(tiny, ["a", "moved"]))
    #expect(moved.errors.contains("fine-tuning: done"), "\(moved.errors)")

    try tiny.finish(
      "train-teacher", "b", OwnScores.all + ["teacher.training.images=320"])
    try tiny.finish("score", "b", OwnScores.all + ["teacher.training.images=320"])
    let stale = try tiny.run("run", "two", two)
    #expect(stale.code == 65)
    #expect(
      stale.errors.contains("the scores of ranking.teachers are not those that were selected from"),
      "\(stale.errors)")
    try tiny.finish("score", "two", two, flags: ["--redo"])
  }

  @Test("teachers of other pictures, classes or shards are refused before anything is begun")
  func refusals() throws {
    let tiny = try TinyRun()
    _ = try OwnScores(of: tiny, "a")
    try tiny.finish("train-teacher", "c", OwnScores.all + ["data.shardSize=40"])
    try tiny.finish("score", "c", OwnScores.all + ["data.shardSize=40"])
    try tiny.finish("train-teacher", "p", ["ranking.labelsPerImage=2"])
    try tiny.finish("score", "p", ["ranking.labelsPerImage=2"])
    let cases: [(names: [String], settings: [String], reason: String)] = [
      (["a", "c"], [], "has scores of other unlabelled pictures: its shard 00000 has 40"),
      (["a", "p"], [], "has kept 2 classes of each picture, and ranking.labelsPerImage is 6"),
      (["a", "none"], [], "runs/none is no folder"),
      (["a"], ["teacher.kind=trained"], "set teacher.kind: given"),
      (["a", "a"], [], "names a run twice"),
      (["a"], ["data.labelledCount=66"], "has scores of other unlabelled pictures"),
    ]
    for (names, more, reason) in cases {
      let outcome = try tiny.run("run", "x", settings(tiny, names) + more)
      #expect(outcome.code == 64 || outcome.code == 65, "\(outcome.errors)")
      #expect(outcome.errors.contains(reason), "\(outcome.errors)")
      #expect(!tiny.has("x", "2-ranking/selected.bin"))
    }
    try FileManager.default.removeItem(
      atPath: tiny.directory("a") + "/2-ranking/scores/00002.json")
    let outcome = try tiny.run("run", "x", settings(tiny, ["a"]))
    #expect(outcome.code == 65)
    #expect(outcome.errors.contains("no scores of 1 shard of 5 (00002)"), "\(outcome.errors)")
  }
}

extension Command {
  /// What `agreement.json` counts.
  static func agreement(_ text: String) throws -> (
    pictures: Int, same: Int, pairs: [[Int]], byClass: [Int]
  ) {
    let json = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
    let object = try #require(json)
    let classes = object["classes"] as? [[String: Any]] ?? []
    return (
      object["pictures"] as? Int ?? 0, object["same"] as? Int ?? 0,
      object["pairs"] as? [[Int]] ?? [], classes.map { $0["pictures"] as? Int ?? 0 }
    )
  }
}
