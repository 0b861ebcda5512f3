import Foundation
import TestSupport
import Testing

@testable import Recipes

@Suite("Paths of recipes that lead upwards")
struct UpwardPathTests {
  let folder: TemporaryFolder
  /// Paths also lead from the working folder, around which nothing is called so.
  private let d = "halcyon-test-d"
  private let u = "halcyon-test-u"

  init() throws {
    folder = try TemporaryFolder()
    for name in ["\(d)/a/1.png", "exp/\(d)/a/1.png", "\(u)/1.png"] {
      try folder.write("x", to: name)
    }
  }

  private func recipe(_ labelled: String, overrides: [String] = []) throws -> (Recipe, [String]) {
    try folder.write(
      "name: a\ndata: {labelled: \(labelled), unlabelled: ../\(u)}", to: "exp/r.yaml")
    var notes: [String] = []
    let recipe = try Recipe(
      contentsOf: folder.path + "/exp/r.yaml", overrides: overrides, note: { notes.append($0) })
    return (recipe, notes)
  }

  @Test("a path keeps its .., also where a folder of the bare name lies beside the recipe")
  func upwards() throws {
    let (recipe, notes) = try recipe("../\(d)")
    #expect(recipe.data.labelled == folder.path + "/\(d)")
    #expect(recipe.data.unlabelled == folder.path + "/\(u)")
    #expect(notes == [])
    #expect(try self.recipe(d).0.data.labelled == folder.path + "/exp/\(d)")
  }

  @Test("rest is no folder, and where one is called so beside the recipe that is said")
  func rest() throws {
    func notes(_ unlabelled: String) throws -> [String] {
      try folder.write(
        "name: a\ndata: {labelled: \(d), labelledCount: 2, unlabelled: \(unlabelled)}",
        to: "exp/r.yaml")
      var notes: [String] = []
      _ = try Recipe(contentsOf: folder.path + "/exp/r.yaml", note: { notes.append($0) })
      return notes
    }
    #expect(try notes("rest") == [])
    try folder.write("x", to: "exp/rest/1.png")
    #expect(
      try notes("rest") == [
        "data.unlabelled: rest is what data.labelledCount leaves of data.labelled, not the folder "
          + "\(folder.path)/exp/rest; write ./rest if the folder is meant"
      ])
    #expect(try notes("./rest") == [])
  }

  @Test("upwards from a link is out of the folder that it is to")
  func links() throws {
    try folder.write("x", to: "far/\(d)/1.png")
    try folder.write("x", to: "far/deep/1.png")
    #expect(symlink(folder.path + "/far/deep", folder.path + "/exp/link") == 0)
    #expect(try recipe("link/../\(d)").0.data.labelled == folder.path + "/far/\(d)")
  }

  @Test("where the same words lead to two folders, one line says which is taken")
  func two() throws {
    // Both from the recipe's folder and from the working folder.
    let here = FileManager.default.currentDirectoryPath
    let name = "Sources"
    try folder.write("x", to: "exp/\(name)/1.png")
    let (recipe, notes) = try recipe(name)
    #expect(recipe.data.labelled == "\(folder.path)/exp/\(name)")
    #expect(
      notes == [
        "data.labelled: \(name) is \(folder.path)/exp/\(name); there is \(here)/\(name), too, which "
          + "is passed over"
      ])
    let (overridden, _) = try self.recipe(d, overrides: ["data.labelled=\(name)"])
    #expect(overridden.data.labelled == "\(here)/\(name)")
  }

  @Test(
    "a path of --set is what the shell gave, whatever YAML makes of it",
    arguments: ["/a: b", "/a #b", "/[1]", "/{a}", "/-", "/a\nb", "/@a", #"/caf\xE9"#])
  func overrides(_ path: String) throws {
    let recipe = try Recipe(yaml: minimalRecipe, overrides: ["data.labelled=\(path)"])
    #expect(recipe.data.labelled == path)
    #expect(try Recipe(yaml: recipe.yaml).data.labelled == path)
  }

  @Test("a zero byte is no part of a path")
  func zero() {
    expectError("in --set data.test=\"/a\\0b\": data.test: the path holds a zero byte") {
      try Recipe(yaml: minimalRecipe, overrides: ["data.test=\"/a\\0b\""])
    }
  }

  @Test("init names pictures from the recipe's own folder")
  func written() throws {
    let here = FileManager.default.currentDirectoryPath
    #expect(try RecipePath.written("Sources", in: "r.yaml") == "Sources")
    #expect(try RecipePath.written("Sources", in: "Tests/r.yaml") == "../Sources")
    #expect(try RecipePath.written(".", in: "r.yaml") == ".")
    #expect(try RecipePath.written("/d/../u", in: "r.yaml") == "/u")
    #expect(try RecipePath.written("rest", in: "r.yaml") == "./rest")
    #expect(try RecipePath.written("pipe:cat a.tar", in: "x/r.yaml") == "pipe:cat a.tar")
    #expect(try RecipePath.written("~", in: "r.yaml") == "\(here)/~")
    // Nothing but the root is common to both.
    #expect(try RecipePath.written("Sources", in: "/proc/r.yaml") == "\(here)/Sources")
    expectError("a recipe cannot name a${b}") { try RecipePath.written("a${b}", in: "r.yaml") }
  }
}
