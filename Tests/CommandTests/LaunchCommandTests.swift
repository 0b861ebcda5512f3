import Files
import Foundation
import TestSupport
import Testing

@Suite("halcyon launch")
struct LaunchCommandTests {
  /// A run with a teacher, a second shard of which stalls while the file `stall` is there.
  private func stalling() throws -> TinyRun {
    let tiny = try TinyRun()
    try tiny.writeTaggedShards(0..<4)
    let place = tiny.folder.path
    let stall = "test ! -e \(place)/stall || { echo >>\(place)/stalled; exec sleep 30; }"
    try tiny.writeRecipe(
      "pipe",
      unlabelled:
        "'pipe:case {00..03} in 02|03) \(stall);; esac; cat \(place)/plain/{00..03}.tar'")
    let outcome = try Command.run([
      "train-teacher", "\(place)/pipe.yaml", "--out", tiny.directory("a"),
    ])
    #expect(outcome.code == 0, "\(outcome.errors)")
    return tiny
  }

  private func score(_ tiny: TinyRun) -> [String] {
    ["launch", "-n", "2", "score", "\(tiny.folder.path)/pipe.yaml", "--out", tiny.directory("a")]
  }

  private func areStalled(_ tiny: TinyRun) -> Bool {
    (try? tiny.folder.read("stalled"))?.count == 2
  }

