import Files
import Foundation
import TestSupport
import Testing

/// Trainings of several processes whose launcher or network does what those of a cluster do.
@Suite("Processes that are lost", .serialized)
struct LostProcessesTests {
  private let settings = TinyRun.shared + ["teacher.training.images=4800"]

  private func checksum(_ tiny: TinyRun, _ name: String) throws -> String {
    try Checksum.sha256(file: tiny.directory(name) + "/1-teacher/model.safetensors")
  }

  /// The processes that `parent` has started.
  private func children(of parent: Int32) throws -> [Int32] {
    let output = try shell("pgrep -P \(parent) || true")
    return output.split(separator: "\n").compactMap { Int32($0) }
  }

  /// What `script` prints.
  @discardableResult
  private func shell(_ script: String) throws -> String {
    let process = Process(), output = Pipe()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-ec", script]
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw Command.Missing(description: text) }
    return text
  }

  @Test(
    "under torchrun --max-restarts a job goes on after a process is killed, to the same weights",
    .enabled(if: PythonTools.areHere, PythonTools.missing), arguments: [1, 2])
  func torchrun(machines: Int) throws {
    let tiny = try TinyRun()
    try tiny.finish("train-teacher", "whole", settings)
    let port = try FreePort.find()
    // One agent a machine: of several only the killed process's own counts a restart.
    let agents = try (0..<machines).map { _ in
      try Command(
        tiny.arguments("train-teacher", "a", settings),
        shell: """
          exec \(PythonTools.python) -m torch.distributed.run --no-python --nnodes \(machines) \
            --nproc-per-node \(2 / machines) --rdzv-backend c10d --rdzv-id job \
            --rdzv-endpoint 127.0.0.1:\(port) --local-addr 127.0.0.1 \
            --max-restarts 1 --monitor-interval 0.1 "$@"
          """)
    }
    try #require(
      agents[0].wait { tiny.has("a", "1-teacher/checkpoints/step-00000008.safetensors") })
    let ranks = try agents.flatMap { try children(of: $0.process.processIdentifier) }
    try #require(ranks.count == 2)
    kill(ranks[1], SIGKILL)
    let outcomes = try agents.map { try $0.wait() }
    let errors = outcomes.map(\.errors).joined(separator: "\n")
    #expect(outcomes.allSatisfy { $0.code == 0 }, "\(errors)")
    #expect(errors.contains("teacher: goes on at step"), "\(errors)")
    #expect(try checksum(tiny, "a") == checksum(tiny, "whole"))
  }

  /// Whether this process may make networks of its own.
  private static let makesNetworks: Bool = {
    let name = "halcyon-probe-\(getpid())"
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", "ip netns add \(name) && ip netns delete \(name)"]
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }()

  @Test(
    "processes whose network is cut end in time with a line each, and go on when it is whole",
    .enabled(if: makesNetworks, "networks of one's own want root and iproute2"))
  func partition() throws {
    let tiny = try TinyRun()
    try tiny.finish("train-teacher", "whole", settings)
    // Two machines: a network each, and a wire between them.
    let names = (0..<2).map { "halcyon-\(getpid())-\($0)" }
    defer { for name in names { _ = try? shell("ip netns delete \(name)") } }
    for name in names {
      try shell("ip netns add \(name)\nip -n \(name) link set lo up")
    }
    try shell(
      """
      ip -n \(names[0]) link add wire type veth peer name wire netns \(names[1])
      ip -n \(names[0]) address add 10.77.0.1/24 dev wire
      ip -n \(names[1]) address add 10.77.0.2/24 dev wire
      ip -n \(names[0]) link set wire up
      ip -n \(names[1]) link set wire up
      """)
    func start(_ flags: [String]) throws -> [Command] {
      try names.enumerated().map { rank, name in
        try Command(
          tiny.arguments("train-teacher", "a", settings) + flags,
          environment: [
            "RANK": "\(rank)", "WORLD_SIZE": "2", "MASTER_ADDR": "10.77.0.1",
            "MASTER_PORT": "29500",
          ], shell: "exec ip netns exec \(name) \"$@\"")
      }
    }
    let cut = try start(["--distributed-timeout", "3"])
    try #require(
      cut[0].wait { tiny.has("a", "1-teacher/checkpoints/step-00000008.safetensors") })
    try shell("ip -n \(names[1]) link set wire down")
    let cutAt = Date()
    let outcomes = try cut.map { try $0.wait() }
    #expect(-cutAt.timeIntervalSinceNow < 30)
    for outcome in outcomes {
      #expect(outcome.code == 69, "\(outcome.errors)")
      let lines = Processes.lines([outcome])
      #expect(lines.count == 1, "\(lines)")
      #expect(lines.first?.hasSuffix("go on from the last checkpoint") == true, "\(lines)")
    }
    try shell("ip -n \(names[1]) link set wire up")
    let again = try start([]).map { try $0.wait() }
    #expect(again.allSatisfy { $0.code == 0 }, "\(again.map(\.errors))")
    #expect(try checksum(tiny, "a") == checksum(tiny, "whole"))
  }
}
