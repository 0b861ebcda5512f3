import Foundation
import TestSupport
import Testing

@Suite("Stopping")
struct StoppingTests {
  /// Where a run is, told by the files that are there.
  private struct Moment: Sendable {
    let name: String
    let signal: Int32
    let isThere: @Sendable (TinyRun) -> Bool

    static func training(_ stage: String, _ signal: Int32) -> Moment {
      Moment(name: stage, signal: signal) { $0.has("a", "\(stage)/checkpoints") }
    }
  }

  private static let moments = [
    Moment.training("baseline", SIGTERM),
    Moment(name: "baseline's evaluation", signal: SIGINT) {
      $0.has("a", "baseline/config.json") && !$0.has("a", "baseline/done.json")
    },
    .training("1-teacher", SIGINT),
    Moment(name: "scoring", signal: SIGTERM) { $0.has("a", "2-ranking/scores/00003.json") },
    Moment(name: "selecting", signal: SIGINT) { $0.has("a", "2-ranking/scores/00119.json") },
    .training("3-student", SIGTERM),
    .training("4-fine-tuned", SIGINT),
    Moment(name: "the last evaluation", signal: SIGTERM) {
      $0.has("a", "4-fine-tuned/config.json") && !$0.has("a", "4-fine-tuned/done.json")
    },
  ]

