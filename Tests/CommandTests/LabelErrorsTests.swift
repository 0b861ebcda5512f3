import Files
import Foundation
import TestSupport
import Testing

@Suite("halcyon label-errors")
struct LabelErrorsTests {
  private func rows(_ tiny: TinyRun, _ file: String) throws -> [[String]] {
    let reader = try CSVReader(path: "\(tiny.directory("a"))/label-errors/\(file)")
    var rows: [[String]] = []
    while try reader.next() { rows.append(reader.texts) }
    return rows
  }

  @Test(
    "every labelled picture is asked of a teacher that had not learned it; cleanlab reads what is left"
  )
  func whole() throws {
    let tiny = try TinyRun()
    let found = try tiny.finish("label-errors", "a", flags: ["--folds", "3", "--json"]).object()
    // 60 labelled pictures without the 12 that are held out for validation.
    #expect(found["pictures"] as? Int == 48 && found["validation_pictures"] as? Int == 12)
    #expect(found["folds"] as? Int == 3 && found["repeats"] as? Int == 3)
    let table = try rows(tiny, "label_issues.csv")
    #expect(
      table.first == [
        "key", "is_label_issue", "label_quality", "given_label", "predicted_label",
      ])
    #expect(table.count == 49)
    #expect(Set(table.dropFirst().map { $0[1] }).isSubset(of: ["True", "False"]))
    #expect(table.dropFirst().count { $0[1] == "True" } == found["issues"] as? Int)
    let classes = try tiny.text("a", "label-errors/classes.txt").split(separator: "\n").map(
      String.init)
    #expect(classes.count == 6)
    let probabilities = try NumPyMatrix(
      path: "\(tiny.directory("a"))/label-errors/pred_probs.npy")
    #expect(probabilities.rowCount == 48 && probabilities.columnCount == 6)
    var names: [String] = []
    try probabilities.forEachRow { row, values in
      #expect(abs(values.reduce(0, +) - 1) < 1e-5)
      let place = try #require(classes.firstIndex(of: table[row + 1][3]))
      // The quality is the probability of the given label.
      #expect(abs(values[place] - (Double(table[row + 1][2]) ?? -1)) < 1e-6)
      names.append("\(place)")
    }
    let labels = try Data(
      contentsOf: URL(
        fileURLWithPath: "\(tiny.directory("a"))/label-errors/labels.npy")
    ).suffix(48 * 8)
    #expect(stride(from: 0, to: 48 * 8, by: 8).map { "\(labels[labels.startIndex + $0])" } == names)
  }

  @Test("stopped and run again it gives the same bytes; other folds want --redo")
  func resuming() throws {
    let tiny = try TinyRun()
    let slow = ["teacher.training.images=4000"]
    let files = ["label_issues.csv", "pred_probs.npy", "ranked.csv"]
    func sums() throws -> [String] {
      try files.map {
        try Checksum.sha256(file: "\(tiny.directory("a"))/label-errors/\($0)")
      }
    }
    let stopped = try Command(tiny.arguments("label-errors", "a", slow) + ["--folds", "2"])
    try #require(stopped.wait { tiny.has("a", "label-errors/parts/0-0/checkpoints") })
    stopped.send(SIGTERM)
    #expect(try stopped.wait().code == 75)
    try tiny.finish("label-errors", "a", slow, flags: ["--folds", "2"])
    let first = try sums()
    let other = try tiny.run("label-errors", "a", slow, flags: ["--folds", "3"])
    #expect(other.code == 64)
    #expect(other.errors.contains("--folds") && other.errors.contains("--redo"))
    try FileManager.default.removeItem(atPath: "\(tiny.directory("a"))/label-errors")
    try tiny.finish("label-errors", "a", slow, flags: ["--folds", "2"])
    #expect(try sums() == first)
  }

  @Test(
    "a frozen network needs no training: each picture is left out in turn, or a layer is put behind the others"
  )
  func frozen() throws {
    let tiny = try TinyRun()
    try tiny.finish("train-teacher", "given")
    let given = "teacher.startFrom=\(tiny.directory("given"))/1-teacher"
    for kind in ["knn", "linear"] {
      let settings = ["teacher.kind=\(kind)", given, "teacher.training.images=null"]
      let found = try tiny.finish("label-errors", kind, settings, flags: ["--json"]).object()
      #expect(found["pictures"] as? Int == 48)
      #expect(found["folds"] as? Int == (kind == "knn" ? nil : 5))
      // 1 in 6 by chance.
      #expect((found["out_of_fold_top1"] as? Double ?? 0) > 30)
    }
  }

  @Test("the run's report shows them, and estimates purity by them where nothing is held out")
  func report() throws {
    let tiny = try TinyRun()
    try tiny.finish("run", "a", ["data.validationFraction=0"])
    let before = try tiny.text("a", "report.html")
    #expect(before.contains("id=\"why\"") && !before.contains("id=\"labels\""))
    #expect(!before.contains("Estimated purity"))
    try tiny.finish("label-errors", "a", ["data.validationFraction=0"], flags: ["--folds", "2"])
    #expect(try Command.run("report", tiny.directory("a")).code == 0)
    let after = try tiny.text("a", "report.html")
    #expect(after.contains("id=\"labels\""))
    #expect(after.contains("Estimated purity") && after.contains("halcyon label-errors"))
    #expect(after.contains("These teachers were trained for 48 images each"))
    // Another teacher: what the earlier one's like found is neither shown nor used.
    let other = ["data.validationFraction=0", "teacher.training.learningRate=0.05"]
    try tiny.finish("run", "a", other, flags: ["--redo"])
    #expect(try Command.run("report", tiny.directory("a")).code == 0)
    let stale = try tiny.text("a", "report.html")
    #expect(stale.contains("made of another teacher or other pictures"))
    #expect(!stale.contains("Estimated purity") && !stale.contains("by confident learning"))
    try tiny.finish("label-errors", "a", other, flags: ["--folds", "2", "--redo"])
    #expect(try Command.run("report", tiny.directory("a")).code == 0)
    let again = try tiny.text("a", "report.html")
    #expect(again.contains("by confident learning"))
    #expect(!again.contains("made of another teacher or other pictures"))
  }

  @Test("what each network says of each measured picture stands beside its accuracy")
  func predictions() throws {
    let tiny = try TinyRun()
    try tiny.finish("run", "a")
    var wrong = 0
    for stage in ["baseline", "1-teacher", "3-student", "4-fine-tuned"] {
      let reader = try CSVReader(
        path: "\(tiny.directory("a"))/\(stage)/predictions-test.csv")
      _ = try reader.next()
      #expect(
        reader.texts == ["key", "truth", "prediction", "probability", "truth_probability"])
      var (count, right) = (0, 0)
      while try reader.next() {
        count += 1
        let (p, truth) = (Double(reader.text(3)) ?? -1, Double(reader.text(4)) ?? -1)
        #expect(0...1 ~= p && truth <= p + 1e-6)
        if reader.text(1) == reader.text(2) {
          right += 1
          #expect(abs(p - truth) < 1e-5)
        }
      }
      let evaluation =
        try JSONSerialization.jsonObject(
          with: Data(tiny.text("a", "\(stage)/evaluation-test.json").utf8)) as? [String: Any]
      #expect(count == 60 && evaluation?["correct"] as? Int == right)
      wrong = count - right
    }
    // P = 2 rows for each of the 12 validation pictures.
    let ranked = try tiny.text("a", "1-teacher/ranked-validation.csv").split(separator: "\n")
    #expect(ranked.count == 1 + 2 * 12)
    let summary =
      try JSONSerialization.jsonObject(
        with: Data(tiny.text("a", "summary.json").utf8)) as? [String: Any]
    let estimate = summary?["selection_purity_estimate"] as? [String: Any]
    #expect(estimate?["images"] as? Int == 12)
    let low = estimate?["low"] as? Double ?? -1, high = estimate?["high"] as? Double ?? -1
    #expect(0 <= low && low < high && high <= 100)
    let html = try tiny.text("a", "report.html")
    #expect(html.contains("id=\"confusion\""))
    #expect(html.contains("id=\"mistakes\"") == (wrong > 0))
    #expect(html.contains("What the dry run warns of"))
  }
}