  @Test("processes that are launched share the scoring, and the selection is that of one")
  func scores() throws {
    let tiny = try TinyRun()
    try tiny.finish("train-teacher", "one")
    try FileManager.default.copyItem(
      atPath: tiny.directory("one"), toPath: tiny.directory("three"))
    let outcome = try Command.run(
      ["launch", "--processes", "3", "--"] + tiny.arguments("score", "three"))
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(outcome.output == "")
    #expect(outcome.errors.contains("\nscores: share 0 of 3"), "\(outcome.errors)")
    #expect(outcome.errors.contains("[rank2]: scores: share 2 of 3"), "\(outcome.errors)")
    try tiny.finish("score", "one")
    for name in ["one", "three"] { try tiny.finish("select", name) }
    for file in ["selected.bin", "selected.csv"] {
      #expect(
        try Checksum.sha256(file: "\(tiny.directory("one"))/2-ranking/\(file)")
          == Checksum.sha256(file: "\(tiny.directory("three"))/2-ranking/\(file)"))
    }
  }

  @Test("a signal to the launcher stops all with what they have saved, and it exits with 75")
  func stop() throws {
    let tiny = try stalling()
    try tiny.folder.write("", to: "stall")
    for signal in [SIGTERM, SIGINT] {
      unlink(tiny.folder.path + "/stalled")
      let command = try Command(["launch", "--max-restarts", "3"] + score(tiny).dropFirst())
      try #require(command.wait { areStalled(tiny) })
      let ranks = ProcessTree.children(of: command.process.processIdentifier)
      #expect(ranks.count == 2)
      command.send(signal)
      // As `timeout` and schedulers do: to the process, and to its group.
      for rank in ranks { kill(rank, signal) }
      let outcome = try command.wait()
      #expect(outcome.code == 75, "\(outcome.errors)")
      #expect(outcome.errors.contains("[rank1]: halcyon: stopped by"), "\(outcome.errors)")
      #expect(!outcome.errors.contains("start again"), "\(outcome.errors)")
      #expect(!ranks.contains(where: ProcessTree.isAlive))
    }
    unlink(tiny.folder.path + "/stall")
    let outcome = try Command.run(score(tiny))
    #expect(outcome.code == 0, "\(outcome.errors)")
    let selected = try Command.run("select", tiny.directory("a"), "--allow-commands")
    #expect(selected.code == 0, "\(selected.errors)")
  }

  @Test("a second signal, more than a second after the first one, ends a rank that does not listen")
  func second() throws {
    let tiny = try TinyRun()
    // Nobody ever writes the recipe that it waits for.
    let recipe = tiny.folder.path + "/never.yaml"
    #expect(mkfifo(recipe, 0o600) == 0)
    let command = try Command(
      ["launch", "-n", "1", "--grace", "0", "--max-restarts", "1", "run", recipe],
      environment: ["OMP_WAIT_POLICY": "passive"])
    let launcher = command.process.processIdentifier
    try #require(command.wait { ProcessTree.children(of: launcher).count == 1 })
    let rank = try #require(ProcessTree.children(of: launcher).first)
    // Before it is another program it is the launcher once more.
    try #require(
      command.wait {
        ProcessTree.arguments(of: rank).dropFirst() == ["run", recipe]
          && ProcessTree.hearsSIGTERM(rank)
      })
    command.send(SIGTERM)
    // What comes in the same moment is the same signal.
    usleep(300_000)
    command.send(SIGTERM)
    usleep(900_000)
    #expect(ProcessTree.isAlive(rank))
    repeat {
      command.send(SIGTERM)
      usleep(300_000)
    } while ProcessTree.isAlive(rank)
    let outcome = try command.wait()
    #expect(outcome.code == 143, "\(outcome.errors)")
    #expect(
      outcome.errors.contains(
        "waits for rank 0 to save and end; a second signal ends it at once"),
      "\(outcome.errors)")
    #expect(!outcome.errors.contains("start again"), "\(outcome.errors)")
    #expect(!ProcessTree.isAlive(rank))
  }

  @Test("a rank that is killed ends the others, or starts all again where that is allowed")
  func killed() throws {
    let tiny = try stalling()
    try tiny.folder.write("", to: "stall")
    let command = try Command(["launch", "--max-restarts", "1"] + score(tiny).dropFirst())
    try #require(command.wait { areStalled(tiny) })
    let ranks = ProcessTree.children(of: command.process.processIdentifier).sorted()
    try #require(ranks.count == 2)
    unlink(tiny.folder.path + "/stall")
    kill(ranks[1], SIGKILL)
    let outcome = try command.wait()
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(
      outcome.errors.contains(
        "halcyon: rank 1 was ended by signal 9 (SIGKILL); the others are told to stop; then all start "
          + "again\n"), "\(outcome.errors)")
    #expect(outcome.errors.contains("halcyon: all 2 start again: restart 1 of 1\n"))
    let selected = try Command.run("select", tiny.directory("a"), "--allow-commands")
    #expect(selected.code == 0, "\(selected.errors)")
  }

  @Test("no rank outlives a launcher that is killed")
  func orphans() throws {
    let tiny = try stalling()
    try tiny.folder.write("", to: "stall")
    let command = try Command(score(tiny))
    try #require(command.wait { areStalled(tiny) })
    let ranks = ProcessTree.children(of: command.process.processIdentifier)
    #expect(ranks.count == 2 && ranks.allSatisfy(ProcessTree.isAlive))
    command.send(SIGKILL)
    #expect(try command.wait().code == 137)
    for _ in 0..<500 where ranks.contains(where: ProcessTree.isAlive) { usleep(10_000) }
    #expect(!ranks.contains(where: ProcessTree.isAlive))
  }

  @Test(
    "what cannot be launched is refused before anything starts",
    arguments: [
      (["-n", "2"], "Give a subcommand"), (["-n", "0", "run", "a"], "--processes is 0"),
      (["-n", "2", "select", "a"], "select is not shared"),
      (["-n", "2", "--restarts", "1", "run", "a"], "there is no option --restarts"),
      (["-n", "2", "--interface", "wlan77", "run", "a"], "no such interface"),
      (["-n", "2", "--threads", "5000", "run", "a"], "--threads is 5000"),
      (["-n", "2", "--master-port", "70000", "run", "a"], "--master-port is 70000"),
    ])
  func refused(arguments: [String], reason: String) throws {
    let outcome = try Command.run(["launch"] + arguments)
    #expect(outcome.code == 64)
    #expect(outcome.errors.contains(reason), "\(outcome.errors)")
  }

  @Test("a rank's own error is the launcher's exit code, and a launcher starts no launcher")
  func ownError() throws {
    let outcome = try Command.run(
      "launch", "-n", "2", "--max-restarts", "3", "score", "nothing.yaml")
    #expect(outcome.code == 64, "\(outcome.errors)")
    #expect(outcome.errors.contains("to start again would change nothing"), "\(outcome.errors)")
    let nested = try Command.run(
      ["launch", "-n", "2", "run", "a"], environment: ["WORLD_SIZE": "4", "RANK": "1"])
    #expect(nested.code == 64)
    #expect(nested.errors.contains("one of 4 processes that a launcher started already"))
  }
}