  @Test("SIGTERM and Ctrl-C in every stage: saved, exit 75, and the same result afterwards")
  func everyStage() throws {
    let tiny = try TinyRun()
    // Long enough in each stage for a signal to meet it; one picture a shard and a forward pass.
    try TinyImages(1200, seed: 3).writeIDX(to: tiny.folder, "data", prefix: "t10k")
    let settings = [
      "data.shardSize=2", "evaluation.batch=1", "evaluation.everyImages=null",
      "baseline.long=false", "data.validationFraction=0", "checkpoints.everySteps=1",
    ]
    let stages = ["baseline", "1-teacher", "3-student", "4-fine-tuned"]
    try tiny.finish("run", "whole", settings)
    for moment in Self.moments {
      let command = try Command(tiny.arguments("run", "a", settings))
      try #require(command.wait { moment.isThere(tiny) }, "\(moment.name) was not met")
      let start = Date()
      command.send(moment.signal)
      let outcome = try command.wait()
      #expect(outcome.code == 75, "\(moment.name): \(outcome.errors)")
      #expect(-start.timeIntervalSinceNow < 10, "\(moment.name)")
      #expect(
        outcome.errors.contains(
          "stopped by \(moment.signal == SIGINT ? "Ctrl-C (SIGINT)" : "SIGTERM"); "
            + "everything is saved"),
        "\(moment.name): \(outcome.errors)")
    }
    try tiny.finish("run", "a", settings)
    #expect(try tiny.result("a", stages: stages) == tiny.result("whole", stages: stages))
    for stage in stages {
      #expect(try tiny.metrics("a", stage) == tiny.metrics("whole", stage))
    }
  }

  @Test("SIGTERM while a shard's command gives nothing: exit 75 at once, and what is scored stays")
  func stalledSource() throws {
    let tiny = try TinyRun()
    try tiny.writeTaggedShards(0..<3)
    let place = tiny.folder.path
    let stall = "test ! -e \(place)/stall || { touch \(place)/stalled; sleep 1000; }"
    try tiny.writeRecipe(
      "pipe",
      unlabelled: "'pipe:cat \(place)/plain/{00..02}.tar; case {00..02} in 01) \(stall);; esac'")
    func arguments(_ verb: String) -> [String] {
      [verb, "\(place)/pipe.yaml", "--out", tiny.directory("a")]
    }
    #expect(try Command.run(arguments("train-teacher")).code == 0)
    try tiny.folder.write("", to: "stall")
    let command = try Command(arguments("score"))
    try #require(command.wait { FileManager.default.fileExists(atPath: place + "/stalled") })
    command.send(SIGTERM)
    let outcome = try command.wait()
    #expect(outcome.code == 75, "\(outcome.errors)")
    #expect(tiny.has("a", "2-ranking/scores/00.json"))
    unlink(place + "/stall")
    #expect(try Command.run(arguments("score")).code == 0)
    #expect(try Command.run(arguments("select")).code == 0)
  }

  @Test(
    "signals that come at the same moment, as to a process and its group, are one stop that saves")
  func twice() throws {
    let tiny = try TinyRun()
    let command = try Command(
      tiny.arguments("train-teacher", "a", ["teacher.training.images=480000"]))
    try #require(
      command.wait { tiny.has("a", "1-teacher/checkpoints/step-00000004.safetensors") })
    command.send(SIGTERM)
    command.send(SIGINT)
    let outcome = try command.wait()
    #expect(outcome.code == 75, "\(outcome.errors)")
    #expect(outcome.errors.contains("everything is saved"), "\(outcome.errors)")
  }

  @Test(
    "half a second after the first signal another one ends a process that does not come to stop")
  func deaf() throws {
    let folder = try TemporaryFolder()
    // Nobody ever writes the recipe that it waits for.
    let recipe = folder.path + "/never.yaml"
    #expect(mkfifo(recipe, 0o600) == 0)
    let command = try Command(["run", recipe], environment: ["OMP_WAIT_POLICY": "passive"])
    let process = command.process.processIdentifier
    try #require(command.wait { ProcessTree.hearsSIGTERM(process) })
    command.send(SIGTERM)
    usleep(200_000)
    command.send(SIGTERM)
    usleep(200_000)
    #expect(ProcessTree.isAlive(process))
    // The second one, not the first, ends it; what comes within half a second of the first is the same.
    repeat {
      command.send(SIGINT)
      usleep(300_000)
    } while ProcessTree.isAlive(process)
    #expect(try command.wait().code == 128 + SIGINT)
  }

  @Test("a stop while the trained network is measured costs no step")
  func evaluation() throws {
    let tiny = try TinyRun()
    let outcome = try tiny.run(
      "train-teacher", "a", ["checkpoints.everySteps=1000"],
      faults: FaultySteps(stops: [30]))
    #expect(outcome.code == 75)
    let again = try tiny.finish("train-teacher", "a", ["checkpoints.everySteps=1000"])
    #expect(again.errors.contains("goes on at step 30 of 30"))
  }

  @Test("a stop in a streak of bad steps saves the streak with the weights")
  func badStreak() throws {
    let tiny = try TinyRun()
    let bad = FaultySteps(losses: [9, 10])
    let whole = try tiny.run("train-teacher", "whole", faults: bad)
    #expect(whole.code == 0, "\(whole.errors)")
    for step in [9, 10, 11] {
      let name = "stopped-\(step)"
      let stop = try tiny.run(
        "train-teacher", name, faults: FaultySteps(losses: bad.losses, stops: [step]))
      #expect(stop.code == 75)
      let again = try tiny.run("train-teacher", name, faults: bad)
      #expect(again.errors.contains("goes on at step \(step) of 30"), "\(again.errors)")
      #expect(try tiny.metrics(name, "1-teacher") == tiny.metrics("whole", "1-teacher"))
      #expect(
        try tiny.text(name, "1-teacher/done.json").contains(
          try model(tiny, "whole")), "\(again.errors)")
      #expect(try tiny.events(name).count { $0.contains("refused") } == 2)
    }
    // Two bad steps before the stop and one after it are three in a row.
    let three = FaultySteps(losses: [9, 10, 11])
    _ = try tiny.run(
      "train-teacher", "three", faults: FaultySteps(losses: three.losses, stops: [10]))
    let end = try tiny.run("train-teacher", "three", faults: three)
    #expect(end.code == 70, "\(end.errors)")
  }

  /// The checksum of the teacher, as its marker has it.
  private func model(_ tiny: TinyRun, _ name: String) throws -> String {
    let marker = try JSONSerialization.jsonObject(
      with: Data(tiny.text(name, "1-teacher/done.json").utf8))
    let outputs = (marker as? [String: Any])?["outputs"] as? [String: String]
    return try #require(outputs?["model.safetensors"])
  }
}
