import Foundation
import Recipes
import TestSupport
import Testing

@Suite("Before a run")
struct PreflightTests {
  private func copy(_ tiny: TinyRun, _ from: String, _ to: String) throws {
    try FileManager.default.copyItem(
      atPath: "\(tiny.folder.path)/\(from)", toPath: "\(tiny.folder.path)/\(to)")
  }

  private func dryRun(_ tiny: TinyRun, _ settings: [String] = [], _ flags: [String] = []) throws
    -> Command.Outcome
  {
    try Command.run(
      ["run", "\(tiny.folder.path)/tiny.yaml", "--dry-run"]
        + settings.flatMap { ["--set", $0] } + flags)
  }

  /// A safetensors file whose names begin with `module.`, and a tensor of a type that nobody needs.
  private func prefixed(_ path: String) throws -> Data {
    let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    let length = Int(bytes.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    let body = bytes.dropFirst(8 + length)
    let json = try JSONSerialization.jsonObject(with: bytes[8..<8 + length])
    let entries = try #require(json as? [String: Any])
    var header: [String: Any] = [
      "note": ["dtype": "I16", "shape": [1], "data_offsets": [body.count, body.count + 2]]
    ]
    for (name, entry) in entries where name != "__metadata__" { header["module.\(name)"] = entry }
    let text = try JSONSerialization.data(withJSONObject: header)
    let count = withUnsafeBytes(of: UInt64(text.count).littleEndian) { Data($0) }
    return count + text + body + Data(count: 2)
  }

  @Test("all faults stand in one list, of the dry run and of run, and nothing is written")
  func everything() throws {
    let tiny = try TinyRun.ofFolders {
      $0.replacing("imagesPerClass", with: "imagesPerClas").replacing(
        "drops: [3]", with: "drops: [3, 9]")
    }
    try copy(tiny, "t/north/0.png", "d/north/copy.png")
    try copy(tiny, "d/north/0.png", "d/south/copy.png")
    try tiny.folder.write(Data([0x50, 0x4B, 3, 4, 0, 0]), to: "w.pth")
    let settings = [
      "teacher.startFrom=\(tiny.folder.path)/w.pth", "data.validation=nowhere", "input.std=[0]",
      "data.unlabelled=nothing", "student.training.batch=4", "student.training.accumulate=4",
    ]
    let parts = [
      "unknown key \"imagesPerClas\"", "input.std must be above 0",
      "student.training.batch (4) in student.training.accumulate (4) parts is one picture",
      "data.validation: cannot open data set \(FileManager.default.currentDirectoryPath)/nowhere: there is",
      "data.unlabelled: cannot open data set \(FileManager.default.currentDirectoryPath)/nothing: there is",
      "1 test picture is also in the labelled set: north/copy.png",
      "w.pth: its zip archive has no end: cut short?",
    ]
    let before = try FileManager.default.subpathsOfDirectory(atPath: tiny.folder.path).sorted()
    let plan = try dryRun(tiny, settings)
    let problems = plan.output.split(separator: "\n").filter { $0.hasPrefix("problem: ") }
    #expect(problems.count == parts.count, "\(plan.output)")
    #expect(plan.code == 64)
    let run = try tiny.run("run", "a", settings)
    #expect(run.code == 64)
    let lines = run.errors.split(separator: "\n").filter { $0.hasPrefix("halcyon: ") }
    #expect(lines.map { $0.dropFirst(9) } == problems.map { $0.dropFirst(9) })
    for part in parts {
      #expect(plan.output.contains(part) && run.errors.contains(part), "\(part) in \(plan.output)")
    }
    for warning in [
      "1 labelled picture occurs with two labels: north/0.png (north and south)",
      "never drops at 9; lower fineTuning.training.drops",
    ] { #expect(plan.output.contains(warning), "\(plan.output)") }
    #expect(
      try FileManager.default.subpathsOfDirectory(atPath: tiny.folder.path).sorted() == before)
  }

  @Test("the labelled folder as the unlabelled one leaves nothing, which is said first")
  func labelledAsUnlabelled() throws {
    let tiny = try TinyRun.ofFolders()
    let words =
      "each of the 60 unlabelled pictures in \(tiny.folder.path)/d is a labelled or a test"
    let setting = "data.unlabelled=\(tiny.folder.path)/d"
    let run = try tiny.run("run", "a", [setting])
    #expect(run.code == 65 && run.errors.contains(words), "\(run.errors)")
    #expect(!tiny.has("a", "recipe.yaml"))
    #expect(try dryRun(tiny, [setting]).output.contains("problem: \(words)"))
    // Among themselves they can be selected, if that is what is wanted.
    let kept = try dryRun(tiny, [setting, "ranking.leaveOut=keep"])
    #expect(kept.code == 0 && kept.output.contains("60 labelled pictures are among the unlabelled"))
    // A few of D's are told of.
    try copy(tiny, "d/north/0.png", "u/x.png")
    let some = try dryRun(tiny)
    #expect(
      some.output.contains("1 labelled picture is among the unlabelled ones; it will be left"))
  }

