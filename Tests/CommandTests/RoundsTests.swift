import Files
import Foundation
import TestSupport
import Testing

/// Runs of several rounds, through the command.
@Suite("rounds")
struct RoundsTests {
  private static let short = [
    "teacher.training.images=96", "teacher.training.warmUpImages=16",
    "student.training.images=96", "fineTuning.training.epochs=1", "fineTuning.training.drops=[]",
    "baseline.enabled=false", "checkpoints.everySteps=1000",
  ]
  private static let first = [
    "1-teacher/model.safetensors", "2-ranking/selected.bin", "3-student/model.safetensors",
    "4-fine-tuned/model.safetensors",
  ]
  private static let later = first.map { "rounds/2/\($0)" }

  private func checksums(_ tiny: TinyRun, _ name: String, _ files: [String]) throws -> [String] {
    try files.map { try Checksum.sha256(file: "\(tiny.directory(name))/\($0)") }
  }

  @Test(
    "the student of the first round is the teacher of the second, and the first is as without it")
  func rounds() throws {
    let tiny = try TinyRun()
    try tiny.finish("run", "one", Self.short)
    let outcome = try tiny.finish("run", "two", Self.short + ["rounds=2"])
    let (one, two) = (
      try checksums(tiny, "one", Self.first), try checksums(tiny, "two", Self.first)
    )
    #expect(one == two)
    let later = try checksums(tiny, "two", Self.later)
    #expect(later[0] == two[3])
    #expect(later[1] != two[1] && later[3] != two[3])
    #expect(outcome.errors.contains("round 2 of 2: the student is the teacher now"))
    #expect(
      outcome.output.contains(
        "the student is the last round's: \(tiny.directory("two"))/rounds/2/4-fine-tuned"),
      "\(outcome.output)")
    let summary = try #require(
      try JSONSerialization.jsonObject(with: Data(tiny.text("two", "summary.json").utf8))
        as? [String: Any])
    let rounds = try #require(summary["rounds"] as? [[String: Any]])
    #expect(rounds.count == 2)
    #expect(rounds[1]["teacher_top1"] as? Double == rounds[0]["student_top1"] as? Double)
    #expect(rounds[1]["student_top1"] as? Double == summary["student_top1"] as? Double)
    #expect(rounds[1]["pretrained_top1"] as? Double == summary["pretrained_top1"] as? Double)
    #expect(rounds[0]["teacher_top1"] as? Double == summary["teacher_top1"] as? Double)
    // By twelve held-out pictures: each round's selection is another teacher's.
    let estimates = try rounds.map { round in
      try #require(round["selection_purity_estimate"] as? [String: Any])
    }
    #expect(estimates.map { $0["images"] as? Int } == [12, 12])
    #expect(
      try tiny.text("two", "1-teacher/ranked-validation.csv")
        != tiny.text("two", "rounds/2/1-teacher/ranked-validation.csv"))
    #expect(try tiny.text("two", "README.md").contains("halcyon predict rounds/2/4-fine-tuned"))
    let report = try tiny.text("two", "report.html")
    #expect(report.contains("<h2 id=\"rounds\">Rounds</h2>"))
    #expect(report.contains("of the student is of round 2, the last one that is finished"))
    #expect(report.contains("<code>rounds/2/4-fine-tuned/predictions-test.csv</code>"))
    #expect(!(try tiny.text("one", "report.html").contains("id=\"rounds\"")))
    // One more round is added to what is there, and a changed student is another teacher.
    try tiny.finish("run", "two", Self.short + ["rounds=3"])
    #expect(try checksums(tiny, "two", Self.first + Self.later) == two + later)
    #expect(tiny.has("two", "rounds/3/4-fine-tuned/model.safetensors"))
    let changed = Self.short + ["rounds=2", "fineTuning.training.learningRate=0.05"]
    try tiny.finish("run", "two", changed, flags: ["--redo"])
    let redone = try checksums(tiny, "two", Self.later)
    #expect(redone[0] == (try checksums(tiny, "two", Self.first))[3])
    #expect(redone != later)
  }

  @Test("stopped again and again, two rounds end the same")
  func resumed() throws {
    let tiny = try TinyRun()
    let settings = Self.short + ["rounds=2"]
    try tiny.finish("run", "whole", settings)
    var stops = 0
    while true {
      let outcome = try tiny.run("run", "stopped", settings, faults: FaultySteps(stops: [2, 5]))
      if outcome.code == 0 { break }
      try #require(outcome.code == 75, "\(outcome.errors)")
      stops += 1
      try #require(stops < 40)
    }
    #expect(stops > 5)
    #expect(
      try checksums(tiny, "stopped", Self.first + Self.later)
        == checksums(tiny, "whole", Self.first + Self.later))
  }

  @Test("the plan counts later rounds, and a round's own directory is a run's")
  func plan() throws {
    let tiny = try TinyRun()
    let settings = Self.short + ["rounds=3"]
    let plan = try tiny.finish("run", "a", settings, flags: ["--dry-run"]).output
    #expect(
      plan.contains("2 later rounds, whose teacher is the student before: scoring, "), "\(plan)")
    try tiny.finish("run", "a", Self.short + ["rounds=2"])
    let report = try Command.run(["report", tiny.directory("a") + "/rounds/2"])
    #expect(report.code == 0, "\(report.errors)")
    let again = try Command.run(["run", tiny.directory("a") + "/rounds/2"])
    #expect(again.code == 0 && again.errors.contains("teacher: done"), "\(again.errors)")
    #expect(try tiny.run("run", "b", Self.short + ["rounds=0"]).code == 64)
  }
}
