import Files
import Foundation
import TestSupport
import Testing

/// Stage 0 of the tiny run: its 300 labelled pictures with made tags are W, 60 of them are D's.
@Suite("Pre-training on tags")
struct PretrainingTests {
  private let tiny: TinyRun

  init() throws {
    tiny = try TinyRun()
    let made = try Command.run([
      "make-tags", "\(tiny.folder.path)/data", "--split", "train", "--out", list, "--words", "20",
      "--seed", "3",
    ])
    #expect(made.code == 0, "\(made.errors)")
    let tagged = """
      tagged: data
        taggedSplit: train
        taggedTags: w.csv
        shardSize: 50
      """
    let pretraining = """
      pretraining:
          minimumImages: 30
          training:
            images: 320
            batch: 16
            learningRate: 0.1
            warmUpFrom: 0.01
            warmUpImages: 32
            augmentation: {crop: padded, padding: 1, flip: 0}
      """
    try tiny.folder.write(
      TinyRun.recipe.replacing("shardSize: 50", with: tagged)
        .replacing(
          "width: 8\n  training:\n    images: 480",
          with: "width: 8\n  \(pretraining)\n  training:\n    images: 480"),
      to: "tiny.yaml")
  }

  private var list: String { "\(tiny.folder.path)/w.csv" }
  private static let short = [
    "teacher.training.images=96", "teacher.training.warmUpImages=16", "baseline.enabled=false",
  ]

  private func sum(_ name: String, _ stage: String) throws -> String {
    try Checksum.sha256(file: "\(tiny.directory(name))/\(stage)/model.safetensors")
  }

  private func rows(_ name: String, _ file: String) throws -> [String] {
    try tiny.text(name, file).split(separator: "\n").dropFirst().map(String.init)
  }

