import Foundation
import Testing

@Suite("Classes in two spellings")
struct ClassSpellingTests {
  @Test("a test set that writes a class in Unicode's other form has the same class")
  func sameClass() throws {
    let tiny = try TinyRun()
    let folder = tiny.folder.path
    try TinyPictures(24, seed: 5).writePNG(to: tiny.folder, "d", labelled: true)
    try TinyPictures(12, seed: 6).writePNG(to: tiny.folder, "t", labelled: true)
    // The two forms stand in other places of the bytewise order: c-a-f-é after cafz, e-´ before it.
    for (set, name) in [("d", "caf\u{E9}"), ("t", "cafe\u{301}")] {
      try FileManager.default.moveItem(
        atPath: "\(folder)/\(set)/north", toPath: "\(folder)/\(set)/\(name)")
      try FileManager.default.moveItem(
        atPath: "\(folder)/\(set)/south", toPath: "\(folder)/\(set)/cafz")
    }
    let settings = [
      "data.labelled=\(folder)/d", "data.labelledSplit=null", "data.labelledCount=12",
      "data.test=\(folder)/t", "data.testSplit=null", "baseline.enabled=false",
    ]
    try tiny.finish("train-teacher", "a", settings)
    let outcome = try Command.run(
      "evaluate", tiny.directory("a") + "/1-teacher", folder + "/t", "--json")
    let result = try outcome.object()
    #expect(result["count"] as? Int == 12, "\(outcome.errors)")
  }
}
