import Foundation
import Recipes
import TestSupport
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
    try TinyImages(24, seed: 4).writePNG(to: tiny.folder, "d", labelled: true)
    try tiny.writeTaggedShards(0..<2)
    let before = try names("d")
    let outcome = try Command.run(
      "run", "\(tiny.folder.path)/tiny.yaml", "--out", "\(tiny.folder.path)/d", "--set",
      "data.labelledCount=null", "--set", "data.unlabelled=\(tiny.folder.path)/plain")
    #expect(outcome.code == 64)
    #expect(outcome.errors.contains("holds north but no recipe.yaml"), "\(outcome.errors)")
    #expect(try names("d") == before)
  }

  @Test("somebody's folder called known is no run's, and stays")
  func known() throws {
    try TinyImages(24, seed: 4).writePNG(to: tiny.folder, "x/known", labelled: true)
    let outcome = try Command.run(
      "run", "\(tiny.folder.path)/tiny.yaml", "--out", "\(tiny.folder.path)/x")
    #expect(outcome.code == 64)
    #expect(outcome.errors.contains("holds known but no recipe.yaml"), "\(outcome.errors)")
    #expect(try names("x/known").count == 6)
  }

  @Test("a run that is refused takes its new folders with it")
  func refused() throws {
    // A test picture that is also in D.
    try TinyImages(24, seed: 4).writePNG(to: tiny.folder, "d", labelled: true)
    let outcome = try Command.run(
      "run", "\(tiny.folder.path)/tiny.yaml", "--out", "\(tiny.folder.path)/deep/er/run", "--set",
      "data.labelled=\(tiny.folder.path)/d", "--set", "data.labelledSplit=null", "--set",
      "data.labelledCount=12", "--set", "data.test=\(tiny.folder.path)/d", "--set",
      "data.testSplit=null", "--set", "input.channels=1")
    #expect(outcome.code == 65)
    #expect(outcome.errors.contains("also in the labelled set"), "\(outcome.errors)")
    #expect(try !names("").contains("deep"))
  }

  @Test("an index that a refused run has made is kept, which is said")
  func index() throws {
    // The shards hold pictures of D alone, which is known once they are indexed.
    try TinyImages(240, seed: 3).writePNG(to: tiny.folder, "d", labelled: true)
    try tiny.writeTaggedShards(0..<2)
    let outcome = try tiny.run(
      "run", "x",
      [
        "data.labelled=\(tiny.folder.path)/d", "data.labelledSplit=null", "data.labelledCount=null",
        "data.unlabelled=\(tiny.folder.path)/plain",
      ])
    #expect(outcome.code == 65, "\(outcome.errors)")
    #expect(outcome.errors.contains("each of the 40 unlabelled pictures"), "\(outcome.errors)")
    #expect(
      outcome.errors.contains(
        "\(tiny.directory("x"))/index is kept: a later start need not index again"))
    #expect(try names("runs/x") == ["index"])
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

  @Test("a folder of pictures in a recipe's place leads to init, one of other things does not")
  func pictures() throws {
    try TinyImages(24, seed: 4).writePNG(to: tiny.folder, "d", labelled: true)
    try TinyImages(24, seed: 4).writePNG(to: tiny.folder, "u", labelled: false)
    try tiny.folder.write("mine", to: "letters/a.txt")
    for (folder, reason) in [
      ("d", "it holds pictures; `halcyon init d UNLABELLED` writes a recipe for them"),
      ("u", "it holds pictures; `halcyon init LABELLED u` writes a recipe for them"),
      ("letters", "it holds a.txt but no recipe.yaml"),
    ] {
      for verb in ["run", "inspect", "report", "materialize"] {
        let outcome = try Command.run(verb, folder, folder: tiny.folder.path)
        #expect(outcome.code == 64)
        #expect(outcome.errors == "halcyon: \(folder) is no run directory: \(reason)\n")
      }
    }
  }

  @Test("a recipe whose name cannot be a folder's is refused with its other faults")
  func nameless() throws {
    try tiny.folder.write(
      TinyRun.recipe.replacing("name: tiny", with: "name: ../tiny")
        .replacing("labelled: data", with: "labelled: nowhere"), to: "tiny.yaml")
    let before = try names("")
    let outcome = try Command.run("run", "tiny.yaml", folder: tiny.folder.path)
    #expect(outcome.code == 64)
    #expect(outcome.errors.contains("tiny.yaml:1: name is ../tiny; it names a folder"))
    #expect(
      outcome.errors.contains("/nowhere: there is no such file or folder"), "\(outcome.errors)")
    #expect(try names("") == before)
  }

  @Test("an index, leases and a branch of a run that are refused leave no folder behind")
  func others() throws {
    let place = tiny.folder.path
    var tar = RawTar()
    tar.append("a.txt", Data("no picture".utf8))
    tar.end()
    try tiny.folder.write(tar.data, to: "none.tar")
    for (source, code, reason) in [
      (
        "none.tar", 65,
        "none.tar: there is no picture to list; 1 member is passed over, the first none/a: "
      ),
      ("pipe:false", 74, "shard pipe-0: the command false ended with exit status 1"),
    ] as [(String, Int32, String)] {
      let outcome = try Command.run("index", source, "--out", "deep/er", folder: place)
      #expect(outcome.code == code && outcome.errors.contains(reason), "\(outcome.errors)")
    }
    let run = try tiny.run(
      "run", "new", ["data.unlabelled=\(place)/none.tar", "data.labelledCount=null"])
    #expect(run.code == 65 && run.errors.contains("there is no picture to list"), "\(run.errors)")
    for verb in ["train-teacher", "score", "select"] { try tiny.finish(verb, "a") }
    let few = try Command.run(
      "select", tiny.directory("a"), "--to", place + "/few", "--images-per-class", "5")
    #expect(few.code == 0)
    let branch = try Command.run(
      "pretrain", place + "/few", "--out", place + "/deep/er", "--set", "student.model=nothing")
    #expect(branch.code == 64, "\(branch.errors)")
    let nothing = try Command.run(
      "select", tiny.directory("a"), "--to", place + "/deep/er", "--minimum-score", "1000")
    #expect(nothing.code == 65, "\(nothing.errors)")
    try FileManager.default.removeItem(atPath: tiny.directory("a") + "/1-teacher/done.json")
    let early = try tiny.run("score", "a", flags: ["--claim", place + "/deep/er"])
    #expect(early.code == 64, "\(early.errors)")
    #expect(try !names("").contains("deep"))
    #expect(try !names("runs").contains("new"))
  }

  @Test("--out in the place of --to is told apart, for shards as for a selection")
  func outOrTo() throws {
    for verb in ["train-teacher", "score", "select"] { try tiny.finish(verb, "a") }
    let (run, other) = (tiny.directory("a"), tiny.folder.path + "/other")
    for verb in ["materialize", "select"] {
      let own = try Command.run(verb, run, "--out", other)
      #expect(own.code == 64)
      #expect(
        own.errors.contains(
          "\(run) is the run directory already; leave --out out, or give --to \(other) instead"),
        "\(own.errors)")
      let recipe = try Command.run(verb, tiny.folder.path + "/tiny.yaml", "--out", other)
      #expect(recipe.code == 64)
      #expect(
        recipe.errors.contains(
          "\(other) is no run yet; `halcyon run` begins one, whose directory --out names; give --to "
            + "\(other) for the folder to write to"), "\(recipe.errors)")
    }
    let few = tiny.folder.path + "/few"
    #expect(try Command.run("select", run, "--to", few, "--images-per-class", "5").code == 0)
    let beside = try Command.run("materialize", few, "--out", other)
    #expect(beside.code == 64)
    #expect(beside.errors.contains("is a selection beside a run, for which --out has no meaning"))
    #expect(!FileManager.default.fileExists(atPath: other))
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
