import Foundation
import Testing

@Suite("Labelled shards")
struct LabelledShardsTests {
  let tiny: TinyRun
  var folder: TemporaryFolder { tiny.folder }

  init() throws { tiny = try TinyRun() }

  /// Writes shards of labelled pictures; labels are numbers, or names in JSON.
  private func writeShards(
    _ count: Int, seed: UInt64, to path: String, names: Bool = false, perShard: Int = 20
  ) throws {
    let pictures = TinyPictures(count, seed: seed)
    for shard in 0..<(count + perShard - 1) / perShard {
      var tar = RawTar()
      for index in shard * perShard..<min(count, (shard + 1) * perShard) {
        let label = Int(pictures.labels[index])
        tar.append("\(index).png", TinyPictures.png(pictures.pixels[index]))
        if names {
          let text = "{\"label\": \(label), \"label_name\": \"\(TinyPictures.classes[label])\"}"
          tar.append("\(index).json", Data(text.utf8))
        } else {
          tar.append("\(index).cls", Data("\(label)".utf8))
        }
      }
      tar.end()
      try folder.write(tar.data, to: "\(path)/\(shard).tar")
    }
    let classes = TinyPictures.classes.joined(separator: "\n")
    if !names { try folder.write(classes + "\n", to: "\(path)/classes.txt") }
  }

  @Test("D, validation and test pictures may be shards: they are indexed into the run directory")
  func run() throws {
    try writeShards(60, seed: 1, to: "d")
    try writeShards(24, seed: 2, to: "v", names: true)
    try writeShards(36, seed: 3, to: "t", names: true)
    try writeShards(120, seed: 4, to: "u")
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
    try TinyPictures(36, seed: 3).writePNG(to: folder, "t-folders", labelled: true)
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
    try writeShards(60, seed: 1, to: "d")
    try writeShards(120, seed: 4, to: "u")
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
    try writeShards(12, seed: 1, to: "d")
    try writeShards(12, seed: 1, to: "u")
    let advice =
      "and labelled pictures are read in any order; give .tar files on this machine, unpacked"
    let piped = try Command.run("init", "pipe:cat d/0.tar", "u", folder: folder.path)
    #expect(piped.code == 65)
    #expect(piped.errors.contains("can only be read from its beginning to its end, \(advice)"))
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
}
