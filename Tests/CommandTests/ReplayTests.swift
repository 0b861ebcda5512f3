import Files
import Foundation
import TestSupport
import Testing

@Suite("halcyon replay")
struct ReplayTests {
  @Test(
    "the first step that is not finite is kept by each process and computed again",
    arguments: [1, 2])
  func replayed(processes: Int) throws {
    let tiny = try TinyRun()
    // The first step's rate takes the weights to where nothing is a number any more.
    let settings =
      TinyRun.shared + [
        "teacher.training.learningRate=1e25", "teacher.training.warmUpImages=0",
        "teacher.training.augmentation.mixup=1",
      ]
    let outcomes =
      try processes == 1
      ? [tiny.run("train-teacher", "a", settings)]
      : tiny.run("train-teacher", "a", processes: processes, settings)
    #expect(outcomes.allSatisfy { $0.code == 70 }, "\(outcomes.map(\.errors))")
    let folder = tiny.directory("a") + "/1-teacher/refused"
    let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    #expect(
      names
        == (processes == 1
          ? ["step-00000002.safetensors"]
          : ["step-00000002-process-0.safetensors", "step-00000002-process-1.safetensors"]))
    let parts = try names.map { name in
      let again = try Command.run("replay", "\(folder)/\(name)", "--json")
      #expect(again.code == 70)
      let found = try #require(again.object()["parts"] as? [[String: Any]])
      #expect(found.allSatisfy { $0["notFinite"] as? String == "conv1.weight" })
      return found.compactMap { $0["part"] as? Int }
    }
    #expect(parts == (processes == 1 ? [[0, 1, 2, 3]] : [[0, 1], [2, 3]]))

    // A bit of the last weights.
    let path = "\(folder)/\(names[0])"
    let file = try #require(FileHandle(forUpdatingAtPath: path))
    try file.seek(toOffset: file.seekToEnd() - 4)
    try file.write(contentsOf: [0x55])
    try file.close()
    let damaged = try Command.run("replay", path)
    #expect(damaged.code == 65)
    #expect(
      damaged.errors.contains("its weights are no longer those of the step"), "\(damaged.errors)")
  }
}
