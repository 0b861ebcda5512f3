import Files
import Foundation
import TestSupport
import Testing

@Suite("Scores that another program made")
struct GivenScoresTests {
  private static let given = OwnScores.all + ["teacher.kind=given"]

  /// A selection's pictures, classes and ranks, and the log-odds by line.
  private func selection(_ tiny: TinyRun, _ name: String) throws -> (
    rows: [String], scores: [Double]
  ) {
    let reader = try CSVReader(path: tiny.directory(name) + "/2-ranking/selected.csv")
    var rows: [String] = []
    var scores: [Double] = []
    while try reader.next() {
      rows.append([0, 1, 2, 3, 6].map(reader.text).joined(separator: " "))
      scores.append(Double(reader.text(4)) ?? 0)
    }
    return (rows, scores)
  }

  @Test("our own scores, given back in any form, select what our own selected")
  func roundTrip() throws {
    let tiny = try TinyRun()
    let own = try OwnScores(of: tiny)
    #expect(own.keys.count == 240)
    try tiny.finish("select", "a", OwnScores.all)
    let wanted = try selection(tiny, "a")

    // Log-odds as they are: the same bytes.
    try tiny.finish("score", "same", Self.given, flags: ["--from", own.csv, "--kind", "logOdds"])
    try tiny.finish("select", "same", Self.given)
    let files = ["a", "same"].map { tiny.directory($0) + "/2-ranking/selected.bin" }
    #expect(try Checksum.sha256(file: files[0]) == Checksum.sha256(file: files[1]))

    let probabilities = own.probabilities
    let logits = { (key: String) in own.probabilities(key).map { log($0) + 3 } }
    var forms: [(name: String, flags: [String])] = [("pairs", ["--from", own.csv])]
    forms.append(
      ("wide", ["--from", try tiny.folder.write(own.wide(probabilities), to: "wide.csv")]))
    forms.append(
      ("predicted", ["--from", try tiny.folder.write(own.predicted(), to: "predicted.csv")]))
    let (array, keys) = own.numPy(logits)
    let lists = ["--keys", try tiny.folder.write(keys, to: "keys.txt")]
    forms.append(
      (
        "numpy",
        ["--from", try tiny.folder.write(array, to: "a.npy"), "--kind", "logits"] + lists
      ))
    if ParquetLibrary.isAvailable {
      try own.writeParquet(to: tiny.folder.path + "/a.parquet", probabilities)
      forms.append(("parquet", ["--from", tiny.folder.path + "/a.parquet"]))
    }
    for (name, flags) in forms {
      let scored = try tiny.finish("score", name, Self.given, flags: flags)
      #expect(scored.errors.contains("scores of 240 of 240 pictures"), "\(scored.errors)")
      try tiny.finish("select", name, Self.given)
      let found = try selection(tiny, name)
      #expect(found.rows == wanted.rows, "\(name)")
      for (found, wanted) in zip(found.scores, wanted.scores) {
        #expect(abs(found - wanted) < 1e-4, "\(name)")
      }
      let source = try tiny.text(name, "2-ranking/source.json")
      #expect(source.contains(try Checksum.sha256(file: flags[1])), "\(source)")
    }
  }

