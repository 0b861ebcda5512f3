import Files
import Foundation
import TestSupport
import Testing

/// Processes that are lost while they do not train: the others end in time, with one line and 69.
@Suite("Processes that are lost outside of training", .serialized)
struct LostMomentsTests {
  private static let settings = TinyRun.shared + ["baseline.enabled=false"]

  /// Who is lost, and how.
  struct Loss: CustomStringConvertible, Sendable {
    let rank: Int
    let signal: Int32
    var description: String { "process \(rank) by \(signal)" }
    static let all = [
      Loss(rank: 0, signal: SIGKILL), Loss(rank: 1, signal: SIGKILL),
      Loss(rank: 0, signal: SIGSTOP), Loss(rank: 1, signal: SIGSTOP),
    ]
  }

  /// Starts two processes of `arguments`, loses one of them where `isThere` holds, and looks how the other one ends.
  /// What `stall` holds up goes on then.
  private func lose(
    _ loss: Loss, _ arguments: [String], stalledBy stall: String? = nil, where isThere: () -> Bool
  ) throws {
    let processes = try Processes(2, arguments + ["--distributed-timeout", "2"])
    let isMet = processes.all[0].wait(until: isThere)
    try #require(isMet, "the moment was not met")
    let start = Date()
    let lost = processes.all[loss.rank]
    lost.send(loss.signal)
    defer {
      if let stall { unlink(stall) }
      lost.send(SIGKILL)
      _ = try? lost.wait()
    }
    let other = try processes.all[1 - loss.rank].wait()
    #expect(other.code == 69, "\(loss): \(other.errors)")
    // Two seconds, and those that the store's clients take to give up.
    #expect(-start.timeIntervalSinceNow < 20)
    #expect(!other.errors.contains("frame #"), "\(loss): \(other.errors)")
    let lines = Processes.lines([other])
    #expect(lines.count == 1, "\(loss): \(lines)")
    #expect(lines.first?.contains("process \(loss.rank)") == true, "\(loss): \(lines)")
    #expect(lines.first?.hasSuffix("go on from the last checkpoint") == true, "\(loss): \(lines)")
  }

  /// A recipe whose shards 2 and 3 say nothing while the file `stall` is there.
  private func stalling() throws -> TinyRun {
    let tiny = try TinyRun()
    try tiny.writeTaggedShards(0..<4)
    let place = tiny.folder.path
    let stall =
      "test ! -e \(place)/stall || { echo >>\(place)/stalled; while test -e \(place)/stall; do sleep 0.1; done; }"
    try tiny.writeRecipe(
      "pipe",
      unlabelled:
        "'pipe:case {00..03} in 02|03) \(stall);; esac; cat \(place)/plain/{00..03}.tar'")
    return tiny
  }

  private func arguments(_ tiny: TinyRun, _ name: String) -> [String] {
    ["run", "\(tiny.folder.path)/pipe.yaml", "--out", tiny.directory(name)]
      + Self.settings.flatMap { ["--set", $0] }
  }

  @Test("while the first one opens the data", arguments: Loss.all)
  func opening(_ loss: Loss) throws {
    let tiny = try stalling()
    try tiny.folder.write("", to: "stall")
    try lose(loss, arguments(tiny, "a"), stalledBy: tiny.folder.path + "/stall") {
      (try? tiny.folder.read("stalled")) != nil
    }
  }

  @Test("while all score", arguments: Loss.all)
  func scoring(_ loss: Loss) throws {
    let tiny = try stalling()
    let taught = try Command.run(["train-teacher"] + arguments(tiny, "a").dropFirst())
    #expect(taught.code == 0, "\(taught.errors)")
    try tiny.folder.write("", to: "stall")
    try lose(loss, arguments(tiny, "a"), stalledBy: tiny.folder.path + "/stall") {
      (try? tiny.folder.read("stalled"))?.count == 2
    }
    guard loss.signal == SIGKILL, loss.rank == 1 else { return }
    let again = try Processes(2, arguments(tiny, "a")).wait()
    #expect(again.allSatisfy { $0.code == 0 }, "\(again.map(\.errors))")
  }

  @Test("while all measure what a network has learned", arguments: Loss.all)
  func evaluation(_ loss: Loss) throws {
    let tiny = try TinyRun()
    // Long enough to be met: a picture a forward pass.
    try TinyImages(2400, seed: 3).writeIDX(to: tiny.folder, "data", prefix: "t10k")
    let settings = TinyRun.shared + ["evaluation.batch=1"]
    let arguments = tiny.arguments("train-teacher", "a", settings)
    try lose(loss, arguments) {
      tiny.has("a", "1-teacher/config.json") && !tiny.has("a", "1-teacher/done.json")
    }
    guard loss.signal == SIGKILL, loss.rank == 1 else { return }
    let again = try tiny.run("train-teacher", "a", processes: 2, settings)
    #expect(again.allSatisfy { $0.code == 0 }, "\(again.map(\.errors))")
  }

  @Test("where a launcher may start all again it does, after a rank that was stopped, too")
  func restarted() throws {
    let tiny = try TinyRun()
    let settings = TinyRun.shared + ["teacher.training.images=4800"]
    try tiny.finish("train-teacher", "whole", settings)
    for signal in [SIGKILL, SIGSTOP] {
      let name = "\(signal)"
      let command = try Command(
        ["launch", "-n", "2", "--max-restarts", "1", "--grace", "1"]
          + tiny.arguments("train-teacher", name, settings) + ["--distributed-timeout", "5"])
      try #require(
        command.wait { tiny.has(name, "1-teacher/checkpoints/step-00000008.safetensors") })
      let ranks = ProcessTree.children(of: command.process.processIdentifier).sorted()
      try #require(ranks.count == 2)
      kill(ranks[1], signal)
      let outcome = try command.wait()
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(
        outcome.errors.contains(
          signal == SIGKILL
            ? "halcyon: rank 1 was ended by signal 9 (SIGKILL); the others are told to stop; then all start again\n"
            : "halcyon: rank 0 lost another one (exit code 69); the others are told to stop; then all start again\n"
        ),
        "\(outcome.errors)")
      #expect(outcome.errors.contains("halcyon: all 2 start again: restart 1 of 1\n"))
      #expect(
        try Checksum.sha256(file: tiny.directory(name) + "/1-teacher/model.safetensors")
          == Checksum.sha256(file: tiny.directory("whole") + "/1-teacher/model.safetensors"))
    }
  }

  @Test("a date that is changed neither ends a group nor holds it up", arguments: [-3600, 3600])
  func date(ahead seconds: Int) throws {
    let tiny = try TinyRun()
    let library = try FaultLibrary("other-date")
    let settings = TinyRun.shared + ["teacher.training.images=2400"]
    let port = try FreePort.find()
    let all = try (0..<2).map { rank in
      var environment = [
        "RANK": "\(rank)", "WORLD_SIZE": "2", "LOCAL_RANK": "\(rank)", "LOCAL_WORLD_SIZE": "2",
        "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "\(port)",
      ]
      if rank == 1 {
        (environment["LD_PRELOAD"], environment["DATE_AHEAD"]) = (library.path, "\(seconds)")
      }
      return try Command(
        tiny.arguments("train-teacher", "a", settings) + ["--distributed-timeout", "5"],
        environment: environment)
    }
    let outcomes = try all.map { try $0.wait() }
    #expect(outcomes.allSatisfy { $0.code == 0 }, "\(outcomes.map(\.errors))")
  }
}
