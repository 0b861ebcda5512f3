import Foundation
import Recipes
import TestSupport
import Testing

@Suite("Shards that are cut short")
struct CutShardTests {
  let tiny: TinyRun
  var folder: TemporaryFolder { tiny.folder }
  var settings: [String] {
    [
      "data.labelled=\(folder.path)/d", "data.labelledSplit=null", "data.labelledCount=null",
      "data.unlabelled=\(folder.path)/u", "data.test=\(folder.path)/t", "data.testSplit=null",
      "baseline.enabled=false",
    ]
  }

  init() throws {
    tiny = try TinyRun()
    try tiny.writeLabelledShards(60, seed: 1, to: "d")
    try tiny.writeLabelledShards(120, seed: 4, to: "u")
    try tiny.writeLabelledShards(36, seed: 3, to: "t")
  }

  /// Keeps the first `count` bytes of a shard: a sample takes 2,048, two headers, a picture's 273 and
  /// its class's blocks.
  private func cut(_ shard: String, to count: Int) throws {
    let path = "\(folder.path)/\(shard)"
    try folder.write(try Data(contentsOf: URL(fileURLWithPath: path)).prefix(count), to: shard)
  }

  @Test("of labelled and test pictures they are refused at once, with what to do and all else")
  func refused() throws {
    try cut("d/1.tar", to: 2048 * 3 + 600)
    try cut("t/0.tar", to: 0)
    try cut("t/1.tar", to: 2048 * 2)
    let outcome = try tiny.run("run", "a", settings + ["student.training.batch=0"])
    #expect(outcome.code == 64)
    let advice = "again, or leave it out by naming the others alone, in a pattern or a .txt list"
    #expect(
      outcome.errors.contains(
        "labelled: \(folder.path)/d/1.tar is cut short at byte 6744; 3 pictures stand before it; "
          + "fetch it \(advice)\n"), "\(outcome.errors)")
    #expect(
      outcome.errors.contains(
        "test: 2 shards are cut short: \(folder.path)/t/0.tar is empty; \(folder.path)/t/1.tar is cut "
          + "short at byte 4096, and 2 pictures stand before it; fetch them again"),
      "\(outcome.errors)")
    #expect(outcome.errors.contains("student.training.batch"))
    #expect(!tiny.has("a", "recipe.yaml"))
    // As it says, the others alone will do.
    let others = [
      "data.labelled=\(folder.path)/d/{0,2}.tar", "data.test=null", "data.validationFraction=0",
    ]
    let plan = try tiny.run("run", "a", settings + others, flags: ["--dry-run"])
    #expect(plan.code == 0 && plan.output.contains("labelled 40 "), "\(plan.output)")
  }

  @Test("of unlabelled ones what stands before the cut is used, and all results say so")
  func unlabelled() throws {
    try cut("u/3.tar", to: 2048 * 7 + 512)
    let line = "\(folder.path)/u/3.tar is cut short at byte 14848; 7 pictures stand before it"
    let index = try Command.run("index", "u", folder: folder.path)
    #expect(index.code == 0)
    #expect(index.output.contains("cut short 1 (see u.index/problems.csv)\nsamples   107\n"))
    #expect(index.output.contains("problems  0\n"))
    #expect(index.errors == "halcyon: \(line); fetch it again for the rest\n", "\(index.errors)")
    let run = try tiny.finish("run", "a", settings)
    #expect(run.errors.components(separatedBy: line).count == 2, "\(run.errors)")
    let warning = "warning: unlabelled: \(line); U goes without the rest until it is fetched again"
    #expect(run.errors.contains(warning))
    #expect(!run.errors.contains("passed over"))
    let summary = try #require(
      try JSONSerialization.jsonObject(with: Data(tiny.text("a", "summary.json").utf8))
        as? [String: Any])
    #expect(summary["unlabelled_images"] as? Int == 107)
    let cut = try #require(summary["cut_shards"] as? [String: Any])
    let first = try #require((cut["first"] as? [[String: Any]])?.first)
    #expect(cut["count"] as? Int == 1 && first["byte"] as? Int == 14848)
    #expect(first["pictures"] as? Int == 7)
    for file in ["README.md", "report.html"] {
      #expect(try tiny.text("a", file).contains(line), "\(file)")
    }
    let list = try tiny.text("a", "2-ranking/bad-samples.csv")
    #expect(list == "key,reason\n3,it is cut short at byte 14848; 7 pictures stand before it\n")
    let inspected = try Command.run("inspect", tiny.directory("a"))
    #expect(inspected.output.contains("\n\(line)\n"), "\(inspected.output)")
  }
}
