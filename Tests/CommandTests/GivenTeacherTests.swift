import Foundation
import TestSupport
import Testing

@Suite("A recipe whose scores are given")
struct GivenTeacherTests {
  private static let given = ["teacher.kind=given"]

  @Test("without scores nothing is begun, and what makes them is named")
  func without() throws {
    let tiny = try TinyRun()
    for (verb, flags) in [("run", [String]()), ("run", ["--dry-run"])] {
      let outcome = try tiny.run(verb, "a", Self.given, flags: flags)
      #expect(outcome.code == 64, "\(outcome.errors)")
      let text = outcome.output + outcome.errors
      #expect(text.contains("run `halcyon score RECIPE --from FILE…` first"), "\(text)")
      #expect(text.contains("teacher.kind is given, so that "), "\(text)")
      #expect(!tiny.has("a", "recipe.yaml"))
    }
    let teacher = try tiny.run("train-teacher", "b", Self.given)
    #expect(teacher.code == 64)
    #expect(teacher.errors.contains("there is no teacher to train"), "\(teacher.errors)")
  }

  @Test("with scores the other stages are run, and what tells of the run knows of no teacher")
  func with() throws {
    let tiny = try TinyRun()
    try tiny.finish("train-teacher", "a")
    try tiny.finish("score", "a")
    let files = FileManager.default
    try files.createDirectory(
      atPath: tiny.directory("b") + "/2-ranking", withIntermediateDirectories: true)
    try files.copyItem(
      atPath: tiny.directory("a") + "/2-ranking/scores",
      toPath: tiny.directory("b") + "/2-ranking/scores")
    let recipe = try tiny.text("a", "recipe.yaml")
    #expect(recipe.contains("kind: trained"))
    try tiny.folder.write(
      recipe.replacingOccurrences(of: "kind: trained", with: "kind: given"),
      to: "runs/b/recipe.yaml")
    let plan = try Command.run(["run", tiny.directory("b"), "--dry-run"])
    #expect(plan.code == 0, "\(plan.output)")
    #expect(plan.output.contains("scoring: none, scores are given"), "\(plan.output)")
    #expect(!plan.output.contains("teacher: resnet8"), "\(plan.output)")
    let outcome = try Command.run(["run", tiny.directory("b")])
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(outcome.errors.contains("scores: given"), "\(outcome.errors)")
    #expect(tiny.has("b", "baseline-long/model.safetensors"))
    #expect(!tiny.has("b", "1-teacher"))
    #expect(try tiny.text("b", "summary.json").contains(#""teacher_top1" : null"#))
    #expect(try tiny.text("b", "report.html").contains("Scores that another program made rank"))
    #expect(try tiny.text("b", "README.md").contains("scores that another program made ranked"))
    let again = try Command.run(["run", tiny.directory("b")])
    #expect(again.errors.contains("fine-tuning: done"), "\(again.errors)")
  }
}
