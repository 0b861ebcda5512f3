import Foundation
import TestSupport
import Testing

@Suite("Resuming")
struct ResumingTests {
  /// Every stop adds a start of the process, so the run is shorter where it stops at each step.
  private static let short = [
    "teacher.training.images=96", "teacher.training.warmUpImages=16",
    "student.training.images=96", "fineTuning.training.epochs=1", "fineTuning.training.drops=[]",
    "baseline.training.images=64", "baseline.long=false", "checkpoints.everySteps=1000",
    "evaluation.everyImages=16",
  ]
  private static let stages = ["baseline", "1-teacher", "3-student", "4-fine-tuned"]

  @Test("stopped after every step, each run goes on to the same result", arguments: precisions)
  func everyStep(precision: String) throws {
    let tiny = try TinyRun()
    let settings = Self.short + ["precision=\(precision)"]
    try tiny.finish("run", "whole", settings)
    var stops = 0
    while true {
      let outcome = try tiny.run(
        "run", "stopped", settings,
        faults: FaultySteps(stops: Set(1...6)))
      if outcome.code == 0 { break }
      try #require(outcome.code == 75, "\(outcome.errors)")
      #expect(
        outcome.errors.contains(
          "stopped by SIGTERM; everything is saved: run the same command again"))
      stops += 1
      try #require(stops < 40)
    }
    // 4 + 6 + 6 + 3 steps; the baseline's last one and those of the others ask to stop too.
    #expect(stops == 19)
    #expect(
      try tiny.result("stopped", stages: Self.stages)
        == tiny.result("whole", stages: Self.stages))
    for stage in Self.stages {
      #expect(try tiny.metrics("stopped", stage) == tiny.metrics("whole", stage))
    }
    let steps = try tiny.events("stopped").filter { $0.contains(" step ") }
    #expect(try steps == tiny.events("whole").filter { $0.contains(" step ") })
  }

  @Test("stopped after every seventh step, the run ends the same", arguments: precisions)
  func everySeventh(precision: String) throws {
    let tiny = try TinyRun()
    // Of 405 steps only every second has a row, and a stop falls between two.
    let settings = [
      "precision=\(precision)", "checkpoints.everySteps=1000", "student.training.batch=2",
      "student.training.images=810",
    ]
    try tiny.finish("run", "whole", settings)
    var stops = 0
    let faults = FaultySteps(stops: [7, 14, 21, 28])
    while try tiny.run("run", "stopped", settings, faults: faults).code == 75 {
      stops += 1
      try #require(stops < 40)
    }
    // Steps: baseline 20, teacher 30, student 405, fine-tuning 15, and the long baseline.
    #expect(stops >= 2 + 4 + 4 + 2)
    #expect(try tiny.result("stopped") == tiny.result("whole"))
    for stage in TinyRun.stages {
      #expect(try tiny.metrics("stopped", stage) == tiny.metrics("whole", stage))
    }
  }

  @Test(
    "killed at random moments and run again until it is done, it ends the same",
    arguments: precisions)
  func killed(precision: String) throws {
    let tiny = try TinyRun()
    let settings = ["precision=\(precision)"]
    let start = Date()
    try tiny.finish("run", "whole", settings)
    let duration = -start.timeIntervalSinceNow
    let expected = try tiny.result("whole")
    let events = try tiny.events("whole").filter { $0.contains(" step ") }
    var random = SeededGenerator(seed: precision == "bf16" ? 1 : 2)
    var kills = 0
    var round = 0
    while round < 10 || kills < 10 {
      defer { round += 1 }
      let name = "killed-\(round)"
      // The moments of the first kills of the ten rounds are spread over the whole duration.
      var delay = duration * (Double(round % 10) + Double.random(in: 0..<1, using: &random)) / 10
      while true {
        let command = try Command(tiny.arguments("run", name, settings))
        let end = Date().addingTimeInterval(delay)
        if command.wait(until: { Date() >= end }), command.process.isRunning {
          command.send(SIGKILL)
          kills += 1
        }
        let outcome = try command.wait()
        if outcome.code == 0 { break }
        try #require(outcome.code == 128 + SIGKILL, "\(outcome.errors)")
        delay = Double.random(in: 0..<duration, using: &random)
      }
      #expect(try tiny.result(name) == expected, "round \(round)")
      #expect(try tiny.events(name).filter { $0.contains(" step ") } == events, "round \(round)")
      for stage in TinyRun.stages {
        #expect(try tiny.metrics(name, stage) == tiny.metrics("whole", stage), "round \(round)")
      }
      #expect(try leftovers(in: tiny.directory(name)) == [])
      try FileManager.default.removeItem(atPath: tiny.directory(name))
    }
    #expect(kills >= 10)
  }

  /// What an interrupted write left.
  private func leftovers(in directory: String) throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: directory).filter { $0.contains(".tmp-") }
  }

  @Test("a checkpoint holds weights, batch-norm statistics, momenta and the position")
  func contents() throws {
    let tiny = try TinyRun()
    let outcome = try tiny.run(
      "train-teacher", "a", faults: FaultySteps(stops: [10]))
    #expect(outcome.code == 75)
    let folder = tiny.directory("a") + "/1-teacher/checkpoints"
    // Two are kept: that of the stop and the newest of every fourth step.
    let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    #expect(names == ["step-00000008.safetensors", "step-00000010.safetensors"])
    let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(names[1])"))
    let length = Int(bytes.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    let parsed = try JSONSerialization.jsonObject(with: bytes[8..<8 + length]) as? [String: Any]
    let header = try #require(parsed)
    for tensor in [
      "conv1.weight", "bn1.running_mean", "bn1.running_var", "layer3.0.downsample.1.running_var",
      "fc.bias", "momentum.conv1.weight", "momentum.bn1.bias", "momentum.fc.weight",
    ] {
      #expect(header[tensor] != nil, "\(tensor)")
    }
    let metadata = try #require(header["__metadata__"] as? [String: String])
    #expect(metadata["step"] == "10")
    #expect(metadata["stage"]?.count == 64)
  }

  @Test("a broken newest checkpoint gives way to the one before it")
  func brokenCheckpoint() throws {
    let tiny = try TinyRun()
    try tiny.finish("train-teacher", "whole")
    _ = try tiny.run("train-teacher", "a", faults: FaultySteps(stops: [10]))
    try tiny.folder.write("half", to: "runs/a/1-teacher/checkpoints/step-00000010.safetensors")
    let outcome = try tiny.finish("train-teacher", "a")
    #expect(outcome.errors.contains("goes on at step 8 of 30"))
    let model = "1-teacher/model.safetensors"
    #expect(
      try Data(contentsOf: URL(fileURLWithPath: "\(tiny.directory("a"))/\(model)"))
        == Data(contentsOf: URL(fileURLWithPath: "\(tiny.directory("whole"))/\(model)")))
    #expect(try tiny.metrics("a", "1-teacher") == tiny.metrics("whole", "1-teacher"))
  }
}
