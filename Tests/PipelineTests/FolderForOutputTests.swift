import Files
import Foundation
import ImageData
import Recipes
import Shards
import TestSupport
import Testing

@testable import Pipeline

@Suite("Folders for output beside a run")
struct FolderForOutputTests {
  /// A run on the shards `00.tar` and `01.tar` of `folder`.
  private func onShards(in folder: String) throws -> PaintedRun {
    var painted = try PaintedRun()
    let place = painted.folder.path + folder
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    for shard in ["00", "01"] {
      let tar = try TarWriter(path: "\(place)/\(shard).tar")
      let picture = painted.folder.path + "/d/it's/7.png"
      try tar.append("a.png", Data(contentsOf: URL(fileURLWithPath: picture)))
      try tar.finish()
    }
    painted.recipe.data.labelledCount = nil
    painted.recipe.data.unlabelled = place + "/{00..01}.tar"
    return painted
  }

  @Test("the run, U, its index and the labelled pictures are no place for another output")
  func apart() throws {
    var painted = try onShards(in: "/u")
    let place = painted.folder.path
    try buildIndex(of: painted.recipe.data.unlabelled, in: place + "/u.index")
    painted.recipe.data.unlabelled = place + "/u.index"
    let run = try painted.open()
    symlink(place + "/run/2-ranking", place + "/link")
    for folder in [
      "run", "run/2-ranking", "run/2-ranking/scores", "run/new/newer", "link", "link/new",
      "none/../run/2-ranking", "u", "u/new", "u.index", "u.index/new", "d", "d/new",
    ] {
      expectError("\(place)/\(folder) is in ") { try run.requireApart("\(place)/\(folder)") }
      expectError("\(place)/\(folder) is in ") {
        try SelectionFolder.make("\(place)/\(folder)", in: run)
      }
    }
    #expect(!FileManager.default.fileExists(atPath: place + "/d/new"))
    for folder in ["out", "runs", "u2/u", "link2"] { try run.requireApart("\(place)/\(folder)") }
  }

  @Test("where all lies in one folder, another folder in it is still free")
  func together() throws {
    let painted = try onShards(in: "")
    let run = try painted.open()
    let place = painted.folder.path
    expectError("\(place) is in ") { try run.requireApart(place) }
    try run.requireApart(place + "/out")
    expectError("\(place)/run/out is in ") { try run.requireApart(place + "/run/out") }
  }

  // MARK: - Materialized shards

  private let plan = MaterializationPlan(
    selection: "abc", seed: 1, count: 50, samplesPerShard: 20)

  private func open(_ path: String) throws -> MaterializedFolder {
    try MaterializedFolder(path, for: plan, classNames: ["a", "b"])
  }

  /// The beginning of a tar whose first sample is called `name`.
  private func tar(_ name: String) -> String {
    name + String(repeating: "\u{0}", count: 512 - name.utf8.count)
  }

  @Test(
    "a folder with anything but these shards is refused, and nothing is written into it",
    arguments: [
      // img2dataset's names have as many digits as ours.
      ("00000.tar", "000000000.png"), ("00007.tar", "a.png"), ("00000.json", nil),
      ("classes.txt", nil), ("selection.json", nil), ("letter.txt", nil),
      ("00000.tar.gz", nil), ("0.tar", nil), ("00000.tar", ""),
    ])
  func foreign(name: String, sample: String?) throws {
    let folder = try TemporaryFolder()
    let text = sample.map(tar) ?? "{\"mine\": 1}"
    try folder.write(text, to: name)
    expectError("\(folder.path) holds \(name), which is no shard of this selection") {
      try open(folder.path)
    }
    #expect(try folder.read(name) == text)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [name])
  }

  @Test("what was begun goes on, whatever moment it was stopped at, but not over another's shard")
  func begun() throws {
    let folder = try TemporaryFolder()
    let shards = try open(folder.path)
    #expect(try folder.read("classes.txt") == "a\nb\n")
    let rows = plan.places(of: 1).map(plan.row)
    try folder.write(tar(plan.sampleName(ofRow: rows[3]) + ".webp"), to: "00001.tar")
    try folder.write("half", to: "00002.tar.tmp-17-4")
    try folder.write("torn", to: "00000.json")
    #expect(!(try open(folder.path).isDone(1)))

    let bytes = try folder.read("00001.tar").utf8.count
    let record = plan.record(
      of: 1, bytes: bytes, sha256: try Checksum.sha256(file: folder.path + "/00001.tar"),
      unreadable: [])
    try JSON.pretty(record).write(to: URL(fileURLWithPath: folder.path + "/00001.json"))
    #expect(try open(folder.path).isDone(1))
    // A record of ours says that the tar is, too, whatever became of it.
    try folder.write("damaged", to: "00001.tar")
    #expect(!(try open(folder.path).isDone(1)))
    #expect(!shards.isDone(0))

    let others = Set(0..<50).subtracting(plan.places(of: 2).map(plan.row))
    for (file, sample) in [
      ("00002.tar", plan.sampleName(ofRow: try #require(others.first)) + ".png"),
      ("00003.tar", plan.sampleName(ofRow: rows[0]) + ".png"), ("00002.tar", "picture.png"),
    ] {
      try folder.write(tar(sample), to: file)
      expectError("\(folder.path) holds \(file)") { try open(folder.path) }
      unlink(folder.path + "/" + file)
    }
    let other = MaterializationPlan(selection: "abc", seed: 1, count: 50, samplesPerShard: 25)
    expectError("\(folder.path) holds another selection") {
      try MaterializedFolder(folder.path, for: other, classNames: ["a", "b"])
    }
  }
}
