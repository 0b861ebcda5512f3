import Files
import Foundation
import Recipes
import TestSupport
import Testing

/// A result is compared by everything that it depends on, not by the words in the recipe.
@Suite("What a result depends on")
struct DependenceTests {
  private let tiny: TinyRun
  private var place: String { tiny.folder.path }
  private static let quick = [
    "baseline.enabled=false", "teacher.training.images=96", "teacher.training.warmUpImages=16",
  ]

  /// D and the test pictures are named in lists; U is what the labelled ones leave.
  init() throws {
    tiny = try TinyRun()
    try TinyImages(60, seed: 5).writePNG(to: tiny.folder, "d", labelled: true)
    try TinyImages(30, seed: 6).writePNG(to: tiny.folder, "t", labelled: true)
    try TinyImages(40, seed: 7).writePNG(to: tiny.folder, "u", labelled: false)
    try list("d", 60)
    try list("t", 30)
    try tiny.folder.write(
      TinyRun.recipe.replacing("labelled: data\n", with: "labelled: \(place)/d.csv\n")
        .replacing("  labelledSplit: train\n  labelledCount: 60\n", with: "")
        .replacing("unlabelled: rest", with: "unlabelled: \(place)/u")
        .replacing("test: data\n  testSplit: test", with: "test: \(place)/t.csv"),
      to: "tiny.yaml")
  }

  /// Writes the list of a folder's pictures; those in `wrong` get the next class's name.
  private func list(_ folder: String, _ count: Int, wrong: [Int] = []) throws {
    let classes = TinyImages.classes
    let rows = (0..<count).map { index in
      let label = index % 6
      let name = classes[wrong.contains(index) ? (label + 1) % 6 : label]
      return "\(folder)/\(classes[label])/\(index).png,\(name)\n"
    }
    try tiny.folder.write("path,label\n" + rows.joined(), to: "\(folder).csv")
  }

  private func sum(_ name: String, _ file: String) throws -> String {
    try Checksum.sha256(file: "\(tiny.directory(name))/\(file)")
  }

  @Test("another number of threads goes on with a run; in replicas it gives the same, bit for bit")
  func threads() throws {
    try list("d", 60)
    let replicas = ["teacher", "student", "fineTuning"].map { "\($0).training.replicas=2" }
    let stages = ["1-teacher", "3-student", "4-fine-tuned"]
    try tiny.finish("run", "one", Self.quick + replicas + ["threads=1"])
    for (name, threads) in [("two", "2"), ("timed", "auto")] {
      try tiny.finish("run", name, Self.quick + replicas + ["threads=\(threads)"])
      #expect(try tiny.result(name, stages: stages) == tiny.result("one", stages: stages))
    }
    try tiny.finish("train-teacher", "one", Self.quick + replicas + ["threads=2"])
    #expect(try tiny.result("one", stages: stages) == tiny.result("two", stages: stages))
    // What a pool of threads trained says of how many.
    func noted(_ name: String) throws -> Bool {
      try tiny.text(name, "1-teacher/done.json").contains("\"threads\" : 2")
    }
    try tiny.finish("train-teacher", "pool", Self.quick + ["threads=2"])
    #expect(try noted("pool"))
    #expect(try !noted("two"))
  }

