import Foundation
import Launch
import TestSupport
import Testing

/// Real processes, of a shell, that fail in all the ways there are.
@Suite("Launching", .serialized)
struct LauncherTests {
  private struct Outcome {
    let code: Int32
    /// What the launcher said.
    let said: [String]
    /// What the processes but the first said.
    let shown: [String]
  }

  /// Launches `script` in `folder`, where it may leave files.
  private func launch(
    _ script: String, in folder: TemporaryFolder, processes: Int = 3, restarts: Int = 0,
    grace: Double = 20, environment: [String: String] = [:]
  ) throws -> Outcome {
    var request = LaunchRequest(
      program: "/bin/sh",
      arguments: ["-c", "cd '\(folder.path)'; \(script)"].map { Array($0.utf8) },
      processes: processes, interface: try Interface("lo"),
      environment: ["PATH": "/usr/bin:/bin"].merging(environment) { $1 })
    request.maxRestarts = restarts
    request.grace = grace
    var said: [String] = [], shown: [String] = []
    let launcher = try Launcher(
      request, cores: .ofThisProcess(), say: { said.append($0) }, show: { shown.append($0) })
    let code = try launcher.run()
    return Outcome(
      code: code, said: said.filter { !$0.contains("will wait for each other") }, shown: shown)
  }

  @Test("each process knows its number, how many there are, and where they meet")
  func environment() throws {
    let folder = try TemporaryFolder()
    let script = """
      echo $RANK $LOCAL_RANK $WORLD_SIZE $LOCAL_WORLD_SIZE $MASTER_ADDR $TORCHELASTIC_RESTART_COUNT \
      $GLOO_SOCKET_IFNAME ${TORCHELASTIC_USE_AGENT_STORE-none} >env-$RANK; echo $MASTER_PORT >port-$RANK
      """
    let outcome = try launch(
      script, in: folder, environment: ["TORCHELASTIC_USE_AGENT_STORE": "True", "RANK": "9"])
    #expect(outcome.code == 0)
    #expect(outcome.said.isEmpty)
    for rank in 0..<3 {
      #expect(try folder.read("env-\(rank)") == "\(rank) \(rank) 3 3 127.0.0.1 0 lo none\n")
      #expect(try folder.read("port-\(rank)") == folder.read("port-0"))
    }
    let port = try #require(try Int(folder.read("port-0").dropLast()))
    #expect(1024...65_535 ~= port)
  }

  @Test("lines of all but the first are shown behind their rank, also one without an end")
  func lines() throws {
    let outcome = try launch(
      "[ $RANK = 0 ] || { echo out $RANK; printf 'no end' >&2; }", in: TemporaryFolder(),
      processes: 2)
    #expect(outcome.shown == ["[rank1]: out 1", "[rank1]: no end"])
  }

  /// Waits for SIGTERM and notes that it came; begins when all others do.
  private static let patient = """
    trap 'echo told >told-$RANK; kill $child; exit 75' TERM; sleep 100 & child=$!
    echo >ready-$RANK; wait
    """

  @Test(
    "one fails: the others are told and waited for, and its exit code is the launcher's",
    arguments: [
      (fault: "exit 3", code: Int32(3), line: "rank 1 ended with exit code 3"),
      (fault: "kill -9 $$", code: 137, line: "rank 1 was ended by signal 9 (SIGKILL)"),
      (fault: "kill -SEGV $$", code: 139, line: "rank 1 was ended by signal 11 (SIGSEGV)"),
    ])
  func failure(fault: String, code: Int32, line: String) throws {
    let folder = try TemporaryFolder()
    let outcome = try launch(
      "if [ $RANK = 1 ]; then until [ -e ready-0 -a -e ready-2 ]; do sleep 0.02; done; \(fault); fi\n"
        + Self.patient, in: folder)
    #expect(outcome.code == code)
    #expect(outcome.said == [line + "; the others are told to stop"])
    #expect(try folder.read("told-0") == "told\n")
    #expect(try folder.read("told-2") == "told\n")
  }

  @Test("with restarts left all start again, on another port, and know how often they did")
  func restarts() throws {
    let folder = try TemporaryFolder()
    let script = """
      echo $TORCHELASTIC_RESTART_COUNT >>count-$RANK
      [ $RANK != 2 ] || [ $TORCHELASTIC_RESTART_COUNT = 2 ] || kill -9 $$
      """
    let outcome = try launch(script, in: folder, restarts: 2)
    #expect(outcome.code == 0)
    #expect(try folder.read("count-2") == "0\n1\n2\n")
    #expect(outcome.said.count == 4)
    #expect(outcome.said[0].hasPrefix("rank 2 was ended by signal 9 (SIGKILL)"))
    #expect(outcome.said[0].hasSuffix("; then all start again"))
    #expect(outcome.said[1] == "all 3 start again: restart 1 of 2")
    #expect(outcome.said[3] == "all 3 start again: restart 2 of 2")
    let once = try launch(script, in: folder, restarts: 1)
    #expect(once.code == 137)
    #expect(once.said.last?.contains("; no restart is left") == true)
  }