  @Test("a rate that falls to nothing, and a warm-up that is most of it, are warned of by key")
  func rates() throws {
    let tiny = try TinyRun()
    // 480 images in batches of 16 are 30 steps; 0.1 / 2^24 < 1e-8, and 300 halvings make 30 at once.
    let few = try dryRun(
      tiny,
      [
        "teacher.training.halvings=300", "student.training.halvings=30",
        "fineTuning.training.batch=160", "fineTuning.training.drops=[4]",
      ])
    #expect(
      few.output.contains(
        "warning: teacher.training: from step 3 of 30 on the learning rate is 9.3e-11 and less, too little "
          + "to change a float32 weight; lower teacher.training.halvings (300)"), "\(few.output)")
    // 5 epochs of 48 images are 2 steps of 160, and 4 epochs as well.
    #expect(
      few.output.contains(
        "fineTuning.training takes 2 steps of 160 images, and the drop after 4 epochs falls behind the "
          + "last; lower fineTuning.training.batch, or fineTuning.training.drops"), "\(few.output)")
    // 25 steps and 31 parts: at step 20 the 24th halving.
    #expect(few.output.contains("student.training: from step 20 of 25 on"), "\(few.output)")
    let many = try dryRun(
      tiny,
      [
        "teacher.training.halvings=20", "teacher.training.images=160",
        "fineTuning.training.dropFactor=1e-7", "student.training.warmUpImages=390",
        "student.training.schedule=cosine", "baseline.training.learningRate=1e-9",
      ])
    for warning in [
      "teacher.training: 10 steps cannot hold 20 halvings, so that several are made at once",
      "teacher.training: the warm-up takes 3 of 10 steps and the first drop is at step 1, so that",
      "fineTuning.training: from step 9 of 15 on the learning rate is 1e-09 and less",
      "shorten fineTuning.training.drops ([3])",
      "student.training: the warm-up takes 24 of 25 steps; lower student.training.warmUpImages",
      "baseline.training.learningRate is 1e-09, which is too little",
    ] { #expect(many.output.contains(warning), "\(warning) in \(many.output)") }
    #expect(!(try dryRun(tiny).output.contains("learning rate is")))
  }

  @Test("one class, and two of one name, are refused with what to look at")
  func classes() throws {
    let tiny = try TinyRun.ofFolders()
    try FileManager.default.createDirectory(
      atPath: tiny.folder.path + "/one", withIntermediateDirectories: true)
    try copy(tiny, "d/north", "one/north")
    let one = try dryRun(tiny, ["data.labelled=\(tiny.folder.path)/one", "data.test=null"])
    #expect(one.code == 65 && one.output.contains("one has one class only, north"))
    let twins = try TinyRun()
    try twins.folder.write("crane\nb\n\nc\ncrane\ne\nf\n", to: "data/classes.txt")
    let outcome = try twins.run("run", "a")
    #expect(outcome.code == 65)
    #expect(
      outcome.errors.contains("data/classes.txt: lines 1 and 5 have crane; write"),
      "\(outcome.errors)")
  }

  @Test("train and test folders taken for classes are told of; init takes them for what they are")
  func splitFolders() throws {
    let tiny = try TinyRun.ofFolders()
    try FileManager.default.createDirectory(
      atPath: tiny.folder.path + "/root", withIntermediateDirectories: true)
    try copy(tiny, "d", "root/train")
    try copy(tiny, "t", "root/test")
    let root = tiny.folder.path + "/root"
    let plan = try dryRun(tiny, ["data.labelled=\(root)", "data.test=null"])
    #expect(plan.code == 0)
    #expect(
      plan.output.contains(
        "warning: the classes of \(root) are called train, test and hold the same"))
    #expect(plan.output.contains("write data.labelled: \(root)/train, data.test: \(root)/test"))
    let written = try Command.run("init", "root", "u", folder: tiny.folder.path)
    #expect(written.code == 0, "\(written.errors)")
    #expect(written.output.contains("data.labelled: root/train, data.test: root/test"))
    let recipe = try tiny.folder.read("recipe.yaml")
    #expect(recipe.contains("  labelled: root/train\n") && recipe.contains("  test: root/test\n"))
  }

  @Test("a list's splits that are all trained on are told of")
  func splitColumn() throws {
    let tiny = try TinyRun.ofFolders()
    var list = "path,label,split\n"
    for name in TinyImages.classes {
      for file in try FileManager.default.contentsOfDirectory(
        atPath: "\(tiny.folder.path)/d/\(name)")
      {
        list += "d/\(name)/\(file),\(name),\(list.count % 3 == 0 ? "test" : "train")\n"
      }
    }
    try tiny.folder.write(list, to: "d.csv")
    let words = ["data.labelled=\(tiny.folder.path)/d.csv", "data.test=null"]
    #expect(try dryRun(tiny, words).output.contains("has lines of the splits "))
    let one = try dryRun(tiny, words + ["data.labelledSplit=train"])
    #expect(!one.output.contains("has lines of the splits "), "\(one.output)")
  }

  @Test("what init writes is warned of by a dry run only as its comments say")
  func initWarnings() throws {
    let tiny = try TinyRun.ofFolders()
    try copy(tiny, "d/north/0.png", "d/south/copy.png")
    let written = try Command.run("init", "d", "u", folder: tiny.folder.path)
    #expect(written.code == 0, "\(written.errors)")
    let plan = try Command.run("run", "recipe.yaml", "--dry-run", folder: tiny.folder.path)
    #expect(plan.code == 0, "\(plan.output)")
    let recipe = try tiny.folder.read("recipe.yaml").split(separator: "\n")
      .map { $0.trimmingCharacters(in: ["#", " "]) }.joined(separator: " ")
    let warnings = plan.output.split(separator: "\n").filter { $0.hasPrefix("warning: ") }
    #expect(warnings.count > 3)
    for warning in warnings {
      #expect(recipe.contains(warning.dropFirst("warning: ".count)), "\(warning)")
    }
    #expect(recipe.contains("baseline: "))
  }

  @Test(
    "weights under another prefix are taken, and an unused tensor of a strange type is no fault")
  func startingWeights() throws {
    let tiny = try TinyRun()
    try tiny.finish("train-teacher", "given")
    let folder = tiny.directory("given") + "/1-teacher"
    let place = tiny.folder.path + "/module.safetensors"
    try prefixed(folder + "/model.safetensors").write(to: URL(fileURLWithPath: place))
    let plan = try dryRun(tiny, ["teacher.startFrom=\(place)"])
    #expect(plan.code == 0, "\(plan.output)")
    #expect(plan.output.contains("starts from \(place), whose names begin with module."))
    let outcome = try tiny.finish("train-teacher", "a", ["teacher.startFrom=\(place)"])
    #expect(outcome.errors.contains("whose names begin with module."))
    let run = try dryRun(tiny, ["teacher.startFrom=\(tiny.directory("given"))"])
    #expect(run.code == 74)
    #expect(run.output.contains("it is a run directory; did you mean \(folder)?"), "\(run.output)")
    // The run's other folders are beside its models, of which all are offered, the teacher first.
    let models = ["baseline", "4-fine-tuned"].map { tiny.directory("given") + "/" + $0 }
    for model in models {
      try FileManager.default.copyItem(atPath: folder, toPath: model)
    }
    try FileManager.default.createDirectory(
      atPath: tiny.directory("given") + "/2-ranking", withIntermediateDirectories: true)
    let beside = try dryRun(tiny, ["teacher.startFrom=\(tiny.directory("given"))/2-ranking"])
    #expect(
      beside.output.contains(
        "2-ranking has no model.safetensors; did you mean \(folder) or \(models[0]) or \(models[1])?"
      ),
      "\(beside.output)")
    let other = try dryRun(
      tiny, ["teacher.startFrom=\(folder)", "input.mean=[0.9]", "teacher.width=8"])
    #expect(other.output.contains("set input.mean: [0.3] (not [0.9])"), "\(other.output)")
    let wide = try dryRun(tiny, ["teacher.startFrom=\(folder)", "teacher.width=16"])
    #expect(wide.code == 65 && wide.output.contains("it is of teacher.width: 8"), "\(wide.output)")
  }

  @Test("the dry run of a begun run says what is done and what is left, and adds the times up")
  func begun() throws {
    let tiny = try TinyRun()
    let fresh = try dryRun(tiny, [], ["--json"]).object()
    #expect((fresh["progress"] as? [Any])?.isEmpty == true && fresh["secondsLeft"] == nil)
    let trainings = try #require(fresh["trainings"] as? [[String: Any]])
    let seconds = trainings.compactMap { $0["seconds"] as? Double }.reduce(0, +)
    let total = try #require(fresh["totalSeconds"] as? Double)
    let scoring = try #require(fresh["scoringSeconds"] as? Double)
    #expect(abs(total - seconds - scoring) < 1e-9)
    try tiny.finish("train-teacher", "a")
    let run = try Command.run("run", tiny.directory("a"), "--dry-run")
    #expect(run.code == 0, "\(run.output)")
    #expect(run.output.contains("this run was begun:\n"), "\(run.output)")
    #expect(run.output.contains("  teacher: done\n  ranking: not begun\n"), "\(run.output)")
    #expect(run.output.contains("  left: "))
  }
}
