import Foundation
import Recipes
import TestSupport
import Testing

@Suite("Pictures that cannot be read")
struct UnreadableTests {
  private static let pointer = """
    version https://git-lfs.github.com/spec/v1
    oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393
    size 12345

    """

  /// Folders, and a fifth of each class held out.
  private func folders() throws -> TinyRun {
    try .ofFolders { $0.replacing("  test: t\n", with: "  test: t\n  validationFraction: 0.2\n") }
  }

  /// Cuts the picture file short behind its header.
  private func cut(_ file: String, in tiny: TinyRun) throws {
    let path = "\(tiny.folder.path)/\(file)"
    try tiny.folder.write(try Data(contentsOf: URL(fileURLWithPath: path)).prefix(60), to: file)
  }

  private func line(_ outcome: Command.Outcome) -> String {
    outcome.errors.split(separator: "\n").last { $0.hasPrefix("halcyon: ") }.map(String.init) ?? ""
  }

  @Test(
    "a class without one readable picture is refused before anything trains, whatever the limit")
  func classOfPointers() throws {
    let tiny = try folders()
    for index in stride(from: 3, to: 60, by: 6) {
      try tiny.folder.write(Self.pointer, to: "d/south/\(index).png")
    }
    for limit in ["0.01", "1"] {
      let refused = try tiny.run("run", "a", ["data.unreadableLimit=\(limit)"])
      #expect(refused.code == 65)
      let line = line(refused)
      #expect(line.contains("labelled: no picture of south can be read"), "\(line)")
      #expect(
        line.contains(
          "10 of 60 pictures (16.7 %) cannot be read: south 10 of 10; the first south/15.png"),
        "\(line)")
      #expect(line.contains("Git LFS pointer"), "\(line)")
      #expect(!refused.errors.contains("teacher"))
    }
    let made = try Command.run("init", "d", "u", folder: tiny.folder.path)
    #expect(made.code == 65)
    #expect(made.errors.contains("labelled: no picture of south can be read"), "\(made.errors)")
    #expect(!FileManager.default.fileExists(atPath: tiny.folder.path + "/recipe.yaml"))
  }

  @Test("one broken picture of each set is said with its name and stands in every result")
  func oneOfEach() throws {
    let tiny = try folders()
    try cut("d/north/0.png", in: tiny)
    try cut("t/south/3.png", in: tiny)
    try tiny.folder.write("<html>404</html>", to: "u/17.png")
    let outcome = try tiny.finish("run", "a", ["data.unreadableLimit=0.05"])
    let errors = outcome.errors
    #expect(
      errors.contains(
        "labelled: 1 of 60 pictures (1.67 %) cannot be read: north 1 of 10; north/0.png (PNG: "),
      "\(errors)")
    #expect(errors.contains("test: 1 of 36 pictures (2.78 %) cannot be read: south 1 of 6; "))
    #expect(
      errors.contains(
        "unlabelled: 1 of 90 pictures (1.11 %) cannot be read: 17.png (this is HTML or XML, not a ")
    )
    #expect(errors.contains(/teacher: test top-1 [0-9.]+ % \(on 35 of 36; 1 cannot be read\)/))
    #expect(outcome.output.contains("measured on 35 of 36 test pictures; 1 cannot be read\n"))

    let summary = try JSONSerialization.jsonObject(
      with: Data(tiny.text("a", "summary.json").utf8))
    let object = try #require(summary as? [String: Any])
    let unreadable = try #require(object["unreadable"] as? [String: Int])
    #expect(unreadable["labelled"] == 1 && unreadable["test"] == 1 && unreadable["unlabelled"] == 1)
    #expect(object["measured_images"] as? Int == 35)
    // 60, of which a fifth is held out; the broken one is in one of the two parts.
    #expect(object["labelled_images"] as? Int == 48 - 1 + (unreadable["validation"] ?? 0))
    for file in ["README.md", "report.html"] {
      let text = try tiny.text("a", file)
      #expect(text.contains("35 of 36 test pictures; 1 cannot be read"), "\(file)")
      for name in ["north/0.png", "south/3.png", "17.png"] {
        #expect(text.contains(name), "\(file): \(name)")
      }
    }
    let list = try tiny.text("a", "known/unreadable.csv").split(separator: "\n")
    #expect(list.count == 3 && list[0] == "set,key,reason")
    // A second time nothing is trained, and what cannot be read is said again.
    let again = try tiny.finish("run", "a", ["data.unreadableLimit=0.05"])
    #expect(again.errors.contains("labelled: 1 of 60 pictures (1.67 %) cannot be read"))
  }

  @Test(
    "more than the limit allows of a test set ends the run before it trains, and a limit mends it")
  func brokenTest() throws {
    let tiny = try folders()
    for index in 0..<9 { try cut("t/\(TinyImages.classes[index % 6])/\(index).png", in: tiny) }
    let refused = try tiny.run("run", "a")
    #expect(refused.code == 65)
    #expect(
      line(refused).contains("test: 9 of 36 pictures (25 %) cannot be read: "),
      "\(refused.errors)")
    #expect(line(refused).contains("data.unreadableLimit, which is 0.01 and allows 1"))
    #expect(!refused.errors.contains("baseline"))
    let allowed = try tiny.finish("train-teacher", "a", ["data.unreadableLimit=0.25"])
    #expect(allowed.errors.contains("(on 27 of 36; 9 cannot be read)"), "\(allowed.errors)")
  }

  @Test("evaluate says on how many pictures it measured, and exits with 65 where that was too few")
  func evaluate() throws {
    let tiny = try folders()
    try tiny.finish("train-teacher", "a")
    let teacher = tiny.directory("a") + "/1-teacher"
    func evaluate(_ arguments: String...) throws -> Command.Outcome {
      try Command.run(["evaluate", teacher] + arguments, folder: tiny.folder.path)
    }
    try cut("t/south/3.png", in: tiny)
    let one = try evaluate("t")
    #expect(one.code == 0)
    #expect(one.output.contains("% (on 35 of 36; 1 cannot be read)"), "\(one.output)")
    #expect(one.errors.contains("t: 1 of 36 pictures cannot be read, the first south/3.png: PNG: "))
    try cut("t/south/9.png", in: tiny)
    #expect(try evaluate("t").code == 65)
    #expect(try evaluate("t", "--unreadable-limit", "0.1").code == 0)

    let rows = (0..<6).map { "nowhere/\($0).png,\(TinyImages.classes[$0])\n" }
    try tiny.folder.write("path,label\n" + rows.joined(), to: "list.csv")
    let none = try evaluate("list.csv", "--json")
    #expect(none.code == 65)
    #expect(
      none.errors.contains(
        "6 of 6 pictures cannot be read, the first nowhere/0.png: No such file or directory"),
      "\(none.errors)")
    let result = try none.object()
    #expect(result["top1"] is NSNull && result["top5"] is NSNull)
    #expect(result["count"] as? Int == 0 && result["unreadable"] as? Int == 6)
    let first = (result["unreadable_pictures"] as? [[String: String]])?.first
    #expect(first?["key"] == "nowhere/0.png")
    #expect(try evaluate("list.csv").output == "")
  }

  @Test("a test set that lacks a class is measured, as an empty folder and without one")
  func absentClass() throws {
    let tiny = try folders()
    let south = tiny.folder.path + "/t/south"
    for name in try FileManager.default.contentsOfDirectory(atPath: south) {
      try FileManager.default.removeItem(atPath: "\(south)/\(name)")
    }
    let run = try tiny.finish("run", "a", ["baseline.long=false"])
    #expect(run.errors.contains("no test picture of south\n"))
    #expect(run.output.contains("no test picture of south\n"))
    #expect(try tiny.text("a", "README.md").contains("no test picture of south"))
    #expect(try tiny.text("a", "report.html").contains("no test picture of south"))
    let model = tiny.directory("a") + "/4-fine-tuned"
    for isEmpty in [true, false] {
      if !isEmpty { try FileManager.default.removeItem(atPath: south) }
      let measured = try Command.run("evaluate", model, "t", folder: tiny.folder.path)
      #expect(measured.code == 0, "\(measured.errors)")
      #expect(measured.output.contains(/south +0 +–\n/), "\(measured.output)")
      let json = try Command.run("evaluate", model, "t", "--json", folder: tiny.folder.path)
      let classes = try #require(json.object()["per_class"] as? [[String: Any]])
      let absent = try #require(classes.first { $0["name"] as? String == "south" })
      #expect(absent["top1"] is NSNull && absent["count"] as? Int == 0)
      #expect(try json.object()["count"] as? Int == 30)
    }
  }
}
