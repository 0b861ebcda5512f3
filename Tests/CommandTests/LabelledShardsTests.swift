import Foundation
import Recipes
import TestSupport
import Testing

@Suite("Labelled shards")
struct LabelledShardsTests {
  let tiny: TinyRun
  var folder: TemporaryFolder { tiny.folder }

  init() throws { tiny = try TinyRun() }

  @Test("D, validation and test pictures may be shards: they are indexed into the run directory")
  func run() throws {
    try tiny.writeLabelledShards(60, seed: 1, to: "d")
    try tiny.writeLabelledShards(24, seed: 2, to: "v", names: true)
    try tiny.writeLabelledShards(36, seed: 3, to: "t", names: true)
    try tiny.writeLabelledShards(120, seed: 4, to: "u")
    let recipe = TinyRun.recipe.replacing("labelled: data\n", with: "labelled: d\n")
      .replacing("  labelledSplit: train\n  labelledCount: 60\n", with: "")
      .replacing("validationFraction: 0.2", with: "validation: v")
      .replacing("unlabelled: rest", with: "unlabelled: \"u/{0..5}.tar\"")
      .replacing("test: data\n  testSplit: test", with: "test: t")
    try folder.write(recipe, to: "tiny.yaml")
    let plan = try Command.run("run", "tiny.yaml", "--dry-run", folder: folder.path)
    #expect(plan.code == 0, "\(plan.errors)")
    #expect(plan.output.contains("classes 6   labelled 60   unlabelled 120"), "\(plan.output)")
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/runs"))

    let run = try Command.run("run", "tiny.yaml", "--out", "a", folder: folder.path)
    #expect(run.code == 0, "\(run.errors)")
    for name in ["index", "index-labelled", "index-validation", "index-test"] {
      #expect(FileManager.default.fileExists(atPath: "\(folder.path)/a/\(name)/catalogue.bin"))
    }
    let summary = try #require(
      try JSONSerialization.jsonObject(with: Data(folder.read("a/summary.json").utf8))
        as? [String: Any])
    #expect(summary["labelled_images"] as? Int == 60 && summary["classes"] as? Int == 6)

    // The same pictures in any form are measured alike.
    try TinyImages(36, seed: 3).writePNG(to: folder, "t-folders", labelled: true)
    var results: [NSDictionary] = []
    for test in ["t", "t/{0..1}.tar", "a/index-test", "t-folders"] {
      let outcome = try Command.run(
        "evaluate", "a/4-fine-tuned", test, "--json", folder: folder.path)
      #expect(outcome.code == 0, "\(test): \(outcome.errors)")
      results.append(try outcome.object() as NSDictionary)
    }
    #expect(results.allSatisfy { $0 == results[0] } && results[0]["count"] as? Int == 36)

