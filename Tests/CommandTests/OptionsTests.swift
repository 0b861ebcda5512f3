import Files
import Foundation
import TestSupport
import Testing

/// The options of today's trainings, through the command.
@Suite("Options of trainings")
struct OptionsTests {
  /// Everything at once: what of it is random must not depend on when, by whom and in which order it is computed.
  private static let all = [
    "teacher.training.preset=strong-long", "teacher.training.loss=softmax",
    "teacher.training.targetThreshold=null", "student.training.preset=strong",
    "student.training.replicas=2", "student.targets=soft", "student.temperature=2",
    "student.mixLabelled=0.25", "teacher.training.images=96", "teacher.training.warmUpImages=16",
    "student.training.images=96", "fineTuning.training.epochs=1", "fineTuning.training.drops=[]",
    "baseline.enabled=false", "checkpoints.everySteps=1000", "evaluation.everyImages=16",
  ]
  private static let stages = ["1-teacher", "3-student", "4-fine-tuned"]

  /// Runs `settings` as `stopped`, again and again until it is done; how often it stopped before.
  private func finishStopped(
    _ tiny: TinyRun, _ settings: [String], _ faults: FaultySteps
  ) throws -> Int {
    for stops in 0..<40 {
      let outcome = try tiny.run("run", "stopped", settings, faults: faults)
      if outcome.code == 0 { return stops }
      try #require(outcome.code == 75, "\(outcome.errors)")
    }
    Issue.record("stopped 40 times, it is not done")
    return 40
  }

  @Test("with all options on, stopped after every step and with other workers, a run ends the same")
  func stopped() throws {
    let tiny = try TinyRun()
    try tiny.finish("run", "whole", Self.all)
    let expected = try tiny.result("whole", stages: Self.stages)
    let stops = try finishStopped(
      tiny, Self.all + ["workers=1"], FaultySteps(stops: Set(1...6)))
    #expect(stops > 10)
    #expect(try tiny.result("stopped", stages: Self.stages) == expected)
    for stage in Self.stages {
      #expect(try tiny.metrics("stopped", stage) == tiny.metrics("whole", stage))
    }
    let recipe = try tiny.text("whole", "recipe.yaml")
    #expect(recipe.contains("preset: strong-long"))
    #expect(recipe.contains("autoAugment: randAugment"))
    #expect(recipe.contains("labelSmoothing: 0.1"))
  }

  @Test("each option changes the student, and only what comes after it")
  func reach() throws {
    let tiny = try TinyRun()
    let short = Array(Self.all.suffix(8))
    try tiny.finish("run", "a", short)
    var weights: Set<String> = []
    for setting in [
      [], ["student.targets=soft"], ["student.targets=soft", "student.temperature=4"],
      ["student.targets=teacher"], ["student.targets=teacher", "student.temperature=4"],
      ["student.targets=teacher", "student.mixLabelled=1"],
      ["student.mixLabelled=0.5"], ["student.training.labelSmoothing=0.1"],
      ["student.training.augmentation.mixup=0.4"], ["student.training.augmentation.cutmix=1"],
      ["student.training.augmentation.autoAugment=cifar10"],
    ] {
      let teacher = try tiny.result("a", stages: ["1-teacher"])
      let outcome = try tiny.finish("run", "a", short + setting, flags: ["--redo"])
      #expect(outcome.errors.contains("teacher: done"), "\(outcome.errors)")
      #expect(try tiny.result("a", stages: ["1-teacher"]) == teacher)
      weights.insert(
        try #require(tiny.result("a", stages: Self.stages)["3-student/model.safetensors"]))
    }
    #expect(weights.count == 11)
  }

  @Test(
    "what the teacher says of each view is the same after stops and in two processes; of D alone no selection matters"
  )
  func taught() throws {
    let tiny = try TinyRun()
    let settings =
      Array(Self.all.suffix(8)) + [
        "student.targets=teacher", "student.training.replicas=2",
        "fineTuning.training.replicas=2",
      ]
    // A refused step is looked into with the teacher, which then still teaches.
    let refused = try tiny.run("run", "whole", settings, faults: FaultySteps(losses: [2]))
    #expect(refused.code == 0, "\(refused.errors)")
    let expected = try tiny.result("whole", stages: Self.stages)
    let stops = try finishStopped(tiny, settings, FaultySteps(losses: [2], stops: [3]))
    #expect(stops > 1)
    #expect(try tiny.result("stopped", stages: Self.stages) == expected)
    try tiny.finish("run", "one", settings)
    let one = try tiny.result("one", stages: Self.stages)
    let outcome = try Command.run(
      ["launch", "-n", "2"] + tiny.arguments("run", "two", settings))
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(try tiny.result("two", stages: Self.stages) == one)

    func refined(_ name: String, _ count: Int) throws -> String? {
      let more = ["student.mixLabelled=1", "ranking.imagesPerClass=\(count)"]
      try tiny.finish("run", name, settings + more)
      return try tiny.result(name, stages: Self.stages)["3-student/model.safetensors"]
    }
    let student = try refined("thirty", 30)
    #expect(try refined("ten", 10) == student)
    #expect(student != one["3-student/model.safetensors"])
    #expect(
      try tiny.text("thirty", "README.md").contains("as the teacher sees each view of them"))
  }

  @Test("soft targets need the scores that were selected from")
  func missingScores() throws {
    let tiny = try TinyRun()
    let settings = Array(Self.all.suffix(8)) + ["student.targets=soft"]
    for verb in ["train-teacher", "score", "select"] { try tiny.finish(verb, "a", settings) }
    try FileManager.default.removeItem(
      atPath: tiny.directory("a") + "/2-ranking/scores/00001.scores")
    let outcome = try tiny.run("pretrain", "a", settings)
    #expect(outcome.code == 74)
    #expect(outcome.errors.contains("00001.scores"), "\(outcome.errors)")
  }

  @Test(
    "the plan and the card write out what a preset sets, and nothing where there are no options")
  func plan() throws {
    let tiny = try TinyRun()
    let settings = ["student.targets=soft", "student.training.preset=strong"]
    let plan = try tiny.finish("run", "a", settings, flags: ["--dry-run"]).output
    #expect(
      plan.contains(
        "  options: targets soft, preset strong, loss sigmoid, targetThreshold 0.2, autoAugment randAugment, operations 2, "
          + "magnitude 9, mixup 0.1, cutmix 1.0, schedule cosine\n"), "\(plan)")
    #expect(plan.components(separatedBy: "options:").count == 2)
    let views = ["teacher.training.augmentation.autoAugment=randAugment"]
    let inherited = try tiny.finish("run", "a", views, flags: ["--dry-run"]).output
    #expect(
      inherited.contains(
        "  options: autoAugment randAugment, operations 2, magnitude 9, augmentation as the teacher's\n"
      ), "\(inherited)")
    let one = try tiny.finish(
      "run", "a", settings + ["ranking.labelsPerImage=1"], flags: ["--dry-run"])
    #expect(
      one.output.contains("warning: student.targets: soft with P = 1 leaves each picture one class")
    )
  }

  @Test("two processes and one come to the same weights with all options on")
  func processes() throws {
    let tiny = try TinyRun()
    let settings = Self.all + ["teacher.training.replicas=2", "fineTuning.training.replicas=2"]
    try tiny.finish("run", "one", settings)
    let outcome = try Command.run(
      ["launch", "-n", "2"] + tiny.arguments("run", "two", settings))
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(try tiny.result("two", stages: Self.stages) == tiny.result("one", stages: Self.stages))
  }
}
