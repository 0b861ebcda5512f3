import Foundation
import Recipes
import TestSupport
import Testing

@Suite("Files of strangers")
struct StrangersTests {
  private let tiny: TinyRun
  private var place: String { tiny.folder.path }
  private var hasRun: Bool { FileManager.default.fileExists(atPath: place + "/ran") }

  init() throws {
    tiny = try TinyRun()
    try tiny.writeTaggedShards(0..<2)
    try tiny.folder.write("pipe:touch \(tiny.folder.path)/ran; cat plain/00.tar\n", to: "u.list")
  }

  private func run(_ arguments: String...) throws -> Command.Outcome {
    try Command.run(arguments, folder: place)
  }

  /// An index with a command, as a stranger has made it.
  private func strangersIndex() throws {
    let made = try run("index", "u.list", "--out", "u.index", "--allow-commands")
    #expect(made.code == 0, "\(made.errors)")
    unlink(place + "/ran")
  }

  private func expectRefused(_ outcome: Command.Outcome) {
    #expect(outcome.code == 65, "\(outcome.errors)")
    #expect(outcome.errors.contains("shell command that nobody has named, `touch "))
    #expect(outcome.errors.contains("--allow-commands"))
    #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
    #expect(!hasRun)
  }

  @Test("init, index and run on a stranger's index or list run nothing without --allow-commands")
  func indexes() throws {
    expectRefused(try run("index", "u.list", "--out", "v.index"))
    try strangersIndex()
    try TinyImages(60, seed: 5).writePNG(to: tiny.folder, "d", labelled: true)
    expectRefused(try run("init", "d", "u.index", "--out", "r.yaml"))
    try tiny.writeRecipe("r", unlabelled: "u.index")
    let planned = try run("run", "r.yaml", "--dry-run")
    #expect(planned.code == 65, "\(planned.errors)")
    #expect(planned.output.contains("nobody has named, `touch "), "\(planned.output)")
    #expect(!hasRun)
    expectRefused(try run("train-teacher", "r.yaml", "--out", "a"))
    #expect(try run("init", "d", "u.index", "--out", "s.yaml", "--allow-commands").code == 0)
    #expect(hasRun)
  }

  @Test("a run directory's recipe is not what the user names: its command runs only when allowed")
  func runDirectories() throws {
    let command = "pipe:touch \(place)/ran; cat \(place)/plain/00.tar"
    try tiny.writeRecipe("r", unlabelled: "'\(command)'")
    let begun = try run("train-teacher", "r.yaml", "--out", "a")
    #expect(begun.code == 0, "\(begun.errors)")
    unlink(place + "/ran")
    for verb in ["score", "select", "run", "materialize"] { expectRefused(try run(verb, "a")) }
    // The run's recipe is not the user's by being named itself.
    expectRefused(try run("run", "a/recipe.yaml", "--out", "b"))
    _ = try run("inspect", "a")
    _ = try run("report", "a")
    #expect(!hasRun)
    let named = try run("score", "a", "--set", "data.unlabelled=\(command)")
    #expect(named.code == 0, "\(named.errors)")
    #expect(hasRun)
    unlink(place + "/ran")
    #expect(try run("score", "r.yaml", "--out", "a").code == 0)
    #expect(try run("select", "a", "--allow-commands").code == 0)
    // What the index says is no command's to give.
    unlink(place + "/ran")
    let all = try run("inspect", "a", "--json", "--allow-commands")
    #expect(try all.object()["ranks"] != nil)
    #expect(try run("inspect", "a", "--json").output == all.output)
    #expect(try run("report", "a").code == 0)
    #expect(!hasRun)
  }
}
