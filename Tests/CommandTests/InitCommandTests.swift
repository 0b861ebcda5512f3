import Foundation
import Recipes
import TestSupport
import Testing

@Suite("init")
struct InitCommandTests {
  @Test("of more pictures than are looked at, it is said how many were")
  func many() throws {
    let folder = try TemporaryFolder()
    let count = 20_004
    let sizes: [UInt8] = [0, 0, UInt8(count >> 8), UInt8(count & 255)]
    let side = UInt8(TinyImages.side)
    let pixels = TinyImages(12, seed: 5).pixels.flatMap { $0 }
    let pictures = [UInt8]((0..<count / 12).map { _ in pixels }.joined())
    try folder.write(
      Data([0, 0, 8, 3] + sizes + [0, 0, 0, side, 0, 0, 0, side] + pictures),
      to: "d/train-images-idx3-ubyte")
    try folder.write(
      Data([0, 0, 8, 1] + sizes + (0..<count).map { UInt8($0 % 6) }),
      to: "d/train-labels-idx1-ubyte")
    try folder.write("a b\na_b\nc\nd\ne\nf\n", to: "d/classes.txt")
    try TinyImages(24, seed: 6).writePNG(to: folder, "u", labelled: false)
    let made = try Command.run("init", "d", "u", folder: folder.path)
    #expect(made.code == 0, "\(made.errors)")
    // Every eleventh of 20,004, since 2,000 are the most.
    #expect(
      made.output.contains(
        "  labelled: 1,819 of 20,004 pictures were looked at, and no copies looked for; halcyon run "
          + "--dry-run looks at all\n"), "\(made.output)")
    #expect(
      made.output.contains("alone: a b (3334 pictures) and a_b (3334 pictures)"),
      "\(made.output)")
    #expect(try !folder.read("recipe.yaml").contains("looked at"))
  }

  @Test("two folders get a recipe that loads, is worked out and runs")
  func folders() throws {
    let folder = try TemporaryFolder()
    try TinyImages(48, seed: 5).writePNG(to: folder, "d", labelled: true)
    try TinyImages(96, seed: 6).writePNG(to: folder, "u", labelled: false)
    try TinyImages(24, seed: 7).writePNG(to: folder, "t", labelled: true)
    let written = try Command.run(
      "init", "d", "u", "--test", "t", "--out", "birds.yaml", folder: folder.path)
    #expect(written.code == 0, "\(written.errors)")
    #expect(written.output.hasPrefix("wrote birds.yaml\n"))
    #expect(written.output.hasSuffix("next: halcyon run birds.yaml --dry-run\n"))
    #expect(try folder.read("birds.yaml").contains("labelled: d\n"))

    let plan = try Command.run("run", "birds.yaml", "--dry-run", folder: folder.path)
    #expect(plan.code == 0, "\(plan.errors)")
    #expect(plan.output.contains("classes 6   labelled 48   unlabelled 96"), "\(plan.output)")
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/runs"))

    // The same recipe, cut short.
    let short = ["teacher", "student", "baseline"].flatMap {
      ["--set", "\($0).training.images=64", "--set", "\($0).training.batch=16"]
    }
    let run = try Command.run(
      ["run", "birds.yaml", "--set", "threads=1"] + short + [
        "--set", "fineTuning.training.epochs=1", "--set", "fineTuning.training.drops=[]",
      ],
      folder: folder.path)
    #expect(run.code == 0, "\(run.errors)")
    #expect(FileManager.default.fileExists(atPath: folder.path + "/runs/birds/summary.json"))
  }

  @Test("an index of shards gets a recipe that is worked out")
  func shards() throws {
    let tiny = try TinyRun()
    let folder = tiny.folder
    try TinyImages(48, seed: 5).writePNG(to: folder, "d", labelled: true)
    try tiny.writeTaggedShards()
    _ = try Command.run("index", "plain/{00..11}.tar", "--out", "u.index", folder: folder.path)
    let written = try Command.run("init", "d", "u.index", folder: folder.path)
    #expect(written.code == 0, "\(written.errors)")
    #expect(try folder.read("recipe.yaml").contains("# U: 240 pictures\n"))
    let plan = try Command.run("run", "recipe.yaml", "--dry-run", folder: folder.path)
    #expect(plan.output.contains("unlabelled 240"), "\(plan.errors)")
  }

  @Test("a recipe that is there stays, unless --force says otherwise")
  func force() throws {
    let folder = try TemporaryFolder()
    try TinyImages(24, seed: 5).writePNG(to: folder, "d", labelled: true)
    try TinyImages(12, seed: 6).writePNG(to: folder, "u", labelled: false)
    try folder.write("mine", to: "recipe.yaml")
    let refused = try Command.run("init", "d", "u", folder: folder.path)
    #expect(refused.code == 64)
    #expect(refused.errors.contains("recipe.yaml exists; --force replaces it"))
    #expect(try folder.read("recipe.yaml") == "mine")
    let forced = try Command.run("init", "d", "u", "--force", folder: folder.path)
    #expect(forced.code == 0, "\(forced.errors)")
    #expect(try folder.read("recipe.yaml").contains("name: recipe"))
  }

  @Test("folders that cannot be learnt from are refused")
  func refused() throws {
    let folder = try TemporaryFolder()
    try TinyImages(6, seed: 5).writePNG(to: folder, "flat", labelled: false)
    let flat = try Command.run("init", "flat", "flat", folder: folder.path)
    #expect(flat.code == 65)
    #expect(flat.errors.contains("flat has no labels; a labelled set is a folder of class folders"))
    let missing = try Command.run("init", "nowhere", "flat", folder: folder.path)
    #expect(missing.code == 65)
    #expect(
      missing.errors.contains("nowhere: there is no such file or folder"), "\(missing.errors)")
  }
}