  @Test(
    "the teacher learns W's tags without D's pictures, and stage 1 goes on with a new last layer")
  func stages() throws {
    let first = try tiny.finish("pretrain-teacher", "a", Self.short)
    // Of 300 pictures 60 are D's, with those held out of it; the test pictures are others.
    let excluded = try rows("a", "0-pretrained/excluded.csv")
    #expect(excluded.count == 60)
    #expect(
      excluded.allSatisfy {
        $0.contains(",is the labelled picture ") || $0.contains("validation picture ")
      })
    #expect(
      first.errors.contains("tagged: 60 pictures left out, which D or the test pictures hold"))
    let config =
      try JSONSerialization.jsonObject(
        with: Data(tiny.text("a", "0-pretrained/config.json").utf8)) as? [String: Any]
    let names = try #require(config?["label_names"] as? [String])
    #expect(names.starts(with: ["north", "north-east", "north-west", "south"]))
    let tags =
      try JSONSerialization.jsonObject(
        with: Data(tiny.text("a", "0-pretrained/tags.json").utf8)) as? [String: Any]
    #expect(tags?["classes"] as? Int == names.count)
    #expect(tags?["images"] as? Int == 300)
    // 320 images in batches of 16, a row a step or less.
    #expect(try tiny.metrics("a", "0-pretrained").last?[0] == "20")
    #expect(!tiny.has("a", "1-teacher/done.json"))
    let second = try tiny.finish("train-teacher", "a", Self.short)
    #expect(
      second.errors.contains(
        "teacher: starts from \(tiny.directory("a"))/0-pretrained, with a new last"),
      "\(second.errors)")
    let third = try tiny.finish("pretrain-teacher", "a", Self.short)
    #expect(third.errors.contains("teacher's pre-training: done"))
  }

  @Test("a whole run has stage 0 in its summary and in its report")
  func whole() throws {
    try tiny.finish("run", "a", Self.short)
    let summary = try #require(
      JSONSerialization.jsonObject(with: Data(tiny.text("a", "summary.json").utf8))
        as? [String: Any])
    #expect(try #require(summary["seconds"] as? [String: Double])["pretraining"] != nil)
    #expect(try #require(summary["tagged_images"] as? Int) < 240)
    #expect(try #require(summary["tag_classes"] as? Int) >= 6)
    let report = try tiny.text("a", "report.html")
    #expect(report.contains("<h2 id=\"tags\">The tags</h2>"))
    #expect(report.contains("Teacher before D: resnet8"))
  }

  @Test("stopped after every few steps, stage 0 and 1 end the same", arguments: precisions)
  func resuming(precision: String) throws {
    let settings = Self.short + ["precision=\(precision)", "checkpoints.everySteps=1000"]
    for verb in ["pretrain-teacher", "train-teacher"] { try tiny.finish(verb, "whole", settings) }
    var stops = 0
    for verb in ["pretrain-teacher", "train-teacher"] {
      while true {
        let outcome = try tiny.run(
          verb, "stopped", settings, faults: FaultySteps(stops: [3, 9, 15]))
        if outcome.code == 0 { break }
        try #require(outcome.code == 75, "\(outcome.errors)")
        stops += 1
        try #require(stops < 20)
      }
    }
    #expect(stops == 4)
    for stage in ["0-pretrained", "1-teacher"] {
      #expect(try sum("stopped", stage) == sum("whole", stage))
      #expect(try tiny.metrics("stopped", stage) == tiny.metrics("whole", stage))
    }
  }

  @Test("other tags make stage 0 and what follows stale; the same ones elsewhere do not")
  func stale() throws {
    for verb in ["pretrain-teacher", "train-teacher"] { try tiny.finish(verb, "a", Self.short) }
    let text = try tiny.folder.read("w.csv")
    try tiny.folder.write(text, to: "moved/w.csv")
    let moved = ["data.taggedTags=\(tiny.folder.path)/moved/w.csv"]
    let same = try tiny.finish("train-teacher", "a", Self.short + moved)
    #expect(same.errors.contains("teacher: done"))
    // A picture that had none gets a tag; of another class they are many.
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let changed = lines.map { $0.hasSuffix(",") ? $0 + "north" : $0 }
    #expect(changed != lines)
    try tiny.folder.write(changed.joined(separator: "\n"), to: "w.csv")
    let refused = try tiny.run("train-teacher", "a", Self.short)
    #expect(refused.code == 65)
    #expect(
      refused.errors.contains("the tags of the tagged pictures have changed since the teacher's"),
      "\(refused.errors)")
    #expect(
      refused.errors.contains("--redo` to remove and run again: teacher's pre-training, teacher"),
      "\(refused.errors)")
    try tiny.finish("pretrain-teacher", "a", Self.short, flags: ["--redo"])
    #expect(!tiny.has("a", "1-teacher/done.json"))
    try tiny.finish("pretrain-teacher", "new", Self.short)
    #expect(try sum("a", "0-pretrained") == sum("new", "0-pretrained"))
  }

  @Test("W that is no longer there once it is learned is told of and not asked for")
  func gone() throws {
    try tiny.finish("pretrain-teacher", "a", Self.short)
    try FileManager.default.removeItem(atPath: list)
    // The run's own recipe says where the list was, wherever it is asked from.
    let outcome = try Command.run("train-teacher", tiny.directory("a"))
    #expect(outcome.code == 0)
    #expect(
      outcome.errors.contains(
        "data.taggedTags: \(list) is no longer there; what was learned from it"),
      "\(outcome.errors)")
    #expect(tiny.has("a", "1-teacher/done.json"))
  }

  @Test("a teacher that was made without tags is stale as soon as the recipe names some")
  func added() throws {
    let without =
      Self.short + ["data.tagged=null", "data.taggedSplit=null", "data.taggedTags=null"]
    try tiny.finish("train-teacher", "a", without)
    #expect(!tiny.has("a", "0-pretrained"))
    let refused = try tiny.run("train-teacher", "a", Self.short)
    #expect(refused.code == 64)
    #expect(refused.errors.contains("data.tagged (null → "), "\(refused.errors)")
    let redone = try tiny.run("train-teacher", "a", Self.short, flags: ["--redo"])
    #expect(redone.code == 64)
    #expect(
      redone.errors.contains("has no finished teacher's pre-training yet"), "\(redone.errors)")
    let none = try tiny.run("pretrain-teacher", "b", without)
    #expect(none.code == 64 && none.errors.contains("give data.tagged"), "\(none.errors)")
  }

  @Test("all that is wrong with W is told at once, and a dry run works stage 0 out")
  func preflight() throws {
    let plan = try tiny.finish("run", "a", Self.short, flags: ["--dry-run", "--json"])
    let found = try plan.object()
    let stages = try #require(found["trainings"] as? [[String: Any]])
    let stage = try #require(stages.first { $0["stage"] as? String == "teacher's pre-training" })
    #expect(stage["steps"] as? Int == 20)
    #expect(stage["key"] as? String == "teacher.pretraining.training")
    #expect(try #require(found["tagClasses"] as? Int) >= 6)
    let lines = try tiny.finish("run", "a", Self.short, flags: ["--dry-run"]).output
    #expect(lines.contains("starts from 0-pretrained, with a new last layer"))
    #expect(!lines.contains("recommendation 6"))
    let place = tiny.folder.path
    let missing = ["data.taggedTags", "data.tagged", "teacher.pretraining.tagClasses"]
    let wrong = try tiny.run(
      "run", "a",
      Self.short + missing.map { "\($0)=\(place)/no-\($0)" } + ["data.labelled=\(place)/nowhere"],
      flags: ["--dry-run"])
    for key in missing {
      #expect(
        wrong.output.contains(
          "problem: \(key): cannot open data set \(place)/no-\(key): there is no"),
        "\(wrong.output)")
    }
    #expect(wrong.output.contains("data.labelled: "), "\(wrong.output)")
    let rare = try tiny.run("run", "a", Self.short + ["teacher.pretraining.minimumImages=1000"])
    #expect(rare.code == 65)
    #expect(rare.errors.contains("is carried by teacher.pretraining.minimumImages (1000) pictures"))
    let untagged = try tiny.run("run", "a", Self.short + ["data.taggedTags=null"])
    #expect(untagged.code == 65)
    #expect(untagged.errors.contains("none of the 300 pictures of"), "\(untagged.errors)")
    #expect(!tiny.has("a", "recipe.yaml"))
  }

  @Test("W in shards with hashtags is read by its index, and by a list of classes")
  func shards() throws {
    try tiny.writeTaggedShards()
    let outcome = try tiny.finish(
      "pretrain-teacher", "a",
      Self.short + [
        "data.tagged=\(tiny.folder.path)/plain", "data.taggedSplit=null", "data.taggedTags=null",
        "teacher.pretraining.tagClasses=\(tiny.folder.path)/map.csv",
        "teacher.pretraining.minimumImages=1",
      ])
    #expect(
      outcome.errors.contains("tags: 240 pictures of 240 with 6 classes of 6 tags (0 left out)"))
    let config = try tiny.text("a", "0-pretrained/config.json")
    #expect(config.contains("\"south-east\""))
    // Every third of 240 pictures has two tags.
    let tags = try tiny.text("a", "0-pretrained/tags.json").filter { !$0.isWhitespace }
    #expect(tags.contains("\"imagesByClassCount\":[160,80]"), "\(tags)")
  }

  @Test(
    "the teacher learns V between the tags and D; V alone will do, and other labels of it are stale"
  )
  func task() throws {
    let names = ["moon", "star", "sun"]
    func write(_ shift: Int) throws {
      let pictures = TinyImages(60, seed: 9)
      let lines = (0..<60).map { "v/\($0).png,\(names[(Int(pictures.labels[$0]) + shift) % 3])\n" }
      try tiny.folder.write("path,label\n" + lines.joined(), to: "v.csv")
    }
    try TinyImages(60, seed: 9).writePNG(to: tiny.folder, "v", labelled: false)
    try write(0)
    let task =
      Self.short + [
        "teacher.fineTuneOn.labelled=\(tiny.folder.path)/v.csv",
        "teacher.fineTuneOn.training.epochs=2", "teacher.fineTuneOn.training.batch=16",
      ]
    let plan = try tiny.finish("run", "a", task, flags: ["--dry-run"]).output
    // Two passes over 60 pictures in steps of 16: 7.5 of them.
    #expect(plan.contains("teacher's tuning on V: resnet8"))
    #expect(plan.contains("120 images, 8 steps, 2.0 passes over 60"), "\(plan)")
    #expect(plan.contains("  starts from 0-tuned, with a new last layer"))
    let outcome = try tiny.finish("pretrain-teacher", "a", task)
    #expect(!outcome.errors.contains("tuning on V"))
    let second = try tiny.finish("train-teacher", "a", task)
    let folder = tiny.directory("a")
    #expect(
      second.errors.contains(
        "teacher's tuning on V: starts from \(folder)/0-pretrained, with a new last layer"))
    #expect(
      second.errors.contains("teacher: starts from \(folder)/0-tuned, with a new last layer"))
    #expect(try tiny.text("a", "0-tuned/config.json").contains("\"moon\""))
    #expect(try tiny.text("a", "1-teacher/config.json").contains("\"north\""))
    try tiny.finish("train-teacher", "a", task)
    try write(1)
    let refused = try tiny.run("train-teacher", "a", task)
    #expect(refused.code == 65)
    #expect(
      refused.errors.contains(
        "the classes of the pictures V have changed since the teacher's tuning on V"),
      "\(refused.errors)")
    #expect(refused.errors.contains("run again: teacher's tuning on V, teacher"))
    let alone = ["data.tagged=null", "data.taggedSplit=null", "data.taggedTags=null"]
    let third = try tiny.finish("train-teacher", "b", task + alone)
    #expect(third.errors.contains("teacher: starts from \(tiny.directory("b"))/0-tuned"))
    #expect(!third.errors.contains("0-pretrained"))
  }
}
