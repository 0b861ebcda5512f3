import Foundation
import Recipes
import Testing

@Suite("Same result")
struct SameResultTests {
  @Test("two runs, other workers and other shards come to the same files", arguments: precisions)
  func twoRuns(precision: String) throws {
    let tiny = try TinyRun()
    let setting = "precision=\(precision)"
    try tiny.finish("run", "a", [setting])
    let expected = try tiny.result("a")
    #expect(Set(expected.values).count == expected.count)

    try tiny.finish("run", "b", [setting, "workers=1"])
    #expect(try tiny.result("b") == expected)
    #expect(try tiny.metrics("b", "1-teacher") == tiny.metrics("a", "1-teacher"))
    try tiny.finish("run", "c", [setting, "workers=3"])
    #expect(try tiny.result("c") == expected)
    #expect(try tiny.events("c") == tiny.events("a"))
  }

  @Test("the other precision comes to other weights")
  func precisionsDiffer() throws {
    let tiny = try TinyRun()
    for precision in precisions {
      try tiny.finish("train-teacher", precision, ["precision=\(precision)"])
    }
    let weights = try precisions.map {
      try Data(
        contentsOf: URL(fileURLWithPath: tiny.directory($0) + "/1-teacher/model.safetensors"))
    }
    #expect(weights[0] != weights[1])
  }

  @Test("any shard size gives the same selection and the same student", arguments: precisions)
  func shards(precision: String) throws {
    let tiny = try TinyRun()
    let settings = ["precision=\(precision)", "baseline.enabled=false"]
    let stages = ["1-teacher", "3-student", "4-fine-tuned"]
    var pictures: Set<[[Substring]]> = []
    var models: Set<[String]> = []
    for size in [7, 50, 1000] {
      let name = "s\(size)"
      try tiny.finish("run", name, settings + ["data.shardSize=\(size)"])
      #expect(tiny.has(name, "2-ranking/scores/\(size == 1000 ? "00000" : "00004").scores"))
      pictures.insert(try selection(tiny, name))
      models.insert(
        try stages.map {
          try #require(tiny.result(name, stages: stages)["\($0)/model.safetensors"])
        })
    }
    #expect(pictures.count == 1)
    #expect(models.count == 1)
  }

  /// The lines of `selected.csv` without the places in shards, which the shards' size decides.
  private func selection(_ tiny: TinyRun, _ name: String) throws -> [[Substring]] {
    let lines = try tiny.text(name, "2-ranking/selected.csv").split(separator: "\n")
    let header = try #require(lines.first { !$0.hasPrefix("#") })
    let names = header.split(separator: ",")
    let places = Set(names.indices.filter { ["shard", "position"].contains(names[$0]) })
    return lines.filter { !$0.hasPrefix("#") }.map { line in
      line.split(separator: ",", omittingEmptySubsequences: false).enumerated()
        .filter { !places.contains($0.offset) }.map(\.element)
    }
  }

  @Test("each stage by its own command gives what run gives", arguments: precisions)
  func stages(precision: String) throws {
    let tiny = try TinyRun()
    let setting = "precision=\(precision)"
    try tiny.finish("run", "whole", [setting])
    for verb in ["train-teacher", "score", "select", "pretrain", "fine-tune"] {
      let outcome = try tiny.finish(verb, "alone", [setting])
      #expect(outcome.output == "")
    }
    let stages = ["1-teacher", "3-student", "4-fine-tuned"]
    let expected = try tiny.result("whole", stages: stages)
    #expect(try tiny.result("alone", stages: stages) == expected)
    // What is done stays, and what is missing is added.
    try tiny.finish("run", "alone", [setting])
    #expect(try tiny.result("alone") == tiny.result("whole"))
  }

  @Test("a stage whose input is missing says which stage to run")
  func order() throws {
    let tiny = try TinyRun()
    let begun = try tiny.run("train-teacher", "a", faults: FaultySteps(stops: [2]))
    #expect(begun.code == 75)
    for (verb, missing) in [
      ("score", "teacher"), ("select", "not scored yet (00000"), ("pretrain", "ranking"),
      ("fine-tune", "student"),
    ] {
      let none = try tiny.run(verb, "empty")
      #expect(none.code == 64)
      #expect(none.errors.contains("is no run yet; `halcyon run`"), "\(none.errors)")
      let outcome = try tiny.run(verb, "a")
      #expect(outcome.code == 64)
      #expect(outcome.errors.contains(missing), "\(outcome.errors)")
      #expect(outcome.errors.contains("`halcyon "))
    }
  }

  @Test("a finished run does nothing when it is run again")
  func again() throws {
    let tiny = try TinyRun()
    try tiny.finish("run", "a")
    let events = try tiny.events("a")
    let outcome = try tiny.finish("run", "a")
    #expect(try tiny.events("a") == events)
    #expect(outcome.errors.contains("fine-tuning: done"))
    #expect(outcome.output.contains("gain of the student over the baseline"))
    // The directory stands for its recipe.
    let byFolder = try Command.run("run", tiny.directory("a"))
    #expect(byFolder.code == 0, "\(byFolder.errors)")
    #expect(try tiny.events("a") == events)
  }
}
