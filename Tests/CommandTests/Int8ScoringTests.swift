import Files
import Foundation
import TestSupport
import Testing
import Torch

/// `ranking.precision: int8`, from the calibration to the selection.
@Suite("Scoring in int8", .enabled(if: CPU.multipliesBytes))
struct Int8ScoringTests {
  private static let int8 = ["ranking.precision=int8"]

  private func sum(_ run: TinyRun, _ name: String, _ file: String) throws -> String {
    try Checksum.sha256(file: "\(run.directory(name))/2-ranking/\(file)")
  }

  private func record(_ run: TinyRun, _ name: String, _ shard: Int) throws -> String {
    try run.text(name, "2-ranking/scores/0000\(shard).json")
  }

  @Test("any division of the shards has one calibration and gives one process's selection")
  func divisions() throws {
    let run = try TinyRun()
    try run.finish("train-teacher", "teacher", Self.int8)
    for name in ["one", "leases"] {
      try FileManager.default.copyItem(
        atPath: run.directory("teacher"), toPath: run.directory(name))
    }
    let said = try run.finish("score", "one", Self.int8)
    #expect(
      said.errors.contains("scores: calibrating int8 on 48 labelled pictures"), "\(said.errors)")
    let workers = try (0..<3).map { _ in
      try Command(
        run.arguments("score", "leases", Self.int8)
          + ["--claim", run.directory("leases") + "/claims"])
    }
    for worker in workers {
      let outcome = try worker.wait()
      #expect(outcome.code == 0, "\(outcome.errors)")
    }
    let calibration = try sum(run, "one", "calibration.json")
    for name in ["one", "leases"] {
      try run.finish("select", name, Self.int8)
      for shard in 0..<5 {
        let record = try record(run, name, shard)
        #expect(record.contains("\"precision\" : \"int8\""))
        #expect(record.contains("\"calibration_sha256\" : \"\(calibration)\""))
      }
      #expect(try sum(run, name, "selected.bin") == sum(run, "one", "selected.bin"))
    }
    try run.finish("report", "one", Self.int8)
    let report = try run.text("one", "report.html")
    #expect(report.contains("<dt>Scored in</dt><dd>int8</dd>"))
    #expect(try run.text("one", "README.md").contains("The teacher scored in int8."))
    // Another start takes what is there.
    #expect(try run.finish("score", "one", Self.int8).errors.contains("scores: done"))
  }

  @Test(
    "scores of another precision are refused together; --redo scores again, and calibrates once")
  func mixture() throws {
    let run = try TinyRun()
    let float32 = ["ranking.precision=float32"]
    try run.finish("train-teacher", "a", float32)
    let share = ["--shard-index", "0", "--num-shards", "2"]
    try run.finish("score", "a", float32, flags: share)
    let refused = try run.run("score", "a", Self.int8)
    #expect(refused.code != 0)
    #expect(refused.errors.contains("ranking.precision (float32 → int8)"), "\(refused.errors)")
    try run.finish("score", "a", Self.int8, flags: ["--redo"])
    let calibration = try sum(run, "a", "calibration.json")
    // Scores that another calibration made are no part of the same ranking.
    let path = "runs/a/2-ranking/scores/00001.json"
    try run.folder.write(
      run.folder.read(path).replacingOccurrences(
        of: calibration, with: String(repeating: "0", count: 64)),
      to: path)
    let mixed = try run.run("select", "a", Self.int8)
    #expect(mixed.code != 0)
    #expect(mixed.errors.contains("the calibration"), "\(mixed.errors)")
  }

  @Test("what cannot compute in int8 is refused before anything is trained, with what can")
  func refusal() throws {
    let run = try TinyRun()
    let outcome = try run.run(
      "run", "a",
      Self.int8 + ["teacher.model=convnext_tiny", "teacher.stem=standard", "teacher.width=64"])
    #expect(outcome.code == 64, "\(outcome.errors)")
    #expect(
      outcome.errors.contains(
        "ranking.precision: convnext_tiny does not compute in int8; only convolutions with batch norms"
      ),
      "\(outcome.errors)")
    #expect(!run.has("a", "1-teacher/model.safetensors"))
  }
}
