import Foundation
import Recipes
import TestSupport
import Testing

@Suite("Disk")
struct DiskTests {
  /// `sh` with a limit on the size of files, in blocks of 512 bytes; what is said goes through a
  /// pipe, which has no size.
  private func limited(_ blocks: Int) -> String {
    "{ (ulimit -f \(blocks); exec \"$@\") 2>&1; echo \"code $?\"; } | cat"
  }

  @Test("a file that cannot grow ends the run with 74 and its path, and nothing is lost")
  func fileSizeLimit() throws {
    let tiny = try TinyRun()
    try tiny.finish("run", "whole")
    let expected = try tiny.result("whole")
    var named: Set<String> = []
    // From the recipe of some 3 KiB to the models of some 200 KiB.
    for blocks in [1, 4, 16, 100, 200] {
      let outcome = try tiny.run("run", "a", shell: limited(blocks))
      let lines = outcome.output.split(separator: "\n")
      #expect(lines.last == "code 74", "\(blocks): \(outcome.output)")
      let line = try #require(lines.last { $0.hasPrefix("halcyon: ") }, "\(outcome.output)")
      #expect(line.hasPrefix("halcyon: cannot write \(tiny.directory("a"))/"), "\(line)")
      #expect(line.contains("File too large"), "\(line)")
      if let path = line.split(separator: " ").dropFirst(3).first {
        named.insert((String(path) as NSString).lastPathComponent)
      }
    }
    #expect(named.count > 1, "\(named)")
    try tiny.finish("run", "a")
    #expect(try tiny.result("a") == expected)
    for stage in TinyRun.stages {
      #expect(try tiny.metrics("a", stage) == tiny.metrics("whole", stage))
    }
  }

  @Test("a checkpoint that cannot be written leaves the one before it")
  func earlierCheckpoint() throws {
    let tiny = try TinyRun()
    try tiny.finish("train-teacher", "whole")
    _ = try tiny.run("train-teacher", "a", faults: FaultySteps(stops: [9]))
    let outcome = try tiny.run("train-teacher", "a", shell: limited(64))
    #expect(outcome.output.hasSuffix("code 74\n"), "\(outcome.output)")
    #expect(outcome.output.contains("goes on at step 9 of 30"))
    #expect(
      outcome.output.contains(
        "cannot write \(tiny.directory("a"))/1-teacher/checkpoints/step-00000012"))
    let again = try tiny.finish("train-teacher", "a")
    #expect(again.errors.contains("goes on at step 9 of 30"))
    #expect(
      try tiny.metrics("a", "1-teacher") == tiny.metrics("whole", "1-teacher"))
  }

  @Test("a folder that cannot be made or written ends the run with 74 and its path")
  func unwritable() throws {
    let tiny = try TinyRun()
    try tiny.folder.write("a file", to: "file")
    // Nobody can make a folder below a file, not even root.
    let below = try Command.run(
      "run", tiny.folder.path + "/tiny.yaml", "--out", tiny.folder.path + "/file/run")
    #expect(below.code == 74)
    #expect(below.errors.contains("\(tiny.folder.path)/file/run"), "\(below.errors)")

    try tiny.finish("run", "whole")
    _ = try tiny.run("run", "a", faults: FaultySteps(stops: [9]))
    for (path, stage) in [("baseline/checkpoints", "train"), ("2-ranking/scores", "score")] {
      let folder = "\(tiny.directory("a"))/\(path)"
      let manager = FileManager.default
      if manager.fileExists(atPath: folder) {
        try manager.moveItem(atPath: folder, toPath: folder + "-away")
      }
      try tiny.folder.write("a file", to: "runs/a/\(path)")
      let outcome = try tiny.run("run", "a")
      #expect(outcome.code == 74, "\(stage): \(outcome.errors)")
      #expect(outcome.errors.contains(folder), "\(stage): \(outcome.errors)")
      try manager.removeItem(atPath: folder)
      try manager.moveItem(atPath: folder + "-away", toPath: folder)
    }
    let again = try tiny.finish("run", "a")
    #expect(again.errors.contains("baseline: goes on at step 9"))
    #expect(try tiny.result("a") == tiny.result("whole"))
  }

  /// Whether this process may mount; a container often may not, and then the limits above stand in.
  private static let canMount: Bool = {
    guard let folder = try? TemporaryFolder() else { return false }
    guard shell("mount -t tmpfs -o size=64k halcyon-test '\(folder.path)'") == 0 else {
      return false
    }
    return shell("umount '\(folder.path)'") == 0
  }()

  @discardableResult
  private static func shell(_ command: String) -> Int32 {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", command]
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return -1 }
    process.waitUntilExit()
    return process.terminationStatus
  }

  @Test(
    "a full disk ends the run with 74 and a path; with more room it goes on to the same result",
    .enabled(if: canMount, "mounting a small file system takes root"))
  func fullDisk() throws {
    let tiny = try TinyRun()
    try tiny.finish("run", "whole")
    let place = tiny.folder.path + "/small"
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    try #require(Self.shell("mount -t tmpfs -o size=64k halcyon-test '\(place)'") == 0)
    defer { Self.shell("umount '\(place)'") }
    let arguments = ["run", tiny.folder.path + "/tiny.yaml", "--out", place + "/a"]
    var failures = 0
    for size in stride(from: 64, through: 4096, by: 160) {
      try #require(Self.shell("mount -o remount,size=\(size)k '\(place)'") == 0)
      let outcome = try Command.run(arguments)
      if outcome.code == 0 { break }
      failures += 1
      #expect(outcome.code == 74, "\(outcome.errors)")
      #expect(outcome.errors.contains("\(place)/a"), "\(outcome.errors)")
      #expect(outcome.errors.contains("No space left on device"), "\(outcome.errors)")
    }
    #expect(failures > 2)
    try FileManager.default.createDirectory(
      atPath: tiny.folder.path + "/runs", withIntermediateDirectories: true)
    try FileManager.default.copyItem(atPath: place + "/a", toPath: tiny.directory("a"))
    #expect(try tiny.result("a") == tiny.result("whole"))
    for stage in TinyRun.stages {
      #expect(try tiny.metrics("a", stage) == tiny.metrics("whole", stage))
    }
  }

  @Test("a standard output that is full is an error, one that went away is none")
  func standardOutput() throws {
    let full = try Command.run("models", shell: "exec \"$@\" > /dev/full")
    #expect(full.code == 74)
    #expect(full.errors == "halcyon: cannot write standard output: No space left on device\n")
    let gone = try Command.run(
      "models", shell: "{ sleep 0.2; \"$@\"; echo \"code $?\" >&2; } | true")
    #expect(gone.errors == "code 0\n")
  }
}