  @Test("a run goes on from given scores, without a teacher, and says where they came from")
  func wholeRun() throws {
    let tiny = try TinyRun()
    let own = try OwnScores(of: tiny)
    let file = try tiny.folder.write(own.wide(own.probabilities), to: "clip.csv")
    try tiny.finish("score", "b", Self.given, flags: ["--from", file])
    let outcome = try tiny.finish("run", "b", Self.given)
    #expect(outcome.errors.contains("scores: given"))
    #expect(!tiny.has("b", "1-teacher/model.safetensors"))
    #expect(
      try tiny.text("b", "summary.json").contains(
        #""scores_from" : "probabilities in clip.csv""#))
    #expect(try tiny.text("b", "report.html").contains("The scores are probabilities in clip.csv"))
    #expect(try tiny.text("b", "README.md").contains("The scores are probabilities in clip.csv."))
    let again = try tiny.finish("run", "b", Self.given)
    #expect(again.errors.contains("fine-tuning: done"), "\(again.errors)")
  }

  @Test("--redo of a run removes nothing where other scores would have to be given")
  func redoing() throws {
    let tiny = try TinyRun()
    let own = try OwnScores(of: tiny)
    let file = try tiny.folder.write(own.wide(own.probabilities), to: "clip.csv")
    let two = Self.given + ["ranking.labelsPerImage=2"]
    try tiny.finish("score", "b", two, flags: ["--from", file])
    try tiny.finish("run", "b", two)
    for (changed, words) in [
      ("ranking.leaveOut=exact", "--redo would remove scores that no run can make again"),
      ("ranking.labelsPerImage=3", "the given scores have 2 classes of each picture, too few"),
    ] {
      let refused = try tiny.run("run", "b", two + [changed], flags: ["--redo"])
      #expect(refused.code == 64)
      #expect(refused.errors.contains(words), "\(refused.errors)")
      #expect(refused.errors.contains("halcyon score \(tiny.directory("b")) --redo --from FILE…"))
      #expect(tiny.has("b", "2-ranking/selected.bin"))
      #expect(tiny.has("b", "4-fine-tuned/model.safetensors"))
    }
    // Who gives them again may.
    let three = two + ["ranking.labelsPerImage=3"]
    try tiny.finish("score", "b", three, flags: ["--from", file, "--redo"])
    try tiny.finish("run", "b", three)
  }

  @Test("what was lost is taken over again, and the rest stays as it is")
  func resumed() throws {
    let tiny = try TinyRun()
    let own = try OwnScores(of: tiny)
    let flags = ["--from", try tiny.folder.write(own.wide(own.probabilities), to: "a.csv")]
    try tiny.finish("score", "b", Self.given, flags: flags)
    let folder = tiny.directory("b") + "/2-ranking/scores"
    let names = ["00000", "00001", "00002", "00003", "00004"]
    func sums() throws -> [String] {
      try names.map { try Checksum.sha256(file: "\(folder)/\($0).scores") }
    }
    let whole = try sums()
    // As after a stop: one shard without its record, one with half a file.
    try FileManager.default.removeItem(atPath: folder + "/00001.json")
    try Data("HALF".utf8).write(to: URL(fileURLWithPath: folder + "/00003.scores"))
    let kept = try Data(contentsOf: URL(fileURLWithPath: folder + "/00000.json"))
    try tiny.finish("score", "b", Self.given, flags: flags)
    #expect(try sums() == whole)
    #expect(try Data(contentsOf: URL(fileURLWithPath: folder + "/00000.json")) == kept)
    let done = try tiny.finish("score", "b", Self.given, flags: flags)
    #expect(done.errors.contains("scores: done"))
  }

  @Test("pictures without scores are listed, keys of no picture are named")
  func partly() throws {
    let tiny = try TinyRun()
    let own = try OwnScores(of: tiny)
    let lines = own.wide(own.probabilities).split(separator: "\n").map(String.init)
    let without = lines[5].prefix { $0 != "," }
    let text = (lines[..<5] + lines[6...]).joined(separator: "\n")
    let extra = lines[6].replacingOccurrences(
      of: lines[6].prefix { $0 != "," }, with: "no/such.png")
    let flags = ["--from", try tiny.folder.write("\(text)\n\(extra)\n", to: "a.csv")]
    let scored = try tiny.finish("score", "b", Self.given, flags: flags)
    #expect(scored.errors.contains("scores of 239 of 240 pictures"), "\(scored.errors)")
    #expect(scored.errors.contains("1 picture has none and cannot be selected"))
    #expect(scored.errors.contains("1 key is of no picture of"))
    #expect(scored.errors.contains("no/such.png"))
    try tiny.finish("select", "b", Self.given)
    #expect(
      try tiny.text("b", "2-ranking/unscored.csv")
        == "key,reason\n\(without),no scores of it were given\n")
    #expect(!tiny.has("b", "2-ranking/bad-samples.csv"))
  }

