import Files
import Foundation
import TestSupport
import Testing

/// Several processes that score one run.
@Suite("Sharing the scoring")
struct SharedScoringTests {
  /// Copies the run `a` as `b`.
  private func copy(_ run: TinyRun, _ a: String, as b: String) throws {
    try FileManager.default.copyItem(atPath: run.directory(a), toPath: run.directory(b))
  }

  private func selection(_ run: TinyRun, _ name: String) throws -> [String] {
    try ["selected.bin", "selected.csv"].map {
      try Checksum.sha256(file: "\(run.directory(name))/2-ranking/\($0)")
    }
  }

  @Test("any division of the shards gives the selection of a process that scores them all")
  func divisions() throws {
    let run = try TinyRun()
    try run.finish("train-teacher", "teacher")
    for name in ["one", "parts", "ranks", "leases"] { try copy(run, "teacher", as: name) }
    try run.finish("score", "one")
    for part in ["2", "0", "1"] {
      try run.finish("score", "parts", flags: ["--shard-index", part, "--num-shards", "3"])
    }
    let ranks = try (0..<4).map { rank in
      try Command(
        run.arguments("score", "ranks"), environment: ["RANK": "\(rank)", "WORLD_SIZE": "4"])
    }
    let leases = try (0..<3).map { _ in
      try Command(
        run.arguments("score", "leases") + ["--claim", run.directory("leases") + "/claims"])
    }
    for worker in ranks + leases {
      let outcome = try worker.wait()
      #expect(outcome.code == 0, "\(outcome.errors)")
    }
    for name in ["one", "parts", "ranks", "leases"] { try run.finish("select", name) }
    let expected = try selection(run, "one")
    for name in ["parts", "ranks", "leases"] { #expect(try selection(run, name) == expected) }
  }

  @Test("what a worker left unscored is named, and a dead worker's shard is taken over")
  func leftOver() throws {
    let run = try TinyRun()
    try run.finish("train-teacher", "a")
    try run.finish("score", "a", flags: ["--shard-index", "0", "--num-shards", "2"])
    let early = try run.run("select", "a")
    #expect(early.code != 0)
    #expect(early.errors.contains("00001"))
    let claims = run.directory("a") + "/claims"
    try FileManager.default.createDirectory(atPath: claims, withIntermediateDirectories: true)
    try run.folder.write("somebody else", to: "runs/a/claims/00001.claim")
    try FileManager.default.setAttributes(
      [.modificationDate: Date(timeIntervalSinceNow: -60)],
      ofItemAtPath: "\(claims)/00001.claim")
    try run.finish("score", "a", flags: ["--claim", claims, "--claim-timeout", "30"])
    try run.finish("select", "a")
    #expect(try FileManager.default.contentsOfDirectory(atPath: claims).isEmpty)
  }

  @Test("a share that comes from the environment is told, and select names the missing shares")
  func told() throws {
    let run = try TinyRun()
    try run.finish("train-teacher", "a")
    let variables = ["RANK": "1", "WORLD_SIZE": "3"]
    // 240 pictures in shards of 50.
    let share = "scores: share 1 of 3, counted from 0"
    let first = try run.run("score", "a", environment: variables)
    #expect(
      first.errors.contains(
        share + ", because RANK is 1 and WORLD_SIZE 3: 2 of 5 shards; for all of them give "
          + "--shard-index 0 --num-shards 1"), "\(first.errors)")
    let again = try run.run("score", "a", environment: variables)
    #expect(again.errors.contains(share + ": done"), "\(again.errors)")
    let early = try run.run("select", "a", environment: variables)
    #expect(
      early.errors.contains(
        "3 of 5 shards are not scored yet (00000, 00002, 00003): shares 0, 2 of 3, counted from 0; "
          + "`halcyon score \(run.directory("a")) --shard-index 0 --num-shards 1` goes on"),
      "\(early.errors)")
    let partly = try run.run("select", "a", flags: ["--allow-missing"])
    #expect(
      partly.errors.contains(
        "without 3 of 5 shards, which have no scores: 00000, 00002, 00003 (150 pictures)"),
      "\(partly.errors)")
    // The command that select gives goes on whatever the variables say.
    let rest = try Command.run(
      ["score", run.directory("a"), "--shard-index", "0", "--num-shards", "1"],
      environment: variables)
    #expect(rest.code == 0, "\(rest.errors)")
    #expect(try Command.run("select", run.directory("a")).code == 0)
    let unused = try Command.run(
      "score", run.directory("a"), environment: ["PBS_ARRAY_INDEX": "1"])
    #expect(unused.code == 0, "\(unused.errors)")
    #expect(
      unused.errors.hasPrefix("halcyon: PBS_ARRAY_INDEX is 1, which does not say which of how"))
  }

  @Test("a worker says whose shard it waits for, and for how long at most")
  func waiting() throws {
    let run = try TinyRun()
    try run.finish("train-teacher", "a")
    try run.folder.write("node7-12-345", to: "runs/a/claims/00001.claim")
    let outcome = try run.run(
      "score", "a", flags: ["--claim", run.directory("a") + "/claims", "--claim-timeout", "3"])
    #expect(outcome.code == 0)
    #expect(
      outcome.errors.contains(
        "scores: waits for 1 shard of other workers: 00001 is node7-12-345's"),
      "\(outcome.errors)")
    #expect(
      outcome.errors.contains("it is taken over after 3 s without a sign of life"),
      "\(outcome.errors)")
  }

  @Test("workers do not score a run that is not there or not at rest")
  func refused() throws {
    let run = try TinyRun()
    let early = try run.run("score", "a", flags: ["--shard-index", "0", "--num-shards", "2"])
    #expect(early.code == 64)
    #expect(early.errors.contains("train-teacher"))
    let half = try run.run("score", "a", flags: ["--shard-index", "2", "--num-shards", "2"])
    #expect(half.code == 64)
  }

  @Test("a shard that was scored with another teacher is refused by name")
  func foreign() throws {
    let run = try TinyRun()
    try run.finish("train-teacher", "a")
    try run.finish("score", "a")
    let record = "runs/a/2-ranking/scores/00002.json"
    let hash = try #require(
      try run.folder.read(record).firstMatch(of: /"model_sha256" : "([0-9a-f]+)"/)?.1)
    try run.folder.write(
      try run.folder.read(record).replacing(hash, with: String(repeating: "0", count: 64)),
      to: record)
    let outcome = try run.run("score", "a")
    #expect(outcome.code == 65)
    #expect(outcome.errors.contains("00002"))
    #expect(outcome.errors.contains("what differs: the teacher's weights. Scores"))
  }

  @Test("what stands under another shard's name is scored again, and a selection refuses it")
  func misnamed() throws {
    let run = try TinyRun()
    try run.finish("train-teacher", "a")
    try run.finish("score", "a")
    let scores = run.directory("a") + "/2-ranking/scores"
    let before = try Checksum.sha256(file: "\(scores)/00000.scores")
    for kind in ["scores", "contents", "json"] {
      unlink("\(scores)/00000.\(kind)")
      try FileManager.default.copyItem(
        atPath: "\(scores)/00001.\(kind)", toPath: "\(scores)/00000.\(kind)")
    }
    let refused = try run.run("select", "a")
    #expect(refused.code == 65)
    #expect(refused.errors.contains("00000.json is the record of shard 00001"))
    try run.finish("score", "a")
    #expect(try Checksum.sha256(file: "\(scores)/00000.scores") == before)
  }

  @Test("what was noted of the pictures is scored again where it is damaged or gone")
  func contents() throws {
    let run = try TinyRun()
    try run.finish("train-teacher", "a")
    try run.finish("score", "a")
    let path = run.directory("a") + "/2-ranking/scores/00001.contents"
    let before = try Data(contentsOf: URL(fileURLWithPath: path))
    var bytes = before
    bytes[bytes.count / 2] ^= 4
    try bytes.write(to: URL(fileURLWithPath: path))
    try run.finish("score", "a")
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
    unlink(path)
    try run.finish("score", "a")
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
  }

  @Test("a damaged or half-written shard is scored again")
  func damaged() throws {
    let run = try TinyRun()
    try run.finish("train-teacher", "a")
    try run.finish("score", "a")
    let scores = run.directory("a") + "/2-ranking/scores"
    let before = try (0..<3).map { try Checksum.sha256(file: "\(scores)/0000\($0).scores") }
    var bytes = try Data(contentsOf: URL(fileURLWithPath: "\(scores)/00000.scores"))
    bytes[bytes.count / 2] ^= 0x10
    try bytes.write(to: URL(fileURLWithPath: "\(scores)/00000.scores"))
    try FileManager.default.removeItem(atPath: "\(scores)/00001.json")
    try bytes.prefix(100).write(to: URL(fileURLWithPath: "\(scores)/00002.scores"))
    try run.finish("score", "a")
    #expect(try (0..<3).map { try Checksum.sha256(file: "\(scores)/0000\($0).scores") } == before)
  }
}