  @Test("with another P the teacher ranks the validation pictures anew, and is not trained again")
  func otherP() throws {
    let settings = Self.quick + ["student.training.images=96", "fineTuning.training.epochs=1"]
    func widths() throws -> Int {
      let rows = try tiny.text("a", "1-teacher/ranked-validation.csv").split(separator: "\n")
      return rows.count - 1
    }
    try tiny.finish("run", "a", settings + ["ranking.labelsPerImage=1"])
    let teacher = try sum("a", "1-teacher/model.safetensors")
    let pictures = try widths()
    let wider = settings + ["ranking.labelsPerImage=3"]
    let again = try tiny.finish("run", "a", wider, flags: ["--redo"])
    #expect(
      again.errors.contains(
        "teacher: its scores of the validation pictures are of 1 class each, and not of 3; it is measured again"
      ),
      "\(again.errors)")
    #expect(try widths() == 3 * pictures)
    #expect(try sum("a", "1-teacher/model.safetensors") == teacher)
    // Fewer classes are among them.
    let fewer = try tiny.finish(
      "run", "a", settings + ["ranking.labelsPerImage=2"], flags: ["--redo"])
    #expect(fewer.errors.contains("teacher: done"), "\(fewer.errors)")
    #expect(try tiny.text("a", "summary.json").contains("\"images\" : \(pictures)"))
  }

  @Test("corrected labels of D are refused with their names; --redo gives what a new folder gives")
  func labels() throws {
    try list("d", 60, wrong: [1, 7])
    try tiny.finish("run", "a", Self.quick)
    let before = try sum("a", "4-fine-tuned/model.safetensors")
    try list("d", 60)
    let refused = try tiny.run("run", "a", Self.quick)
    #expect(refused.code == 65)
    #expect(
      refused.errors.contains("d/north-east/1.png south-east → north-east"), "\(refused.errors)")
    #expect(
      refused.errors.contains("--redo to remove and run again: teacher, ranking, student"),
      "\(refused.errors)")
    #expect(try sum("a", "4-fine-tuned/model.safetensors") == before)
    let plan = try tiny.run("run", "a", Self.quick, flags: ["--dry-run"])
    #expect(plan.code == 65)
    #expect(
      plan.output.contains("--redo to remove and run again: teacher, ranking, student"),
      "\(plan.output)")
    let again = try tiny.run("run", "a", Self.quick, flags: ["--dry-run", "--redo"])
    #expect(again.code == 0)
    #expect(again.output.contains("--redo removes and runs again: teacher, ranking, student"))
    #expect(!again.output.contains("left: nothing"), "\(again.output)")
    try tiny.finish("run", "a", Self.quick, flags: ["--redo"])
    try tiny.finish("run", "new", Self.quick)
    let stages = ["1-teacher", "3-student", "4-fine-tuned"]
    #expect(try tiny.result("a", stages: stages) == tiny.result("new", stages: stages))
  }

  @Test("corrected labels of the test pictures are measured on again, and nothing is trained again")
  func testLabels() throws {
    try list("t", 30, wrong: Array(0..<30))
    try tiny.finish("run", "a", Self.quick)
    let before = try sum("a", "1-teacher/model.safetensors")
    let wrong = try accuracy("a")
    try list("t", 30)
    let why =
      "teacher: the test pictures or their labels are not those that it was measured on; it is"
    let plan = try tiny.run("run", "a", Self.quick, flags: ["--dry-run"])
    #expect(plan.code == 0 && plan.output.contains("warning: \(why) measured again"))
    let again = try tiny.finish("run", "a", Self.quick)
    #expect(again.errors.contains("teacher: test top-1"), "\(again.errors)")
    #expect(again.errors.contains("\(why) measured again, not trained"), "\(again.errors)")
    #expect(try sum("a", "1-teacher/model.safetensors") == before)
    // No picture is of two classes: what is right now was wrong before.
    #expect(try accuracy("a") > wrong)
    let third = try tiny.finish("run", "a", Self.quick)
    #expect(!third.errors.contains("teacher: test top-1"))
  }

  private func accuracy(_ name: String) throws -> Double {
    let text = Data(try tiny.text(name, "summary.json").utf8)
    let summary = try JSONSerialization.jsonObject(with: text) as? [String: Any]
    return try #require(summary?["teacher_top1"] as? Double)
  }

  @Test("other contents under the same names are found wherever they are, and so are other tests")
  func contents() throws {
    try tiny.finish("train-teacher", "a", Self.quick)
    let names = ["d/north/6.png", "d/south/3.png"]
    let first = try Data(contentsOf: URL(fileURLWithPath: "\(place)/\(names[0])"))
    let second = try Data(contentsOf: URL(fileURLWithPath: "\(place)/\(names[1])"))
    try tiny.folder.write(second, to: names[0])
    try tiny.folder.write(first, to: names[1])
    let refused = try tiny.run("train-teacher", "a", Self.quick)
    #expect(refused.code == 65)
    #expect(
      refused.errors.contains("the contents of 2 labelled pictures have changed (d/"),
      "\(refused.errors)")
    try tiny.folder.write(first, to: names[0])
    try tiny.folder.write(second, to: names[1])
    try tiny.finish("score", "a", Self.quick)
    try tiny.folder.write(
      TinyImages.png(TinyImages(1, seed: 77).pixels[0]), to: "t/north/0.png")
    let scores = try tiny.run("score", "a", Self.quick)
    #expect(scores.code == 65)
    #expect(
      scores.errors.contains("scored otherwise; what differs: the pictures left out of U. Scores"),
      "\(scores.errors)")
    try tiny.finish("run", "a", Self.quick, flags: ["--redo"])
  }

  @Test("pictures of U that were replaced under their names are scored again, copied ones are not")
  func unlabelled() throws {
    try tiny.finish("train-teacher", "a", Self.quick)
    try tiny.finish("score", "a", Self.quick)
    let scores = tiny.directory("a") + "/2-ranking/scores/00000.scores"
    let before = try sum("a", "2-ranking/scores/00000.scores")
    func noted() throws -> Date? {
      try FileManager.default.attributesOfItem(atPath: scores)[.modificationDate] as? Date
    }
    let time = try noted()
    // As a copy elsewhere: other times, the same bytes.
    for index in 0..<40 {
      let name = "u/\(index).png"
      try tiny.folder.write(
        Data(contentsOf: URL(fileURLWithPath: "\(place)/\(name)")), to: name)
    }
    #expect(try tiny.finish("score", "a", Self.quick).errors.contains("scores: done"))
    #expect(try noted() == time)
    try tiny.finish("select", "a", Self.quick)
    // A fifth of a shard's pictures is looked into for its identity; this one is not among them.
    let first = try Data(contentsOf: URL(fileURLWithPath: "\(place)/u/11.png"))
    let second = try Data(contentsOf: URL(fileURLWithPath: "\(place)/u/12.png"))
    try tiny.folder.write(second, to: "u/11.png")
    try tiny.folder.write(first, to: "u/12.png")
    let refused = try tiny.run("score", "a", Self.quick)
    #expect(refused.code == 65)
    #expect(refused.errors.contains("has selected from; --redo scores what is new"))
    let again = try tiny.finish("score", "a", Self.quick, flags: ["--redo"])
    #expect(again.errors.contains("1 shard is not what was scored before, and scored again: 00000"))
    #expect(try sum("a", "2-ranking/scores/00000.scores") != before)
    try tiny.finish("select", "a", Self.quick)
  }

  @Test("pictures that lie elsewhere now are the same, and nothing is run again")
  func moved() throws {
    try tiny.finish("run", "a", Self.quick)
    for name in ["d", "t", "u"] {
      try FileManager.default.moveItem(atPath: "\(place)/\(name)", toPath: "\(place)/new-\(name)")
    }
    // The lists name what lies beside them.
    try FileManager.default.createDirectory(
      atPath: "\(place)/new", withIntermediateDirectories: false)
    for name in ["d", "t", "u"] {
      try FileManager.default.moveItem(
        atPath: "\(place)/new-\(name)", toPath: "\(place)/new/\(name)")
    }
    for name in ["d.csv", "t.csv"] {
      try FileManager.default.moveItem(atPath: "\(place)/\(name)", toPath: "\(place)/new/\(name)")
    }
    let words = [
      "data.labelled=\(place)/new/d.csv", "data.test=\(place)/new/t.csv",
      "data.unlabelled=\(place)/new/u",
    ]
    func starts() throws -> Int {
      try tiny.text("a", "log.jsonl").split(separator: "\"start\"").count
    }
    let before = try starts()
    let again = try tiny.finish("run", "a", Self.quick + words)
    #expect(again.errors.contains("scores: done"), "\(again.errors)")
    #expect(!again.errors.contains("top-1"), "measured again: \(again.errors)")
    #expect(try starts() == before, "a training began anew")
  }

  @Test("a half-trained teacher does not go on with other labels or in another precision")
  func halfTrained() throws {
    try list("d", 60, wrong: [4])
    let settings = Self.quick + ["teacher.training.images=320", "precision=bf16"]
    let stopped = try tiny.run(
      "train-teacher", "a", settings, faults: FaultySteps(stops: [5]))
    #expect(stopped.code == 75)
    let other = try tiny.run(
      "train-teacher", "a", settings.dropLast() + ["precision=float32"])
    #expect(other.code == 64)
    #expect(other.errors.contains("the teacher was made with precision bf16"), "\(other.errors)")
    try list("d", 60)
    let labels = try tiny.run("train-teacher", "a", settings)
    #expect(labels.code == 65)
    #expect(labels.errors.contains("the labels of 1 labelled picture have changed"))
    try list("d", 60, wrong: [4])
    let goesOn = try tiny.finish("train-teacher", "a", settings)
    #expect(goesOn.errors.contains("goes on at step 5"), "\(goesOn.errors)")
  }

  @Test("the word for a precision does not matter, what it leads to does")
  func words() throws {
    let outcome = try tiny.finish("train-teacher", "a", Self.quick)
    #expect(outcome.code == 0)
    let marker = try tiny.text("a", "1-teacher/done.json")
    let found = try #require(marker.firstMatch(of: /"precision" : "(bf16|float32)",/)?.1)
    let same = try tiny.finish("train-teacher", "a", Self.quick + ["precision=\(found)"])
    #expect(same.errors.contains("teacher: done"), "\(same.errors)")
    let other = found == "bf16" ? "float32" : "bf16"
    #expect(try tiny.run("train-teacher", "a", Self.quick + ["precision=\(other)"]).code == 64)
  }

  @Test("weights that were replaced after the teacher started from them are noticed")
  func startFrom() throws {
    try tiny.finish("train-teacher", "given", Self.quick)
    try tiny.finish("train-teacher", "others", Self.quick + ["seed=2"])
    let given = "\(place)/given"
    try FileManager.default.copyItem(atPath: tiny.directory("given") + "/1-teacher", toPath: given)
    let settings = Self.quick + ["teacher.startFrom=\(given)"]
    try tiny.finish("train-teacher", "a", settings)
    try tiny.finish("train-teacher", "a", settings)
    let file = given + "/model.safetensors"
    unlink(file)
    try FileManager.default.copyItem(
      atPath: tiny.directory("others") + "/1-teacher/model.safetensors", toPath: file)
    let refused = try tiny.run("train-teacher", "a", settings)
    #expect(refused.code == 65)
    #expect(
      refused.errors.contains(
        "the weights of teacher.startFrom (\(given)) are not those that the teacher started from"),
      "\(refused.errors)")
    try tiny.finish("train-teacher", "a", settings, flags: ["--redo"])
  }

  @Test("an edit of the run's own recipe is refused with its keys, and --redo follows it")
  func editedRecipe() throws {
    try tiny.finish("run", "a", Self.quick)
    let before = try sum("a", "3-student/model.safetensors")
    func edit(_ old: String, _ new: String) throws {
      let text = try tiny.text("a", "recipe.yaml")
      try #require(text.contains(old))
      try tiny.folder.write(text.replacing(old, with: new), to: "runs/a/recipe.yaml")
    }
    try edit("imagesPerClass: 30", "imagesPerClass: 10")
    let refused = try Command.run("run", tiny.directory("a"))
    #expect(refused.code == 64)
    #expect(
      refused.errors.contains(
        "recipe.yaml is not what its results were made with: ranking.imagesPerClass (30 → 10)"),
      "\(refused.errors)")
    #expect(try sum("a", "3-student/model.safetensors") == before)
    try edit("seed: 0", "seed: 3")
    let redone = try Command.run("run", tiny.directory("a"), "--redo")
    #expect(redone.code == 0, "\(redone.errors)")
    try tiny.finish("run", "b", Self.quick + ["seed=3", "ranking.imagesPerClass=10"])
    let stages = ["1-teacher", "3-student", "4-fine-tuned"]
    #expect(try tiny.result("a", stages: stages) == tiny.result("b", stages: stages))
  }

  @Test("a run of an earlier version, which noted less, goes on, and what it lacks is filled in")
  func earlierVersion() throws {
    try tiny.finish("run", "a", Self.quick)
    for stage in ["1-teacher", "2-ranking", "3-student", "4-fine-tuned"] {
      let text = Data(try tiny.text("a", "\(stage)/done.json").utf8)
      var marker = try #require(
        try JSONSerialization.jsonObject(with: text) as? [String: Any])
      marker["inputs"] = nil
      marker["measured_on"] = nil
      try tiny.folder.write(
        JSONSerialization.data(withJSONObject: marker), to: "runs/a/\(stage)/done.json")
    }
    let again = try tiny.finish("run", "a", Self.quick)
    #expect(
      again.errors.contains(
        "an earlier version finished teacher, ranking, student, fine-tuning and did not note its "
          + "pictures"), "\(again.errors)")
    #expect(again.errors.contains("teacher: done"))
    let third = try tiny.finish("run", "a", Self.quick)
    #expect(!third.errors.contains("earlier version"))
    try list("d", 60, wrong: [4])
    #expect(try tiny.run("run", "a", Self.quick).code == 65)
  }
}