  @Test("a wrong request is not started again: it would be as wrong")
  func usage() throws {
    let outcome = try launch("exit 64", in: TemporaryFolder(), processes: 1, restarts: 5)
    #expect(outcome.code == 64)
    #expect(
      outcome.said == ["rank 0 ended with exit code 64; to start again would change nothing"])
  }

  @Test("one that stopped with everything saved is no failure: the others stop, too, exit 75")
  func saved() throws {
    let folder = try TemporaryFolder()
    let outcome = try launch(
      "if [ $RANK = 1 ]; then until [ -e ready-0 -a -e ready-2 ]; do sleep 0.02; done; exit 75; fi\n"
        + Self.patient, in: folder, restarts: 3)
    #expect(outcome.code == 75)
    #expect(outcome.said == ["rank 1 stopped (exit code 75); the others are told to stop"])
    #expect(try folder.read("told-0") == "told\n")
  }

  @Test("a rank that has lost another one is a failure, after which all start again")
  func lost() throws {
    let folder = try TemporaryFolder()
    let script = """
      [ $TORCHELASTIC_RESTART_COUNT = 0 ] || exit 0
      if [ $RANK = 0 ]; then until [ -e ready-1 -a -e ready-2 ]; do sleep 0.02; done; exit 69; fi\n
      """
    let outcome = try launch(script + Self.patient, in: folder, restarts: 1)
    #expect(outcome.code == 0)
    #expect(
      outcome.said == [
        "rank 0 lost another one (exit code 69); the others are told to stop; then all start again",
        "all 3 start again: restart 1 of 1",
      ])
    let once = try launch("exit 69", in: TemporaryFolder(), processes: 1)
    #expect(once.code == 69)
    // What it lost is what failed.
    let killed = try launch(
      "if [ $RANK = 1 ]; then echo >gone; kill -9 $$; fi\nuntil [ -e gone ]; do sleep 0.2; done; sleep 0.5; exit 69",
      in: folder, processes: 2)
    #expect(killed.code == 137)
    #expect(killed.said.first?.hasPrefix("rank 1 was ended by signal 9 (SIGKILL)") == true)
  }

  @Test("one that hears nothing is killed after the grace period, and a stop is still a stop")
  func deaf() throws {
    let folder = try TemporaryFolder()
    let script = """
      if [ $RANK = 1 ]; then trap '' TERM; echo >ready; exec sleep 100; fi
      until [ -e ready ]; do sleep 0.02; done; exit 75
      """
    let outcome = try launch(script, in: folder, processes: 2, restarts: 1, grace: 0.2)
    #expect(outcome.code == 75)
    #expect(
      outcome.said == [
        "rank 0 stopped (exit code 75); the others are told to stop",
        "rank 1 did not end within 0 s and is killed",
      ])
    // Nor does it begin again where another one fails while it stops.
    let failing = try launch(
      """
      if [ $RANK = 1 ]; then trap 'exit 70' TERM; echo >ready; while true; do sleep 0.02; done; fi
      until [ -e ready ]; do sleep 0.02; done; exit 75
      """, in: TemporaryFolder(), processes: 2, restarts: 1)
    #expect(failing.code == 70)
    #expect(failing.said.last == "rank 1 ended with exit code 70")
    // Stopped by SIGSTOP, it hears nothing either.
    let stopped = try launch(
      "if [ $RANK = 1 ]; then echo >stopped; kill -STOP $$; fi; until [ -e stopped ]; do sleep 0.02; done; exit 3",
      in: folder, processes: 2, grace: 0.2)
    #expect(stopped.code == 3)
  }

  @Test("what cannot be started is told, and nothing stays")
  func missing() throws {
    let request = LaunchRequest(
      program: "/nowhere/halcyon", arguments: [], processes: 2, interface: try Interface("lo"),
      environment: [:])
    let launcher = try Launcher(request, cores: .ofThisProcess(), say: { _ in }, show: { _ in })
    let error = #expect(throws: LaunchError.self) { try launcher.run() }
    #expect(
      "\(error.map { "\($0)" } ?? "")" == "cannot start /nowhere/halcyon: No such file or directory"
    )
    #expect(error?.exitCode == 71)
  }

  @Test("a port that somebody listens on is one clear error")
  func port() throws {
    let loopback = try Interface("127.0.0.1")
    #expect(loopback.name == "lo")
    try FreePort.hold { port in
      #expect(
        throws: LaunchError.system(
          "cannot use port \(port) of lo (127.0.0.1): Address already in use")
      ) { try loopback.requireFree(port) }
    }
    #expect(throws: LaunchError.self) { try Interface("wlan77") }
  }
}
