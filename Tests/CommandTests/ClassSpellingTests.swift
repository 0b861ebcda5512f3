import Foundation
import TestSupport
import Testing

@Suite("Classes in two spellings")
struct ClassSpellingTests {
  @Test("a test set that writes a class in Unicode's other form has the same class")
  func sameClass() throws {
    let tiny = try TinyRun()
    let folder = tiny.folder.path
    try TinyImages(24, seed: 5).writePNG(to: tiny.folder, "d", labelled: true)
    try TinyImages(12, seed: 6).writePNG(to: tiny.folder, "t", labelled: true)
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

  @Test(
    "classes that differ in case alone are told before a run, and of test pictures in the refusal")
  func lookalikes() throws {
    let tiny = try TinyRun.ofFolders()
    let folder = tiny.folder.path
    try FileManager.default.createDirectory(
      atPath: folder + "/d/North", withIntermediateDirectories: true)
    for name in ["0", "6", "12"] {
      try FileManager.default.moveItem(
        atPath: "\(folder)/d/north/\(name).png", toPath: "\(folder)/d/North/\(name).png")
    }
    let line =
      "data.labelled: classes that differ in case, white space or underscores alone: North "
      + "(3 pictures) and north (7 pictures); where they are one class, bring their pictures under one "
      + "name"
    let plan = try Command.run("run", folder + "/tiny.yaml", "--dry-run")
    #expect(plan.code == 0 && plan.output.contains("warning: \(line)"), "\(plan.output)")
    let made = try Command.run("init", "d", "u", folder: folder)
    #expect(made.code == 0 && made.output.contains("  \(line)\n"), "\(made.output)")

    try FileManager.default.removeItem(atPath: folder + "/d/North")
    try FileManager.default.moveItem(atPath: folder + "/t/north", toPath: folder + "/t/North ")
    let refused = try Command.run("run", folder + "/tiny.yaml", "--dry-run")
    #expect(refused.code == 65)
    #expect(
      refused.output.contains(
        "only there: North; missing there: north; North and north differ in case, white space or "
          + "underscores alone; write both alike"), "\(refused.output)")
  }

  @Test(
    "a folder, a list and a test set agree on what a class is called, whatever spaces are around it"
  )
  func spaces() throws {
    let tiny = try TinyRun.ofFolders()
    let folder = tiny.folder.path
    try FileManager.default.moveItem(atPath: folder + "/d/north", toPath: folder + "/d/north ")
    let rows = TinyImages(36, seed: 7).labels.enumerated().map { index, label in
      let name = TinyImages.classes[Int(label)]
      return "t/\(name)/\(index).png,\" \(name)\u{A0}\""
    }
    try tiny.folder.write("path,label\n" + rows.joined(separator: "\n"), to: "t.csv")
    let plan = try Command.run(
      "run", folder + "/tiny.yaml", "--dry-run", "--set", "data.test=\(folder)/t.csv")
    #expect(plan.code == 0, "\(plan.output)\(plan.errors)")
    #expect(plan.output.contains("classes 6   labelled 60"))
  }
}