@Suite("init from weights")
struct InitStartCommandTests {
  @Test(
    "a model folder and a time give a recipe of short trainings that runs; what is wrong is told")
  func startFrom() throws {
    let tiny = try TinyRun()
    let folder = tiny.folder
    try tiny.finish("train-teacher", "a", ["baseline.enabled=false"])
    try TinyImages(48, seed: 5).writePNG(to: folder, "d", labelled: true)
    try TinyImages(96, seed: 6).writePNG(to: folder, "u", labelled: false)
    let written = try Command.run(
      "init", "d", "u", "--start-from", "runs/a/1-teacher", "--time", "30s", "--out", "sub.yaml",
      folder: folder.path)
    #expect(written.code == 0, "\(written.errors)")
    #expect(written.output.contains(" of the 0:30: teacher 0:"), "\(written.output)")
    let text = try folder.read("sub.yaml")
    for line in [
      "startFrom: runs/a/1-teacher\n", "model: resnet8\n", "size: 12\n", "mean: [0.3]\n",
      "std: [0.25]\n", "channels: 1\n",
    ] {
      #expect(text.contains(line), "\(line): \(text)")
    }
    #expect(text.split(separator: "\n").count { $0.hasSuffix("startFrom: runs/a/1-teacher") } == 2)
    let run = try Command.run(
      "run", "sub.yaml", "--set", "threads=1", "--set", "teacher.training.images=64", "--set",
      "student.training.images=64", "--set", "teacher.training.warmUpImages=8", "--set",
      "student.training.warmUpImages=8", "--set", "baseline.enabled=false", "--set",
      "fineTuning.training.epochs=1", "--set", "fineTuning.training.drops=[]", folder: folder.path)
    #expect(run.code == 0, "\(run.errors)")
    #expect(run.errors.contains("teacher: "), "\(run.errors)")

    for (arguments, code, message) in [
      (["--time", "20"], 64, "20m, 1h30m or 90s"), (["--time", "m"], 64, "20m, 1h30m or 90s"),
      (["--model", "resnet18"], 64, "give --start-from, too"),
      (["--start-from", "nowhere"], 74, "name the file with the weights"),
      (["--start-from", "https://x/y.pth"], 74, "not on this machine; download it"),
    ] as [([String], Int32, String)] {
      let refused = try Command.run(
        ["init", "d", "u", "--out", "no.yaml"] + arguments, folder: folder.path)
      #expect(refused.code == code && refused.errors.contains(message), "\(refused.errors)")
      #expect(try !folder.contents().contains("no.yaml"))
    }
  }
}