    // A second start reads no shard again, and finds the same pictures.
    let again = try Command.run("run", "tiny.yaml", "--out", "a", folder: folder.path)
    #expect(again.code == 0 && !again.errors.contains("index"), "\(again.errors)")
  }

  @Test("init counts shards of either set by itself")
  func initialises() throws {
    try tiny.writeLabelledShards(60, seed: 1, to: "d")
    try tiny.writeLabelledShards(120, seed: 4, to: "u")
    let written = try Command.run("init", "d", "u/*.tar", folder: folder.path)
    #expect(written.code == 0, "\(written.errors)")
    #expect(written.errors.contains("index of the labelled pictures: 60 pictures in 3 shards"))
    #expect(written.errors.contains("index: 120 pictures in 6 shards"))
    #expect(try folder.read("recipe.yaml").contains("# D: 60 pictures of 6 classes\n"))
    #expect(try folder.read("recipe.yaml").contains("# U: 120 pictures\n"))
    let plan = try Command.run("run", "recipe.yaml", "--dry-run", folder: folder.path)
    #expect(plan.output.contains("unlabelled 120"), "\(plan.errors)")
  }

  @Test("what cannot be read in any order is refused before it is read, with what to do")
  func refused() throws {
    try tiny.writeLabelledShards(12, seed: 1, to: "d")
    try tiny.writeLabelledShards(12, seed: 1, to: "u")
    let advice =
      "and labelled pictures are read in any order; give .tar files on this machine, unpacked"
    let piped = try Command.run("init", "pipe:cat d/0.tar", "u", folder: folder.path)
    #expect(piped.code == 65)
    #expect(piped.errors.contains("can only be read from its beginning to its end, \(advice)"))
    for source in ["pipe:cat d/0.tar", "http://localhost/0.tar"] {
      for key in ["labelled", "validation", "test"] {
        let plan = try tiny.run(
          "run", "a",
          ["data.\(key)=\(source)", "data.\(key)Split=null", "data.validationFraction=0"])
        #expect(plan.code == 65, "\(plan.errors)")
        #expect(
          plan.errors.contains("halcyon: \(source) ") && plan.errors.contains(advice),
          "\(plan.errors)")
      }
    }
    try FileManager.default.moveItem(
      atPath: folder.path + "/d/0.tar", toPath: folder.path + "/d/0.tar.gz")
    let packed = try Command.run("init", "d", "u", folder: folder.path)
    #expect(packed.code == 65 && packed.errors.contains("/d/0.tar.gz is compressed, \(advice)"))
    // To count such a U only would take reading all of it.
    let uncounted = try Command.run("init", "u", "pipe:cat u/0.tar", folder: folder.path)
    #expect(uncounted.code == 64)
    #expect(
      uncounted.errors.contains("`halcyon index` does it, and data.unlabelled is then the index"))
  }

  /// Writes one shard of twelve pictures with these members beside the first ones.
  private func write(_ members: [(ending: String, text: String)], to path: String) throws {
    var tar = RawTar()
    let pictures = TinyImages(12, seed: 9)
    for (index, picture) in pictures.pixels.enumerated() {
      tar.append("\(index).png", TinyImages.png(picture))
      if index < members.count {
        tar.append("\(index).\(members[index].ending)", Data(members[index].text.utf8))
      } else {
        tar.append("\(index).cls", Data("\(pictures.labels[index])".utf8))
      }
    }
    tar.end()
    try folder.write(tar.data, to: path)
  }

  @Test("a picture without a label is refused with the member that was to say it and the reason")
  func unlabelled() throws {
    try tiny.writeLabelledShards(12, seed: 4, to: "u")
    func refusal(_ members: [(ending: String, text: String)]) throws -> String {
      try write(members, to: "d/0.tar")
      let outcome = try Command.run("init", "d", "u", folder: folder.path)
      #expect(outcome.code == 65)
      return outcome.errors
    }
    let place = "\(folder.path)/d/0.tar"
    let broken = try refusal([("json", #"{"label": 1"#), ("json", #"{"label": 1}"#)])
    #expect(
      broken.contains(
        "d: 0/0 has no label (0.json in \(place): it is not a JSON object); every labelled"),
      "\(broken)")
    let silent = try refusal([("cls", "1"), ("json", #"{"caption": "x"}"#), ("txt", "a bird")])
    let reason = "in \(place) neither a .cls beside it nor a .json says its class "
    #expect(silent.contains("d: 0/1 has no label (\(reason)"), "\(silent)")
    #expect(silent.contains(", and 1 more have none; every labelled picture needs one"))
    let none = try refusal((0..<12).map { _ in ("json", "[1]") })
    let words = "d has no labels (0.json in \(place): it is not a JSON object); a labelled set is"
    #expect(none.contains(words), "\(none)")
  }

  @Test("where classes are numbers, it is said where their names may be put")
  func numbers() throws {
    try tiny.writeLabelledShards(24, seed: 1, to: "d")
    try tiny.writeLabelledShards(12, seed: 2, to: "t", names: true)
    try tiny.writeLabelledShards(24, seed: 3, to: "u")
    try FileManager.default.removeItem(atPath: folder.path + "/d/classes.txt")
    let settings = [
      "data.labelled=\(folder.path)/d", "data.labelledSplit=null", "data.labelledCount=null",
      "data.unlabelled=\(folder.path)/u",
    ]
    func plan(_ more: [String] = []) throws -> Command.Outcome {
      try tiny.run("run", "a", settings + more, flags: ["--dry-run"])
    }
    let numbered = try plan(["data.test=null", "data.testSplit=null"])
    #expect(numbered.code == 0, "\(numbered.output)")
    #expect(
      numbered.output.contains(
        "the classes of \(folder.path)/d are numbers (0, 1, 2, 3, 4 and 1 more); "
          + "\(folder.path)/d/classes.txt, one name a line from 0 on, would say what they are called"
      ),
      "\(numbered.output)")
    let named = try plan(["data.test=\(folder.path)/t", "data.testSplit=null"])
    #expect(named.code == 65)
    #expect(
      named.output.contains(
        "; the labelled set's are numbers: classes.txt beside its shards or IDX files, one name a line"
      ),
      "\(named.output)")
    try folder.write(TinyImages.classes.joined(separator: "\n"), to: "d/classes.txt")
    let both = try plan(["data.test=\(folder.path)/t", "data.testSplit=null"])
    #expect(both.code == 0 && !both.output.contains("numbers"), "\(both.output)")
  }
}
