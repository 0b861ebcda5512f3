import Files
import Foundation
import TestSupport
import Testing

@Suite("Several processes")
struct ProcessesTests {
  private func checksum(_ tiny: TinyRun, _ name: String) throws -> String {
    try Checksum.sha256(file: tiny.directory(name) + "/1-teacher/model.safetensors")
  }

  @Test("1, 2 and 4 processes train the same teacher, bit for bit, and one keeps its records")
  func sameTeacher() throws {
    let tiny = try TinyRun()
    let settings = TinyRun.shared + ["teacher.training.images=1760"]
    try tiny.finish("train-teacher", "1", settings)
    for count in [2, 4] {
      let outcomes = try tiny.run("train-teacher", "\(count)", processes: count, settings)
      #expect(outcomes.allSatisfy { $0.code == 0 }, "\(outcomes.map(\.errors))")
      #expect(outcomes.dropFirst().allSatisfy { $0.errors == "" })
      #expect(try checksum(tiny, "\(count)") == checksum(tiny, "1"))
      #expect(
        try tiny.metrics("\(count)", "1-teacher").map(\.count)
          == tiny.metrics("1", "1-teacher").map(\.count))
      #expect(
        try tiny.events("\(count)").filter { $0.contains(" step ") }
          == tiny.events("1").filter { $0.contains(" step ") })
      // Each process measures its part of the pictures; the first one writes the answers to all.
      for file in ["predictions-test.csv", "ranked-validation.csv"] {
        #expect(
          try tiny.text("\(count)", "1-teacher/\(file)") == tiny.text("1", "1-teacher/\(file)"))
      }
    }
  }

  @Test("a whole run of two processes, and the same again, whose stages are done")
  func wholeRun() throws {
    let tiny = try TinyRun()
    let outcomes = try tiny.run("run", "a", processes: 2)
    #expect(outcomes.allSatisfy { $0.code == 0 }, "\(outcomes.map(\.errors))")
    #expect(outcomes[0].errors.contains("2 processes (Gloo) meet at 127.0.0.1:"))
    #expect(outcomes[0].output.contains("gain of the student over the baseline"))
    #expect(outcomes[1].output == "" && outcomes[1].errors == "")
    #expect(tiny.has("a", "summary.json") && tiny.has("a", "report.html"))
    let result = try tiny.result("a")
    let again = try tiny.run("run", "a", processes: 2)
    #expect(again.allSatisfy { $0.code == 0 }, "\(again.map(\.errors))")
    #expect(again[0].errors.contains("fine-tuning: done"))
    #expect(try tiny.result("a") == result)
    // The same processes give the same bits.
    let twice = try tiny.run("run", "b", processes: 2)
    #expect(twice.allSatisfy { $0.code == 0 }, "\(twice.map(\.errors))")
    #expect(try tiny.result("b") == result)
  }

  @Test("SIGTERM to any process saves all; another number of processes goes on", arguments: [0, 1])
  func stopped(rank: Int) throws {
    let tiny = try TinyRun()
    let settings = TinyRun.shared + ["teacher.training.images=4800"]
    try tiny.finish("train-teacher", "whole", settings)
    let processes = try Processes(2, tiny.arguments("train-teacher", "a", settings))
    try #require(
      processes.all[0].wait { tiny.has("a", "1-teacher/checkpoints/step-00000004.safetensors") })
    processes.all[rank].send(SIGTERM)
    let outcomes = try processes.wait()
    #expect(outcomes.map(\.code) == [75, 75], "\(outcomes.map(\.errors))")
    #expect(
      Processes.lines(outcomes).allSatisfy {
        $0.contains("stopped by SIGTERM; everything is saved")
      })
    let again = try tiny.run("train-teacher", "a", processes: 4, settings)
    #expect(again.allSatisfy { $0.code == 0 }, "\(again.map(\.errors))")
    #expect(again[0].errors.contains("goes on at step"))
    #expect(try checksum(tiny, "a") == checksum(tiny, "whole"))
  }

  @Test(
    "a process that is killed or stopped ends the others in time with one line; a restart ends the same"
  )
  func lost() throws {
    let tiny = try TinyRun()
    let settings = TinyRun.shared + ["teacher.training.images=4800"]
    try tiny.finish("train-teacher", "whole", settings)
    for (signal, rank) in [(SIGKILL, 0), (SIGKILL, 1), (SIGSTOP, 1), (SIGSTOP, 0)] {
      let name = "\(signal)-\(rank)"
      let processes = try Processes(
        2, tiny.arguments("train-teacher", name, settings) + ["--distributed-timeout", "3"])
      try #require(
        processes.all[0].wait {
          tiny.has(name, "1-teacher/checkpoints/step-00000008.safetensors")
        })
      let start = Date()
      processes.all[rank].send(signal)
      let other = try processes.all[1 - rank].wait()
      #expect(other.code == 69, "\(name): \(other.errors)")
      #expect(-start.timeIntervalSinceNow < 20)
      #expect(!other.errors.contains("frame #"), "\(name): \(other.errors)")
      let lines = Processes.lines([other])
      #expect(lines.count == 1 && lines[0].contains("process"), "\(name): \(lines)")
      #expect(lines[0].hasSuffix("go on from the last checkpoint"), "\(name): \(lines)")
      processes.all[rank].send(SIGKILL)
      _ = try processes.all[rank].wait()
      let again = try tiny.run("train-teacher", name, processes: 2, settings)
      #expect(again.allSatisfy { $0.code == 0 }, "\(again.map(\.errors))")
      #expect(try checksum(tiny, name) == checksum(tiny, "whole"))
    }
  }

  @Test("what is refused before the run begins is said once, and all end with its exit code")
  func refusedOnce() throws {
    let tiny = try TinyRun()
    let settings = ["data.labelled=nowhere"]
    let outcomes = try tiny.run("run", "a", processes: 3, settings)
    #expect(outcomes.map(\.code) == [65, 65, 65], "\(outcomes.map(\.errors))")
    #expect(outcomes.dropFirst().allSatisfy { $0.errors == "" }, "\(outcomes.map(\.errors))")
    #expect(outcomes[0].errors.contains("data.labelled"))

    let parts = try tiny.run("run", "a", processes: 3, TinyRun.shared)
    #expect(parts.map(\.code) == [64, 64, 64], "\(parts.map(\.errors))")
    #expect(
      parts[0].errors.contains(
        "teacher.training: a batch in 4 parts (accumulate 1 × replicas 4) cannot be shared by 3 processes"
      ))
    #expect(parts.dropFirst().allSatisfy { $0.errors == "" }, "\(parts.map(\.errors))")
    #expect(!FileManager.default.fileExists(atPath: tiny.directory("a")))
  }

  @Test("processes with other recipes are refused before they train, with what is other")
  func otherRecipe() throws {
    let tiny = try TinyRun()
    let port = try FreePort.find()
    let all = try (0..<2).map { rank in
      try Command(
        tiny.arguments(
          "train-teacher", "a",
          TinyRun.shared + (rank == 1 ? ["teacher.training.learningRate=0.01"] : [])),
        environment: [
          "RANK": "\(rank)", "WORLD_SIZE": "2", "LOCAL_RANK": "\(rank)", "LOCAL_WORLD_SIZE": "2",
          "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "\(port)",
        ])
    }
    let outcomes = try all.map { try $0.wait() }
    #expect(outcomes.map(\.code) == [64, 64], "\(outcomes.map(\.errors))")
    let line = Processes.lines([outcomes[0]]).first ?? ""
    #expect(line.contains("the run: process 1 has other work than process 0: "), "\(line)")
    #expect(line.contains("teacher.training.learningRate (0.01, not 0.1)"), "\(line)")
    #expect(Processes.lines([outcomes[1]]).isEmpty, "\(outcomes[1].errors)")
  }

  @Test("processes with other commands, or whose processors compute otherwise, are refused at once")
  func otherWork() throws {
    let tiny = try TinyRun()
    func lines(_ verb: String = "train-teacher", _ environment: [String: String] = [:]) throws
      -> [String]
    {
      let port = try FreePort.find()
      let all = try (0..<2).map { rank in
        try Command(
          tiny.arguments(rank == 1 ? verb : "train-teacher", "a", TinyRun.shared),
          environment: [
            "RANK": "\(rank)", "WORLD_SIZE": "2", "LOCAL_RANK": "\(rank)", "LOCAL_WORLD_SIZE": "2",
            "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "\(port)",
          ].merging(rank == 1 ? environment : [:]) { $1 })
      }
      let outcomes = try all.map { try $0.wait() }
      #expect(outcomes.map(\.code) == [64, 64], "\(outcomes.map(\.errors))")
      return Processes.lines(outcomes)
    }
    #expect(
      try lines("run") == [
        "halcyon: the command: process 1 has other work than process 0: subcommand (run, not train-teacher); start "
          + "all with the same command, recipe and data"
      ])
    #expect(!FileManager.default.fileExists(atPath: tiny.directory("a")))
    let other = try lines("train-teacher", ["ATEN_CPU_CAPABILITY": "default"])
    #expect(other.count == 1)
    #expect(
      other.first?.contains("process 1 has other work than process 0: CPU kernels (DEFAULT")
        == true,
      "\(other)")
    #expect(other.first?.hasSuffix("ATEN_CPU_CAPABILITY=avx2") == true, "\(other)")
    #expect(!tiny.has("a", "1-teacher/checkpoints"))
  }

  private static let mayMount: Bool = {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", "unshare -m mount -t tmpfs none /mnt 2>/dev/null"]
    guard (try? process.run()) != nil else { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }()

  @Test(
    "a run directory that is not the first process's is found before anything is trained",
    .enabled(if: mayMount, "only root may mount here"))
  func otherFolder() throws {
    let tiny = try TinyRun()
    let port = try FreePort.find()
    try FileManager.default.createDirectory(
      atPath: tiny.folder.path + "/runs", withIntermediateDirectories: true)
    let all = try (0..<2).map { rank in
      try Command(
        tiny.arguments("run", "a", TinyRun.shared),
        environment: [
          "RANK": "\(rank)", "WORLD_SIZE": "2", "LOCAL_RANK": "\(rank)", "LOCAL_WORLD_SIZE": "2",
          "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "\(port)",
        ],
        shell: rank == 0
          ? nil
          : "exec unshare -m sh -c 'mount -t tmpfs none \(tiny.folder.path)/runs && exec \"$@\"' sh \"$@\""
      )
    }
    let outcomes = try all.map { try $0.wait() }
    #expect(outcomes.map(\.code) == [64, 64], "\(outcomes.map(\.errors))")
    let line = Processes.lines([outcomes[0]]).first ?? ""
    #expect(line.contains("the folder --out (another one of that name"), "\(line)")
    #expect(!tiny.has("a", "baseline/done.json"))
  }

  @Test("processes with other seeds are refused")
  func otherSeeds() throws {
    let tiny = try TinyRun()
    let port = try FreePort.find()
    let all = try (0..<2).map { rank in
      try Command(
        tiny.arguments("run", "a", TinyRun.shared) + ["--seeds", rank == 0 ? "0,1" : "0"],
        environment: [
          "RANK": "\(rank)", "WORLD_SIZE": "2", "LOCAL_RANK": "\(rank)", "LOCAL_WORLD_SIZE": "2",
          "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "\(port)",
        ])
    }
    let outcomes = try all.map { try $0.wait() }
    #expect(outcomes.map(\.code) == [64, 64], "\(outcomes.map(\.errors))")
    #expect(Processes.lines(outcomes).first?.contains("--seeds (0, not 0,1)") == true)
  }

  @Test("a port that is in use and an address that is wrong are one error each")
  func wrongPlace() throws {
    let tiny = try TinyRun()
    let arguments = tiny.arguments("run", "a", TinyRun.shared)
    let variables = [
      "RANK": "0", "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1",
    ]
    try FreePort.hold { port in
      let taken = try Command.run(
        arguments, environment: variables.merging(["MASTER_PORT": "\(port)"]) { $1 })
      #expect(taken.code == 74)
      #expect(
        taken.errors.hasPrefix("halcyon: cannot listen on 127.0.0.1:\(port): Address already in"))
    }
    for (address, line) in [
      ("no-such-host.invalid", "MASTER_ADDR: no address of no-such-host.invalid is known"),
      ("192.0.2.1", "MASTER_ADDR"),
    ] {
      let wrong = try Command.run(
        arguments,
        environment: variables.merging(["MASTER_ADDR": address, "MASTER_PORT": "29999"]) { $1 })
      #expect(wrong.code == 74)
      #expect(Processes.lines([wrong]).count == 1)
      #expect(wrong.errors.hasPrefix("halcyon: \(line)"), "\(wrong.errors)")
    }
    #expect(!FileManager.default.fileExists(atPath: tiny.directory("a")))
  }
}
