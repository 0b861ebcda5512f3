import Foundation
import TestSupport
import Testing

@Suite("Not enough memory")
struct MemoryTests {
  /// The one line of an error, and the settings that it says would fit.
  private func advice(_ outcome: Command.Outcome) throws -> (line: String, settings: [String]) {
    #expect(outcome.code == 71, "\(outcome.errors)")
    let lines = outcome.errors.split(separator: "\n").filter { $0.hasPrefix("halcyon: ") }
    #expect(lines.count == 1, "\(outcome.errors)")
    let line = String(try #require(lines.first))
    let words = line.split { " ;".contains($0) }
    return (line, words.filter { $0.contains(".") && $0.contains("=") }.map(String.init))
  }

  @Test("a training beyond the machine's memory says which batch and which crop would fit")
  func beyond() throws {
    let tiny = try TinyRun()
    // 65,536 pictures of 512 × 512 need hundreds of GiB.
    let outcome = try tiny.run(
      "train-teacher", "a",
      [
        "input.size=512", "input.resize=512", "teacher.training.batch=1048576",
        "teacher.training.accumulate=1", "teacher.training.images=1048576",
      ])
    let (line, settings) = try advice(outcome)
    #expect(
      line.hasPrefix(
        "halcyon: teacher: not enough memory for 1048576 pictures of 512 × 512 at once"), "\(line)")
    #expect(settings.contains { $0.hasPrefix("teacher.training.accumulate=") }, "\(line)")
    #expect(line.contains("micro-batch "))
  }

  @Test("an allocation that fails says which batch and crop fit, and each of them does")
  func failing() throws {
    let tiny = try TinyRun()
    let large = [
      "input.size=128", "input.resize=128", "teacher.width=16", "teacher.training.batch=256",
      "teacher.training.accumulate=1", "teacher.training.images=256",
      "teacher.training.warmUpImages=0", "precision=float32", "threads=1", "workers=1",
    ]
    // The process's own address space is the limit: what libtorch takes at its start, and 400 MiB.
    let start = try Command(
      tiny.arguments("train-teacher", "small", ["precision=float32", "threads=1", "workers=1"]))
    let base = Int(start.peak("VmPeak"))
    #expect(try start.wait().code == 0)
    let limit = "ulimit -v \(base + 400 * 1024); exec \"$@\""
    let outcome = try tiny.run("train-teacher", "a", large, shell: limit)
    let (line, settings) = try advice(outcome)
    #expect(settings.count == 2, "\(line)")
    for (number, setting) in settings.enumerated() {
      let key = setting.split(separator: "=")[0]
      let fitting = large.filter { !$0.hasPrefix(key + "=") } + [setting]
      let again = try tiny.run("train-teacher", "fits-\(number)", fitting, shell: limit)
      #expect(again.code == 0, "\(setting): \(again.errors)")
    }
  }

  @Test("a batch of an evaluation that does not fit names what to lower")
  func evaluation() throws {
    let tiny = try TinyRun()
    try tiny.finish("train-teacher", "a")
    let outcome = try Command.run(
      "evaluate", tiny.directory("a") + "/1-teacher", tiny.folder.path + "/data", "--batch",
      "20000000", "--precision", "float32", shell: "ulimit -v 2500000; exec \"$@\"")
    #expect(outcome.code == 71, "\(outcome.errors)")
    #expect(outcome.errors.contains("--batch=5000000 takes a quarter"), "\(outcome.errors)")
  }
}
