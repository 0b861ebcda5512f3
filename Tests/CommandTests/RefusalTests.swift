import Foundation
import Recipes
import TestSupport
import Testing

@Suite("Refusals")
struct RefusalTests {
  private func expect(
    _ outcome: Command.Outcome, code: Int32, _ parts: String...,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(outcome.code == code, "\(outcome.errors)", sourceLocation: sourceLocation)
    let line = outcome.errors.split(separator: "\n").last { $0.hasPrefix("halcyon: ") } ?? ""
    for part in parts {
      #expect(line.contains(part), "\(outcome.errors)", sourceLocation: sourceLocation)
    }
  }

  @Test("a class of the test pictures that D lacks, and the other way round, by name")
  func classes() throws {
    let tiny = try TinyRun.ofFolders()
    let manager = FileManager.default
    let place = tiny.folder.path
    try manager.moveItem(atPath: place + "/t/south", toPath: place + "/t/up")
    expect(
      try tiny.run("run", "a"), code: 65, "the classes of \(place)/t are not the labelled set's",
      "only there: up", "missing there: south")
  }

  @Test("an empty class of D by name")
  func emptyClass() throws {
    let tiny = try TinyRun.ofFolders()
    let place = tiny.folder.path
    try FileManager.default.createDirectory(
      atPath: place + "/d/void", withIntermediateDirectories: true)
    expect(try tiny.run("run", "a"), code: 65, "class folder void is empty")
    // In an IDX file a class is empty when no picture has its label.
    let other = try TinyRun()
    try other.folder.write(
      TinyImages.classes.joined(separator: "\n") + "\nvoid\n", to: "data/classes.txt")
    expect(try other.run("run", "a"), code: 65, "class void of", "has 0 samples")
    expect(
      try other.run("run", "b", ["data.labelledCount=null", "data.unlabelled=u"]), code: 65, "u")
  }

  @Test("test pictures that are also in D, by their content, with their names")
  func testInLabelled() throws {
    let tiny = try TinyRun.ofFolders()
    let place = tiny.folder.path
    try FileManager.default.copyItem(
      atPath: place + "/t/north/0.png", toPath: place + "/d/south/copy.png")
    expect(
      try tiny.run("run", "a"), code: 65, "1 test picture is also in the labelled set",
      "south/copy.png")
  }

  @Test("validation pictures that are also in D, by name")
  func validationInLabelled() throws {
    let tiny = try TinyRun.ofFolders()
    let place = tiny.folder.path
    try TinyImages(36, seed: 9).writePNG(to: tiny.folder, "v", labelled: true)
    try FileManager.default.copyItem(
      atPath: place + "/v/north/0.png", toPath: place + "/d/north/copy.png")
    expect(
      try tiny.run("run", "a", ["data.validationFraction=0", "data.validation=\(place)/v"]),
      code: 65, "1 validation picture is also in the labelled set: north/copy.png")
  }

