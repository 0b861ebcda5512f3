import Foundation
import TestSupport
import Testing

@Suite("halcyon experiment")
struct ExperimentTests {
  @Test("recipes run over seeds, share what is alike, and are judged; a second start only reads")
  func experiment() throws {
    let tiny = try TinyRun()
    let place = tiny.folder.path
    let command = [
      "experiment", "table5", "tiny.yaml", "--seeds", "0,1", "--out", "e",
    ]
    let outcome = try Command.run(command, folder: place)
    #expect(outcome.code == 0, "\(outcome.errors)")
    // The second recipe has the first one's teacher and scores, selects anew, and has its baseline.
    #expect(outcome.errors.matches(of: /taken: teacher, scores of e\/runs\//).count == 2)
    #expect(outcome.errors.matches(of: /taken: baseline of e\/runs\//).count == 2)
    #expect(outcome.errors.matches(of: /\nbaseline: test top-1/).count == 2, "\(outcome.errors)")
    for line in ["Balanced, ranked", "is better than", "report: e/table5/report.html"] {
      #expect(outcome.output.contains(line), "\(outcome.output)")
    }

    let text = try tiny.folder.read("e/table5/results.json")
    let results = try #require(
      JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    let rows = try #require(results["rows"] as? [[String: Any]])
    #expect(rows.map { $0["name"] as? String } == ["balanced-ranked", "unbalanced-ranked"])
    for row in rows {
      let values = try #require(row["values"] as? [[Double]])
      let runs = try #require(row["runs"] as? [String])
      #expect(values.allSatisfy { $0.count == 2 } && runs.count == 2)
      for (seed, run) in runs.enumerated() {
        let summary = try #require(
          JSONSerialization.jsonObject(with: Data(tiny.folder.read("\(run)/summary.json").utf8))
            as? [String: Any])
        #expect(summary["student_top1"] as? Double == values[0][seed])
        #expect(summary["seed"] as? Int == seed)
      }
      let mean = ((row["intervals"] as? [[String: Double]])?[0]["mean"]) ?? .nan
      #expect(abs(mean - (values[0][0] + values[0][1]) / 2) < 1e-9)
    }
    #expect(try tiny.folder.read("e/table5/results.csv").split(separator: "\n").count == 13)
    #expect(try tiny.folder.read("e/table5/report.html").contains("too close to call"))

    #expect(try tiny.folder.read("e/table5/results.md").contains("| Balanced, ranked | "))

    let again = try Command.run(command, folder: place)
    #expect(again.code == 0 && !again.errors.contains("img/s"), "\(again.errors)")
    #expect(try tiny.folder.read("e/table5/results.json") == text)

    // A recipe of the experiment by itself comes to the same.
    let own = try Command.run(
      "run", "e/table5/recipes/unbalanced-ranked.yaml", "--set", "seed=1", "--out", "own", "--json",
      folder: place
    ).object()
    let value = try #require((rows[1]["values"] as? [[Double]])?[0][1])
    #expect(own["student_top1"] as? Double == value)
  }

  @Test("run --seeds does a recipe once for each seed, and prints the means")
  func seeds() throws {
    let tiny = try TinyRun()
    let command = ["run", "tiny.yaml", "--seeds", "3,0", "--out", "s/", "--json"]
    let result = try Command.run(command, folder: tiny.folder.path).object()
    let gains = try #require(result["gains"] as? [Double])
    for (seed, gain) in zip([3, 0], gains) {
      let summary = try #require(
        JSONSerialization.jsonObject(
          with: Data(tiny.folder.read("s-seed-\(seed)/summary.json").utf8)) as? [String: Any])
      #expect(summary["gain"] as? Double == gain && summary["seed"] as? Int == seed)
    }
    let mean = (result["gain"] as? [String: Double])?["mean"] ?? .nan
    #expect(abs(mean - (gains[0] + gains[1]) / 2) < 1e-9)
    let kept = try JSONSerialization.jsonObject(with: Data(tiny.folder.read("s-seeds.json").utf8))
    #expect((kept as? [String: Any])?["gains"] as? [Double] == gains)
    let again = try Command.run(Array(command.dropLast()), folder: tiny.folder.path)
    #expect(again.output.contains("mean %") && again.output.contains("seed 3"), "\(again.output)")
    #expect(!again.errors.contains("img/s"))
    let own = try Command.run("run", "s-seed-0", "--seeds", "1,2", folder: tiny.folder.path)
    #expect(own.code == 64 && own.errors.contains("is a run directory"), "\(own.errors)")
  }

  @Test("what it cannot do is told before anything is begun")
  func refused() throws {
    let tiny = try TinyRun()
    let place = tiny.folder.path
    let refusals: [([String], String)] = [
      (["table9"], "there is no experiment table9"), (["peers"], "make bench ONLY=accuracy"),
      (["table2", "--seeds", "a"], "--seeds"),
      (["table2", "--seeds", "0,0"], "--seeds"),
      (["table2", "--scale", "paper"], "needs a recipe"),
      (["table2", "nothing.yaml"], "nothing.yaml"),
    ]
    for (arguments, words) in refusals {
      let outcome = try Command.run(["experiment"] + arguments + ["--out", "e"], folder: place)
      #expect(outcome.code != 0 && outcome.errors.contains(words), "\(outcome.errors)")
    }
    #expect(try !tiny.folder.contents().contains("e"))
  }
}
