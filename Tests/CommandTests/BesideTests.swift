import Files
import Foundation
import Recipes
import TestSupport
import Testing

/// What `select --to` wrote beside a run, taken in place of a run.
@Suite("Selections beside a run")
struct BesideTests {
  private let tiny: TinyRun
  private let few: String

  init() throws {
    tiny = try TinyRun()
    few = tiny.folder.path + "/few"
    for verb in ["train-teacher", "score", "select"] { try tiny.finish(verb, "a") }
    let outcome = try Command.run(
      "select", tiny.directory("a"), "--to", few, "--images-per-class", "5")
    #expect(outcome.code == 0, "\(outcome.errors)")
  }

  private func command(_ arguments: String...) throws -> Command.Outcome {
    let outcome = try Command.run(arguments)
    #expect(outcome.code == 0, "\(arguments): \(outcome.errors)")
    return outcome
  }

  private func sum(_ path: String) throws -> String { try Checksum.sha256(file: path) }

  @Test("it is inspected and materialized, and the run stays as it is")
  func looked() throws {
    let own = tiny.directory("a") + "/2-ranking"
    let before = try FileManager.default.subpathsOfDirectory(atPath: own).sorted()
    let found = try command("inspect", few, "--json").object()
    #expect(found["images_per_class"] as? Int == 5)
    #expect(found["labels"] as? Int == 30)
    let shards = try command("materialize", few).output
    #expect(shards == few + "/materialized\n")
    let rows = try tiny.folder.read("few/selected.csv").split(separator: "\n").dropFirst()
    let images = Set(rows.map { $0.split(separator: ",")[0] })
    let samples =
      try Command.run(
        "index", few + "/materialized", "--out", tiny.folder.path + "/m", "--json"
      ).object()["samples"] as? Int
    #expect(samples == images.count)
    #expect(try FileManager.default.subpathsOfDirectory(atPath: own).sorted() == before)
    let wrong = try Command.run("fine-tune", few)
    #expect(wrong.code == 64)
    #expect(wrong.errors.contains("is a selection beside \(tiny.directory("a"))"))
  }

  @Test("pretraining on it begins a run of its own, which ends as one with that K from the start")
  func branched() throws {
    let unnamed = try Command.run("pretrain", few)
    #expect(unnamed.code == 64 && unnamed.errors.contains("give --out a new folder"))
    let branch = tiny.directory("b")
    let told = try command("pretrain", few, "--out", branch)
    #expect(told.errors.contains("begun with the teacher and the scores of"), "\(told.errors)")
    #expect(try command("pretrain", few, "--out", branch).errors.contains("student: done"))
    let rest = try command("run", branch)
    #expect(rest.errors.contains("teacher: done") && rest.errors.contains("scores: done"))
    try tiny.finish("run", "c", ["ranking.imagesPerClass=5"])
    #expect(try tiny.result("b") == tiny.result("c"))
    // The run that it branched from has no student, and its selection is as it was.
    #expect(!tiny.has("a", "3-student/done.json"))
    #expect(try tiny.text("a", "recipe.yaml").contains("imagesPerClass: 30"))
    // Another selection does not go into the same run.
    _ = try command(
      "select", tiny.directory("a"), "--to", tiny.folder.path + "/more", "--images-per-class", "6")
    let other = try Command.run("pretrain", tiny.folder.path + "/more", "--out", branch)
    #expect(other.code == 64 && other.errors.contains("another selection"), "\(other.errors)")
  }
}
