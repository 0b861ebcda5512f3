import Foundation
import Testing

/// What is not run leaves nothing behind, and a recipe alone is no run.
@Suite("Refused folders")
struct RefusedFolderTests {
  private let tiny: TinyRun

  init() throws { tiny = try TinyRun() }

  private func names(_ folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: "\(tiny.folder.path)/\(folder)").sorted()
  }

  @Test("a folder that is no run directory stays as it is, also where U is shards to be indexed")
  func outIsNoRun() throws {
    try TinyPictures(24, seed: 4).writePNG(to: tiny.folder, "d", labelled: true)
    try tiny.writeTaggedShards(0..<2)
    let before = try names("d")
    let outcome = try Command.run(
      "run", "\(tiny.folder.path)/tiny.yaml", "--out", "\(tiny.folder.path)/d", "--set",
      "data.labelledCount=null", "--set", "data.unlabelled=\(tiny.folder.path)/plain")
    #expect(outcome.code == 64)
    #expect(outcome.errors.contains("holds north but no recipe.yaml"), "\(outcome.errors)")
    #expect(try names("d") == before)
  }

  @Test("a run that is refused takes its new folders with it")
  func refused() throws {
    // A test picture that is also in D.
    try TinyPictures(24, seed: 4).writePNG(to: tiny.folder, "d", labelled: true)
    let outcome = try Command.run(
      "run", "\(tiny.folder.path)/tiny.yaml", "--out", "\(tiny.folder.path)/deep/er/run", "--set",
      "data.labelled=\(tiny.folder.path)/d", "--set", "data.labelledSplit=null", "--set",
      "data.labelledCount=12", "--set", "data.test=\(tiny.folder.path)/d", "--set",
      "data.testSplit=null", "--set", "input.channels=1")
    #expect(outcome.code == 65)
    #expect(outcome.errors.contains("also in the labelled set"), "\(outcome.errors)")
    #expect(try !names("").contains("deep"))
  }

  @Test(
    "what goes on with a run begins none", arguments: ["select", "pretrain", "score", "report"])
  func begun(verb: String) throws {
    let outcome = try Command.run(
      verb, "\(tiny.folder.path)/tiny.yaml", "--out", "\(tiny.folder.path)/new")
    #expect(outcome.code == 64)
    #expect(outcome.errors.contains("/new is no run yet"), "\(outcome.errors)")
    #expect(try !names("").contains("new"))
  }

  @Test("the recipe that init wrote is no run: it stays as it is, and nothing comes beside it")
  func initRecipe() throws {
    let note = "# mine\n" + TinyRun.recipe
    try tiny.folder.write(note, to: "recipe.yaml")
    let before = try names("")
    let calls = [["train-teacher", "."], ["run", "tiny.yaml", "--out", "."], ["inspect", "."]]
    for arguments in calls {
      let outcome = try Command.run(arguments, folder: tiny.folder.path)
      #expect(outcome.code == 64)
      #expect(
        outcome.errors.contains(
          ". is no run directory: its recipe.yaml is one that no run was begun with; "
            + "`halcyon run ./recipe.yaml` begins one"), "\(outcome.errors)")
    }
    #expect(try tiny.folder.read("recipe.yaml") == note)
    #expect(try names("") == before)
  }
}
