import Files
import Foundation
import TestSupport
import Testing

/// What is written where the user says, and what it never replaces. U is twelve shards whose `.cls` are
/// numbers, of fewer classes than D has.
@Suite("Folders for output")
struct OutputFolderTests {
  private let tiny: TinyRun
  private var place: String { tiny.folder.path }

  init() throws {
    tiny = try TinyRun()
    let pictures = TinyImages(240, seed: 3)
    for shard in 0..<12 {
      var tar = RawTar()
      for index in shard * 20..<(shard + 1) * 20 {
        tar.append("\(index).png", TinyImages.png(pictures.pixels[index]))
        tar.append("\(index).cls", Data("\(pictures.labels[index] % 4)\n".utf8))
      }
      tar.end()
      try tiny.folder.write(tar.data, to: String(format: "plain/%05d.tar", shard))
    }
    let outcome = try Command.run(
      "index", "\(place)/plain/{00000..00011}.tar", "--out", "\(place)/u.index")
    #expect(outcome.code == 0, "\(outcome.errors)")
    try tiny.writeRecipe("a", unlabelled: "u.index")
    for verb in ["train-teacher", "score", "select"] {
      let outcome = try Command.run(verb, "\(place)/a.yaml", "--out", tiny.directory("a"))
      #expect(outcome.code == 0, "\(verb): \(outcome.errors)")
    }
  }

  /// The SHA-256 of every file of a folder, by path.
  private func sums(_ folder: String) throws -> [String: String] {
    let files = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
    return files.reduce(into: [:]) { $0[$1] = try? Checksum.sha256(file: "\(folder)/\($1)") }
  }

  private func select(_ flags: String...) throws -> Command.Outcome {
    try Command.run(["select", tiny.directory("a")] + flags)
  }

  @Test("what the user has is never replaced, and a failed selection leaves none of an earlier one")
  func kept() throws {
    let before = try sums(place + "/plain")
    for verb in ["select", "materialize"] {
      let outcome = try Command.run(verb, tiny.directory("a"), "--to", place + "/plain")
      #expect(outcome.code == 64, "\(outcome.errors)")
      #expect(outcome.errors.contains("where pictures are that the run is made from"))
    }
    #expect(try sums(place + "/plain") == before)
    // Shards of somebody else's, called as ours would be.
    try FileManager.default.moveItem(atPath: place + "/plain", toPath: place + "/moved")
    try FileManager.default.copyItem(atPath: place + "/moved", toPath: place + "/plain")
    let other = try Command.run("materialize", tiny.directory("a"), "--to", place + "/moved")
    #expect(other.code == 64)
    #expect(other.errors.contains("holds 00000.tar, which is no shard"), "\(other.errors)")
    #expect(try sums(place + "/moved") == before)

    // A folder with files of the user's, also of one that is called as ours would be.
    for name in ["notes.md", "selected.csv"] {
      try tiny.folder.write("mine", to: "theirs-\(name)/\(name)")
      let refused = try select("--to", "\(place)/theirs-\(name)")
      #expect(refused.code == 64, "\(refused.errors)")
      #expect(
        refused.errors.contains("holds \(name), which is no selection's; name an empty folder"),
        "\(refused.errors)")
      #expect(try tiny.folder.read("theirs-\(name)/\(name)") == "mine")
    }

    let beside = place + "/beside"
    let good = try select("--to", beside, "--minimum-score", "-30", "--seed", "-1")
    #expect(good.code == 0, "\(good.errors)")
    try tiny.folder.write("mine", to: "beside/selected.docx")
    let empty = try select("--to", beside, "--minimum-score", "1000")
    #expect(empty.code == 65, "\(empty.errors)")
    #expect(empty.errors.contains("nothing was selected"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: beside) == ["selected.docx"])
    #expect(try tiny.text("a", "2-ranking/selected.csv").split(separator: "\n").count > 1)
  }

  @Test("labels of U that are not D's, one shard less and another K are told in words")
  func words() throws {
    try tellsPurity()
    try tellsOneShard()
    try tellsOtherRecipe()
  }

  private func tellsOtherRecipe() throws {
    let other = try select("--images-per-class", "7", "--redo")
    #expect(other.code == 0, "\(other.errors)")
    let run = tiny.directory("a")
    let refused = try Command.run("run", "\(place)/a.yaml", "--out", run)
    #expect(refused.code == 64)
    for part in ["ranking.imagesPerClass (7 → 30)", "; `halcyon run \(run)` goes on with what"] {
      #expect(refused.errors.contains(part), "\(refused.errors)")
    }
    let goesOn = try select()
    #expect(goesOn.code == 0 && goesOn.errors.contains("ranking: done"), "\(goesOn.errors)")
    let large = try select("--images-per-class", "100000000000", "--redo")
    #expect(large.code == 64)
    #expect(
      large.errors.contains(
        "ranking.imagesPerClass is 100000000000; it must be at most 2147483647"))
  }

  private func tellsPurity() throws {
    let text = try Command.run("inspect", tiny.directory("a")).output
    let classes = TinyImages.classes.prefix(5).joined(separator: ", ")
    let purity =
      "purity: not known (U's labels are numbers below 10, D's classes \(classes) and 1 more; "
      + "\(tiny.folder.path)/plain/classes.txt, one name a line from 0 on, would say what they are "
      + "called)"
    #expect(text.contains(purity), "\(text)")
    #expect(text.contains("unreadable: 0 pictures"))
    #expect(try Command.run("report", tiny.directory("a")).code == 0)
    #expect(
      try tiny.text("a", "report.html").contains(
        "Its purity is not known: U&#39;s labels are numbers below 10, D&#39;s classes"))
  }

  private func tellsOneShard() throws {
    unlink(tiny.directory("a") + "/2-ranking/scores/00003.json")
    let missing = try select("--redo")
    #expect(missing.code == 64)
    #expect(
      missing.errors.contains("1 of 12 shards is not scored yet (00003)"), "\(missing.errors)")
    let without = try select("--redo", "--allow-missing")
    #expect(without.errors.contains("without 1 of 12 shards, which has no scores: 00003"))
    let partly = try Command.run("inspect", tiny.directory("a"), "--top", "0").output
    #expect(partly.contains("without 1 shard, which had no scores: 00003"), "\(partly)")
  }
}
