import Files
import Foundation
import Recipes
import TestSupport
import Testing

/// Runs whose unlabelled pictures become more, or other ones, after they were scored.
@Suite("Unlabelled pictures that grow")
struct GrowingTests {
  private func times(_ tiny: TinyRun, _ shards: Range<Int>) throws -> [Date] {
    try shards.map { shard in
      let path = String(format: "%@/2-ranking/scores/%02d.scores", tiny.directory("a"), shard)
      let values = try FileManager.default.attributesOfItem(atPath: path)
      return try #require(values[.modificationDate] as? Date)
    }
  }

  private func run(_ tiny: TinyRun, _ name: String, _ verb: String, _ flags: String...) throws
    -> Command.Outcome
  {
    try Command.run(
      [verb, "\(tiny.folder.path)/a.yaml", "--out", tiny.directory(name)] + flags)
  }

  private func finish(_ tiny: TinyRun, _ name: String, _ verb: String, _ flags: String...) throws
    -> String
  {
    let outcome = try Command.run(
      [verb, "\(tiny.folder.path)/a.yaml", "--out", tiny.directory(name)] + flags)
    #expect(outcome.code == 0, "\(verb) \(flags): \(outcome.errors)")
    return outcome.errors
  }

  @Test(
    "new shards are scored and the others' scores are used; the selection is that of a fresh run")
  func more() throws {
    let tiny = try TinyRun()
    try tiny.writeTaggedShards(0..<8)
    try tiny.writeRecipe("a", unlabelled: "plain")
    for verb in ["train-teacher", "score", "select"] { _ = try finish(tiny, "a", verb) }
    let before = try times(tiny, 0..<8)

    // Two more, and one between the others that is not what it was.
    try tiny.writeTaggedShards(8..<10)
    var tar = RawTar()
    for index in 0..<9 {
      tar.append("new\(index).png", TinyImages.png(TinyImages(9, seed: 8).pixels[index]))
    }
    tar.end()
    try tiny.folder.write(tar.data, to: "plain/03.tar")

    // What was selected counts in the pictures that there were.
    for verb in ["score", "select", "pretrain"] {
      let refused = try run(tiny, "a", verb)
      #expect(refused.code == 65)
      #expect(refused.errors.contains("has selected from; --redo scores what is new"))
    }
    let told = try finish(tiny, "a", "score", "--redo")
    #expect(told.contains("1 shard is not what was scored before, and scored again: 03"))
    let after = try times(tiny, 0..<8)
    #expect((0..<8).filter { before[$0] != after[$0] } == [3])
    _ = try finish(tiny, "a", "select")
    for verb in ["train-teacher", "score", "select"] { _ = try finish(tiny, "b", verb) }
    #expect(
      try tiny.text("a", "2-ranking/selected.csv") == tiny.text("b", "2-ranking/selected.csv"))
    #expect(try tiny.text("a", "2-ranking/selected.csv").contains("03/new"))
    _ = try finish(tiny, "a", "run", "--set", "baseline.enabled=false")
  }

  @Test(
    "a wider pattern in the recipe keeps the scores; without a selection nothing is to be redone")
  func widerPattern() throws {
    let tiny = try TinyRun()
    try tiny.writeTaggedShards(0..<6)
    try tiny.writeRecipe("a", unlabelled: "plain/{00..03}.tar")
    for verb in ["train-teacher", "score"] { _ = try finish(tiny, "a", verb) }
    let before = try times(tiny, 0..<4)
    try tiny.writeRecipe("a", unlabelled: "plain/{00..05}.tar")
    // Workers score what the run is about; that is said first.
    let worker = try run(tiny, "a", "score", "--shard-index", "0", "--num-shards", "2")
    #expect(worker.code == 64 && worker.errors.contains("data.unlabelled"))
    _ = try finish(tiny, "a", "train-teacher")
    for index in 0..<2 {
      _ = try finish(tiny, "a", "score", "--shard-index", "\(index)", "--num-shards", "2")
    }
    #expect(try times(tiny, 0..<4) == before)
    #expect(try times(tiny, 4..<6).count == 2)
    _ = try finish(tiny, "a", "select")
  }

  @Test("a shard that was replaced after it was scored is not selected from")
  func replaced() throws {
    let tiny = try TinyRun()
    try tiny.writeTaggedShards(0..<4)
    try tiny.writeRecipe("a", unlabelled: "plain")
    for verb in ["train-teacher", "score"] { _ = try finish(tiny, "a", verb) }
    let first = try Data(contentsOf: URL(fileURLWithPath: tiny.folder.path + "/plain/00.tar"))
    try tiny.folder.write(first, to: "plain/02.tar")
    let refused = try run(tiny, "a", "select")
    #expect(refused.code == 65)
    #expect(refused.errors.contains("shard 02 is not what it was when it was scored"))
    _ = try finish(tiny, "a", "score")
    _ = try finish(tiny, "a", "select")
  }
}