  @Test("copies of labelled and test pictures are left out, unless the recipe keeps them")
  func copies() throws {
    let tiny = try TinyRun()
    let pictures = TinyImages(60, seed: 2)
    for index in 0..<60 {
      try tiny.folder.write(TinyImages.png(pictures.pixels[index]), to: "u/\(index).png")
    }
    // The test pictures are an IDX file: their bytes are the pixels, so U is their PNG as D is.
    try TinyImages(12, seed: 2).writePNG(to: tiny.folder, "t", labelled: true)
    try tiny.writeRecipe("ocean", unlabelled: "u")
    let text = try tiny.folder.read("ocean.yaml").replacing("test: data", with: "test: t")
      .replacing("  testSplit: test\n", with: "").replacing("    testSplit: test\n", with: "")
    try tiny.folder.write(text, to: "ocean.yaml")
    var rows = "key," + TinyImages.classes.joined(separator: ",") + "\n"
    for index in 0..<60 { rows += "\(index).png,0.5,0.1,0.1,0.1,0.1,0.1\n" }
    let file = try tiny.folder.write(rows, to: "scores.csv")
    func score(_ name: String, _ settings: [String]) throws {
      let sets = (["teacher.kind=given"] + settings).flatMap { ["--set", $0] }
      for verb in [["score"], ["select"]] {
        let more = verb == ["score"] ? ["--from", file] : []
        let outcome = try Command.run(
          verb + ["\(tiny.folder.path)/ocean.yaml", "--out", tiny.directory(name)] + sets + more)
        #expect(outcome.code == 0, "\(outcome.errors)")
      }
    }
    try score("b", [])
    #expect(
      try tiny.text("b", "2-ranking/excluded.csv").split(separator: "\n").count == 1 + 12)
    let keep = ["ranking.leaveOut=keep", "ranking.duplicates=keep"]
    try score("c", keep)
    #expect(!tiny.has("c", "2-ranking/excluded.csv"))
    #expect(!tiny.has("c", "2-ranking/scores/00000.contents"))
    let later = try Command.run(
      ["select", tiny.directory("c"), "--redo", "--set", "ranking.duplicates=near"])
    #expect(later.code == 64)
    #expect(later.errors.contains("no copies were looked for"), "\(later.errors)")
  }

  @Test("other files than those that were given, and a teacher's scores, are refused")
  func mixtures() throws {
    let tiny = try TinyRun()
    let own = try OwnScores(of: tiny)
    let one = try tiny.folder.write(own.wide(own.probabilities), to: "one.csv")
    let other = try tiny.folder.write(
      own.wide { own.probabilities($0).reversed() }, to: "other.csv")
    try tiny.finish("score", "b", Self.given, flags: ["--from", one])
    let mixed = try tiny.run("score", "b", Self.given, flags: ["--from", other])
    #expect(mixed.code == 65)
    #expect(mixed.errors.contains("what differs: where the scores come from"), "\(mixed.errors)")
    let broken = try tiny.folder.write(
      own.wide { own.probabilities($0).map { $0 * 2 } }, to: "broken.csv")
    let refused = try tiny.run("score", "b", Self.given, flags: ["--from", broken, "--redo"])
    #expect(refused.code == 65)
    #expect(tiny.has("b", "2-ranking/scores/00000.json"))
    try tiny.finish("score", "b", Self.given, flags: ["--from", other, "--redo"])
    let trained = try tiny.run("score", "a", OwnScores.all, flags: ["--from", one])
    #expect(trained.code == 64)
    #expect(trained.errors.contains("teacher.kind is trained"), "\(trained.errors)")
    for flags in [
      ["--from", one, "--num-shards", "2"], ["--kind", "logits"], ["--from", one + "x"],
      ["--from", one, "--keys", one],
    ] {
      let outcome = try tiny.run("score", "b", Self.given, flags: flags)
      #expect(outcome.code == 64, "\(outcome.errors)")
    }
    let absent = try tiny.run("score", "none", Self.given, flags: ["--from", one + "x"])
    #expect(absent.errors.contains("there is no file"))
    #expect(!tiny.has("none", "recipe.yaml"))
  }
}
