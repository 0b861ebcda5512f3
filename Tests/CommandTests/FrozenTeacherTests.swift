import Foundation
import TestSupport
import Testing

@Suite("teacher.kind knn and linear")
struct FrozenTeacherTests {
  /// A run, and the settings of one whose teacher works on the features of its network.
  private static func begun(_ kind: String) throws -> (TinyRun, settings: [String]) {
    let tiny = try TinyRun()
    try tiny.finish("train-teacher", "given")
    let source = tiny.directory("given") + "/1-teacher"
    return (
      tiny,
      [
        "teacher.kind=\(kind)", "teacher.startFrom=\(source)", "baseline.long=false",
        "teacher.training.images=null",
      ]
    )
  }

  @Test(
    "a whole run: no teacher is trained, and what it is stands in plan, report and card",
    arguments: ["knn", "linear"])
  func whole(_ kind: String) throws {
    let (tiny, settings) = try Self.begun(kind)
    let plan = try tiny.run("run", "a", settings, flags: ["--dry-run"])
    #expect(plan.code == 0, "\(plan.output)")
    #expect(
      plan.output.contains("teacher: a frozen network's features of 48 pictures"), "\(plan.output)")
    #expect(
      plan.output.contains("  stays as \(tiny.directory("given"))/1-teacher has it"),
      "\(plan.output)")
    #expect(plan.output.contains("teacher.kind is \(kind), so that teacher.training."))
    let outcome = try tiny.finish("run", "a", settings)
    let result =
      kind == "knn"
      ? "a vote of the 20 nearest by 32 features of 48 labelled pictures, temperature 0.07; right at "
      : "a linear layer on 32 features of 48 labelled pictures, weight decay "
    #expect(outcome.errors.contains("teacher: \(result)"), "\(outcome.errors)")
    #expect(try tiny.text("a", "report.html").contains(result))
    #expect(try tiny.text("a", "README.md").contains("The teacher is \(result)"))
    #expect(try tiny.text("a", "summary.json").contains(#""teacher_top1" : "#))
    #expect(!tiny.has("a", "1-teacher/metrics.csv"))
    // The frozen part is what was given.
    let given = try TinyRun.tensors(tiny.directory("given") + "/1-teacher/model.safetensors")
    let made = try TinyRun.tensors(tiny.directory("a") + "/1-teacher/model.safetensors")
    #expect(made["layer3.0.conv1.weight"] == given["layer3.0.conv1.weight"])
    #expect(made["layer3.0.bn1.running_mean"] == given["layer3.0.bn1.running_mean"])
    #expect((made["bank.features"]?.count == 48 * 32) == (kind == "knn"))
    #expect((made["fc.weight"] == nil) == (kind == "knn"))

    // It is a model as any other, which says the same when it is asked again.
    let evaluated = try Command.run(
      "evaluate", tiny.directory("a") + "/1-teacher", tiny.folder.path + "/data", "--split",
      "test", "--json", "--batch", "32")
    let marker = try JSONSerialization.jsonObject(
      with: Data(tiny.text("a", "1-teacher/done.json").utf8))
    let accuracies = (marker as? [String: Any])?["accuracies"] as? [String: Double]
    #expect(try evaluated.object()["top1"] as? Double == accuracies?["test_top1"])
    // 1 in 6 by chance.
    #expect(try #require(accuracies?["test_top1"]) > 30)

    // The features of D are kept: a stage that was not finished does not compute them again.
    unlink(tiny.directory("a") + "/1-teacher/done.json")
    let before = try bytes(of: tiny.directory("a") + "/1-teacher/model.safetensors")
    let again = try tiny.finish("train-teacher", "a", settings)
    #expect(again.errors.contains("features: done"), "\(again.errors)")
    #expect(try bytes(of: tiny.directory("a") + "/1-teacher/model.safetensors") == before)
  }

  @Test("features of other weights are made again, and said so")
  func otherWeights() throws {
    let (tiny, settings) = try Self.begun("linear")
    try tiny.finish("train-teacher", "other", ["seed=7"])
    try tiny.finish("train-teacher", "a", settings)
    unlink(tiny.directory("a") + "/1-teacher/done.json")
    let source = tiny.directory("other") + "/1-teacher"
    let outcome = try tiny.finish(
      "train-teacher", "a", settings + ["teacher.startFrom=\(source)"])
    #expect(outcome.errors.contains("has features of something else; made again"))
    #expect(!outcome.errors.contains("features: done"))
  }

  @Test("more neighbours than labels are all labels, and said so")
  func fewLabels() throws {
    let (tiny, settings) = try Self.begun("knn")
    let outcome = try tiny.finish("train-teacher", "a", settings + ["teacher.neighbours=500"])
    #expect(
      outcome.errors.contains("all 48 labelled pictures vote, fewer than teacher.neighbours"),
      "\(outcome.errors)")
    #expect(outcome.errors.contains("a vote of the 48 nearest"))
  }

  @Test(
    "without weights to stay as they are, such a teacher is refused, and so are other kinds' keys")
  func refused() throws {
    let tiny = try TinyRun()
    let nothing = try tiny.run("run", "a", ["teacher.kind=knn"])
    #expect(nothing.code == 64)
    #expect(
      nothing.errors.contains(
        "teacher.kind: knn needs a network whose features it works on; give "),
      "\(nothing.errors)")
    let other = try tiny.run("run", "a", ["teacher.neighbours=5", "teacher.temperature=0.1"])
    #expect(other.code == 64)
    for key in ["neighbours", "temperature"] {
      #expect(
        other.errors.contains("teacher.\(key) has no meaning for teacher.kind: trained"),
        "\(other.errors)")
    }
    let kind = try tiny.run("run", "a", ["teacher.kind=probe"])
    #expect(kind.errors.contains("did you mean linear?"), "\(kind.errors)")
    for value in ["0", "0.001", "nan"] {
      let cold = try tiny.run(
        "run", "a", ["teacher.kind=knn", "teacher.startFrom=x", "teacher.temperature=\(value)"])
      #expect(cold.errors.contains("teacher.temperature"), "\(cold.errors)")
    }
  }
}
