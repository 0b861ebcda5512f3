import Foundation
import TestSupport
import Testing

/// What a student learns from the unlabelled pictures by itself, through the command.
@Suite("student.consistency")
struct ConsistencyTests {
  private static let short = [
    "teacher.training.images=96", "teacher.training.warmUpImages=16",
    "student.training.images=96", "fineTuning.training.images=96", "fineTuning.training.drops=[]",
    "fineTuning.training.replicas=2", "student.training.replicas=2",
    "student.consistency.ratio=3", "student.consistency.threshold=0.4",
    "baseline.enabled=false", "checkpoints.everySteps=1000", "evaluation.everyImages=16",
  ]
  private static let stages = ["1-teacher", "3-student", "4-fine-tuned"]

  @Test(
    "stopped after every step and with other workers, a run ends the same",
    arguments: ["after", "instead"])
  func stopped(use: String) throws {
    let tiny = try TinyRun()
    let settings = Self.short + ["student.consistency.use=\(use)"]
    let outcome = try tiny.finish("run", "whole", settings)
    let title = use == "after" ? "fine-tuning" : "student"
    #expect(
      outcome.errors.contains("\(title): at the end ")
        && outcome.errors.contains(" % of the unlabelled pictures got a pseudo-label, of which "),
      "\(outcome.errors)")
    var stops = 0
    while true {
      let outcome = try tiny.run(
        "run", "stopped", settings + ["workers=1"], faults: FaultySteps(stops: Set(1...6)))
      if outcome.code == 0 { break }
      try #require(outcome.code == 75, "\(outcome.errors)")
      stops += 1
      try #require(stops < 40)
    }
    #expect(stops > 10)
    #expect(
      try tiny.result("stopped", stages: Self.stages) == tiny.result("whole", stages: Self.stages))
    for stage in Self.stages {
      #expect(try tiny.metrics("stopped", stage) == tiny.metrics("whole", stage))
    }
    func rates(_ name: String) throws -> [String] {
      try tiny.text(name, "log.jsonl").split(separator: "\n").compactMap {
        let event = try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
        return event?["mask_rate"].map { "\($0) \(event?["pseudo_label_accuracy"] ?? "-")" }
      }
    }
    #expect(try rates("whole").count == 6)
    #expect(try rates("stopped") == rates("whole"))
  }

  @Test("two processes and one come to the same weights")
  func processes() throws {
    let tiny = try TinyRun()
    let settings =
      Self.short + ["student.consistency.use=after", "teacher.training.replicas=2"]
    try tiny.finish("run", "one", settings)
    let outcome = try Command.run(
      ["launch", "-n", "2"] + tiny.arguments("run", "two", settings))
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(try tiny.result("two", stages: Self.stages) == tiny.result("one", stages: Self.stages))
  }

  @Test(
    "after D̂ it changes fine-tuning alone; instead of D̂ the student, which no selection has taught")
  func reach() throws {
    let tiny = try TinyRun()
    let plain = Self.short.filter { !$0.hasPrefix("student.consistency") }
    try tiny.finish("run", "a", plain)
    let before = try tiny.result("a", stages: Self.stages)
    let after = try tiny.finish(
      "run", "a", Self.short + ["student.consistency.use=after"], flags: ["--redo"])
    #expect(after.errors.contains("student: done"), "\(after.errors)")
    let tuned = try tiny.result("a", stages: Self.stages)
    #expect(tuned["3-student/model.safetensors"] == before["3-student/model.safetensors"])
    #expect(tuned["4-fine-tuned/model.safetensors"] != before["4-fine-tuned/model.safetensors"])
    // Without it the run is what it was.
    let refused = try tiny.run("run", "a", plain)
    #expect(refused.code == 64 && refused.errors.contains("student.consistency.use"))
    try tiny.finish("run", "a", plain, flags: ["--redo"])
    #expect(try tiny.result("a", stages: Self.stages) == before)
    try tiny.finish("run", "a", Self.short + ["student.consistency.use=instead"], flags: ["--redo"])
    let instead = try tiny.result("a", stages: Self.stages)
    #expect(instead["3-student/model.safetensors"] != before["3-student/model.safetensors"])
    #expect(instead["2-ranking/selected.bin"] == before["2-ranking/selected.bin"])
  }

  @Test("the plan says what a batch has of D and of U")
  func plan() throws {
    let tiny = try TinyRun()
    let plan = try tiny.finish(
      "run", "a", Self.short + ["student.consistency.use=instead"], flags: ["--dry-run"]
    ).output
    // 48 of the 60 labelled pictures are not held out: with 3 of U each a pass has 192.
    #expect(plan.contains("passes over 192\n"), "\(plan)")
    #expect(
      plan.contains("  options: consistency: 3 of U for each of D, labels from 0.4 on\n"), "\(plan)"
    )
  }
}
