import Files
import Foundation
import TestSupport
import Testing

/// What stage 2 survives: processes killed at any moment, and file operations that fail.
@Suite("Faults of the ranking")
struct RankingFaultTests {
  private let run: TinyRun

  init() throws {
    run = try TinyRun()
    try run.finish("train-teacher", "teacher", Self.settings)
  }

  /// More shards than workers.
  private static let settings = ["data.shardSize=20"]

  private func begin(_ name: String) throws {
    try? FileManager.default.removeItem(atPath: run.directory(name))
    try FileManager.default.copyItem(
      atPath: run.directory("teacher"), toPath: run.directory(name))
  }

  private func selection(_ name: String) throws -> [String] {
    try ["selected.bin", "selected.csv"].map {
      try Checksum.sha256(file: "\(run.directory(name))/2-ranking/\($0)")
    }
  }

  private func undisturbed() throws -> [String] {
    try begin("whole")
    try run.finish("score", "whole", Self.settings)
    try run.finish("select", "whole", Self.settings)
    return try selection("whole")
  }

  @Test("kill -9 of any of four workers, at any moment, leaves the selection as it would have been")
  func killed() throws {
    let expected = try undisturbed()
    var random = SeededGenerator(seed: 7)
    for round in 0..<(testsEveryFault ? 50 : 3) {
      try begin("a")
      let claims = run.directory("a") + "/claims"
      func worker() throws -> Command {
        try Command(
          run.arguments("score", "a", Self.settings)
            + ["--claim", claims, "--claim-timeout", "1"])
      }
      var workers = try (0..<4).map { _ in try worker() }
      let victim = Int.random(in: 0..<4, using: &random)
      usleep(UInt32.random(in: 0..<1_500_000, using: &random))
      workers[victim].send(SIGKILL)
      _ = try workers[victim].wait()
      if round % 2 == 0 { workers[victim] = try worker() } else { workers.remove(at: victim) }
      for worker in workers {
        let outcome = try worker.wait()
        #expect(outcome.code == 0, "round \(round): \(outcome.errors)")
      }
      try run.finish("select", "a", Self.settings)
      #expect(try selection("a") == expected, "round \(round)")
    }
  }

  @Test(
    "an operation that fails is an error that names the file; the next try goes on as if it had not",
    arguments: ["write", "fsync", "rename", "open"])
  func failing(call: String) throws {
    let expected = try undisturbed()
    let faults = try FailingIO()
    var number = 1
    while true {
      var struck = false
      for code in call == "write" ? ["ENOSPC", "EIO"] : ["EIO"] {
        let fault = FailingIO.Fault(call: call, number: number, code: code, stays: number % 3 == 0)
        try begin("a")
        let environment = faults.environment(fault, under: run.directory("a") + "/")
        for verb in ["score", "select"] {
          let outcome = try run.run(verb, "a", Self.settings, environment: environment)
          guard outcome.code != 0 else { continue }
          #expect([65, 74].contains(outcome.code), "\(fault): \(outcome.errors)")
          #expect(outcome.errors.contains(run.directory("a")), "\(fault): \(outcome.errors)")
          break
        }
        struck = struck || faults.struck
        if FileManager.default.fileExists(atPath: run.directory("a") + "/2-ranking/done.json") {
          #expect(try selection("a") == expected, "\(fault)")
        }
        try run.finish("score", "a", Self.settings)
        try run.finish("select", "a", Self.settings)
        #expect(try selection("a") == expected, "\(fault)")
      }
      if !struck { break }
      number += testsEveryFault ? 1 : max(1, number * 2)
    }
    #expect(number > 3)
  }

  @Test("of two processes that would write one run directory the second is refused")
  func twoWriters() throws {
    try begin("a")
    // The first process stands still while it has the directory.
    let first = try Command(run.arguments("score", "a", Self.settings))
    let scores = run.directory("a") + "/2-ranking/scores"
    let hasBegun = first.wait {
      (try? FileManager.default.contentsOfDirectory(atPath: scores).isEmpty) == false
    }
    #expect(hasBegun)
    first.send(SIGSTOP)
    for verb in ["score", "run", "select"] {
      let second = try run.run(verb, "a", Self.settings)
      #expect(second.code == 74, "\(verb): \(second.errors)")
      #expect(second.errors.contains("in use by process \(first.process.processIdentifier)"))
    }
    let worker = try run.run(
      "score", "a", Self.settings, flags: ["--shard-index", "0", "--num-shards", "2"])
    #expect(worker.code == 74)
    first.send(SIGCONT)
    #expect(try first.wait().code == 0)
  }
}