  @Test("test pictures found in U are left out, counted and listed")
  func testInUnlabelled() throws {
    let tiny = try TinyRun.ofFolders()
    let place = tiny.folder.path
    for (from, to) in [("t/north/0.png", "u/x.png"), ("t/south/3.png", "u/a \"b\",c.png")] {
      try FileManager.default.copyItem(atPath: "\(place)/\(from)", toPath: "\(place)/\(to)")
    }
    let plan = try Command.run("run", place + "/tiny.yaml", "--dry-run")
    #expect(plan.output.contains("warning: 2 test pictures are among the unlabelled ones"))
    let outcome = try tiny.finish("run", "a", ["ranking.imagesPerClass=90"])
    let listed = try tiny.text("a", "2-ranking/excluded.csv")
    #expect(
      listed == """
        key,reason
        "a ""b"",c.png",is the test picture south/3.png
        x.png,is the test picture north/0.png

        """)
    #expect(
      outcome.errors.contains(
        "2 pictures left out, which D or the test pictures hold: "
          + "\(tiny.directory("a"))/2-ranking/excluded.csv"))
    let selected = try tiny.text("a", "2-ranking/selected.csv")
    #expect(!selected.contains("x.png"))
    #expect(selected.contains("89.png"))
    // 92 pictures and 6 classes with P = 2: every other picture is selected.
    #expect(try summary(tiny)["selected_images"] as? Int == 90)
    #expect(try summary(tiny)["unlabelled_images"] as? Int == 92)
  }

  private func summary(_ tiny: TinyRun) throws -> [String: Any] {
    let json = try JSONSerialization.jsonObject(with: Data(tiny.text("a", "summary.json").utf8))
    return try #require(json as? [String: Any])
  }

  @Test("a changed recipe on an old directory, with the keys; --redo runs what it reaches")
  func changedRecipe() throws {
    let tiny = try TinyRun()
    try tiny.finish("run", "a")
    let before = try tiny.result("a")
    let changed = ["ranking.imagesPerClass=20", "student.training.images=320"]
    expect(
      try tiny.run("run", "a", changed), code: 64,
      "holds results of another recipe: ranking.imagesPerClass (30 → 20), "
        + "student.training.images (400 → 320)", "--redo")
    #expect(try tiny.result("a") == before)
    let redone = try tiny.finish("run", "a", changed, flags: ["--redo"])
    #expect(redone.errors.contains("teacher: done"))
    #expect(redone.errors.contains("scores: done"))
    let after = try tiny.result("a")
    for (file, sha) in before {
      let isKept = ["baseline/model.safetensors", "1-teacher/model.safetensors"].contains(file)
      #expect((after[file] == sha) == isKept, "\(file)")
    }
    try tiny.finish("run", "b", changed)
    #expect(try tiny.result("b") == after)
    // Other labels are other pictures too: everything is run again.
    let fewer = changed + ["data.labelledCount=48"]
    try tiny.finish("run", "a", fewer, flags: ["--redo"])
    try tiny.finish("run", "c", fewer)
    #expect(try tiny.result("a") == tiny.result("c"))
  }

  @Test("other validation pictures are measured anew, and nothing is trained again")
  func otherTest() throws {
    let tiny = try TinyRun.ofFolders()
    try TinyImages(36, seed: 9).writePNG(to: tiny.folder, "v", labelled: true)
    let settings = ["data.validationFraction=0", "baseline.enabled=false"]
    try tiny.finish("run", "a", settings + ["data.validation=\(tiny.folder.path)/v"])
    let models = ["1-teacher", "3-student", "4-fine-tuned"]
    let before = try tiny.result("a", stages: models)
    let outcome = try tiny.run("run", "a", settings + ["evaluation.batch=20"])
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(try tiny.result("a", stages: models) == before)
    #expect(outcome.errors.contains("teacher: test top-1"))
    #expect(!outcome.errors.contains("lr "))
  }

  @Test("a directory that another process works in, with its number")
  func inUse() throws {
    let tiny = try TinyRun()
    let settings = ["teacher.training.images=100000000"]
    let first = try Command(tiny.arguments("train-teacher", "a", settings))
    try #require(first.wait { tiny.has("a", "1-teacher/checkpoints") })
    let second = try tiny.run("train-teacher", "a", settings)
    expect(
      second, code: 74,
      "\(tiny.directory("a")) is in use by process "
        + "\(first.process.processIdentifier)")
    first.send(SIGTERM)
    #expect(try first.wait().code == 75)
  }

  @Test("other pictures than the run was begun with, by the set's name")
  func otherPictures() throws {
    let tiny = try TinyRun.ofFolders()
    try tiny.finish("run", "a")
    // The same name, another picture.
    let picture = TinyImages(1, seed: 99)
    try tiny.folder.write(TinyImages.png(picture.pixels[0]), to: "u/0.png")
    expect(
      try tiny.run("run", "a"), code: 65,
      "the unlabelled pictures are not those that \(tiny.directory("a")) has selected from")
    // A picture more.
    let other = try TinyRun.ofFolders()
    try other.finish("train-teacher", "a")
    try other.folder.write(TinyImages.png(picture.pixels[0]), to: "d/north/new.png")
    expect(
      try other.run("run", "a"), code: 65,
      "1 labelled picture is new (north/new.png) since the teacher was trained; put back what was")
  }

  @Test("an output that changed after its stage ended, with its path")
  func damaged() throws {
    let tiny = try TinyRun()
    for verb in ["train-teacher", "score", "select"] { try tiny.finish(verb, "a") }
    let path = tiny.directory("a") + "/1-teacher/model.safetensors"
    let whole = try Data(contentsOf: URL(fileURLWithPath: path))
    var changed = whole
    changed[changed.count - 1] ^= 1
    try changed.write(to: URL(fileURLWithPath: path))
    for verb in ["run", "train-teacher", "score"] {
      expect(
        try tiny.run(verb, "a", ["baseline.enabled=false"]), code: 65,
        "\(path) is not as the stage left it")
    }
    try whole.write(to: URL(fileURLWithPath: path))
    // A score file that changed is scored again, since that takes no decision.
    let scores = tiny.directory("a") + "/2-ranking/scores/00002.scores"
    try FileManager.default.removeItem(atPath: scores)
    expect(try tiny.run("select", "a"), code: 0)
    try tiny.finish("score", "a")
    #expect(FileManager.default.fileExists(atPath: scores))
    try tiny.folder.write("", to: "runs/a/2-ranking/selected.bin")
    expect(try tiny.run("pretrain", "a"), code: 65, "2-ranking/selected.bin is not as the stage")
  }

  @Test("pictures that are not there, and labels that are not there")
  func missing() throws {
    let tiny = try TinyRun()
    expect(
      try tiny.run("run", "a", ["data.labelled=nowhere"]), code: 65, "nowhere",
      "there is no such file or folder")
    try FileManager.default.removeItem(atPath: tiny.folder.path + "/data/train-labels-idx1-ubyte")
    expect(try tiny.run("run", "a"), code: 65, "has no labels")
  }

  @Test("a recipe that cannot be followed, with file, line and the nearest right word")
  func recipe() throws {
    let tiny = try TinyRun()
    try tiny.folder.write(
      TinyRun.recipe.replacing("imagesPerClass", with: "imagesPerKlass"), to: "tiny.yaml")
    expect(
      try tiny.run("run", "a"), code: 64, "\(tiny.folder.path)/tiny.yaml:27:", "imagesPerKlass",
      "imagesPerClass")
    try tiny.folder.write(TinyRun.recipe, to: "tiny.yaml")
    expect(
      try tiny.run("run", "a", ["student.model=resnet81"]), code: 64,
      "no model is named resnet81; did you mean resnet8")
    expect(try Command.run("run", "nowhere.yaml"), code: 64, "there is no recipe nowhere.yaml")
    #expect(!FileManager.default.fileExists(atPath: tiny.directory("a")))
  }

  @Test("too many pictures that cannot be read")
  func unreadable() throws {
    let tiny = try TinyRun.ofFolders()
    for index in 0..<90 { try tiny.folder.write("no picture", to: "u/\(index).png") }
    for index in 0..<30 { try tiny.folder.write("no picture", to: "u/more-\(index).png") }
    expect(
      try tiny.run("run", "a"), code: 65,
      "unlabelled: 60 of 60 pictures (100 %) cannot be read", "(not a JPEG, PNG",
      "(looked at of 120)", "is data.unlabelled the right folder?")
    #expect(!FileManager.default.fileExists(atPath: tiny.directory("a")))
    // Three in four are found when they are scored, and known before.
    let pictures = try TinyRun.ofFolders()
    for index in 0..<30 {
      try pictures.folder.write("no picture", to: "u/more-\(index).png")
    }
    let outcome = try pictures.run("run", "a")
    expect(outcome, code: 65, "pictures", "cannot be read", "2-ranking/bad-samples.csv")
    #expect(outcome.errors.contains("warning: unlabelled: "), "\(outcome.errors)")
    #expect(
      try pictures.text("a", "2-ranking/bad-samples.csv").hasPrefix("key,reason\nmore-0.png,"))
  }
}
