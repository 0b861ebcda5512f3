import Files
import Foundation
import ImageData
import Recipes
import TestSupport
import Testing

/// Pictures of U that show what another one shows.
@Suite("Copies among unlabelled pictures")
struct CopiesTests {
  /// Pictures of 96 pixels: soft blobs, different for every seed.
  private func blobs(_ seed: Int) -> [UInt8] {
    var generator = SeededGenerator(seed: UInt64(seed))
    let side = 96
    var picture = [Double](repeating: 100, count: side * side)
    for _ in 0..<24 {
      let x = Double.random(in: 0..<96, using: &generator)
      let y = Double.random(in: 0..<96, using: &generator)
      let size = Double.random(in: 4..<20, using: &generator)
      let height = Double.random(in: -110..<110, using: &generator)
      for row in 0..<side {
        for column in 0..<side {
          let square = pow(Double(column) - x, 2) + pow(Double(row) - y, 2)
          picture[row * side + column] += height * exp(-square / (2 * size * size))
        }
      }
    }
    return picture.map { UInt8(min(255, max(0, $0))) }
  }

  private func jpeg(_ seed: Int, quality: Int = 90) throws -> Data {
    try Thumbnail(
      pixels: blobs(seed), width: 96, height: 96, channels: 1, format: .jpeg, quality: quality
    ).bytes
  }

  /// D and the test pictures.
  private func writeLabelled(to folder: TemporaryFolder) throws {
    for index in 0..<24 {
      let name = index % 2 == 0 ? "even" : "odd"
      try folder.write(try jpeg(index), to: "d/\(name)/\(index).jpg")
      try folder.write(try jpeg(100 + index), to: "t/\(name)/\(index).jpg")
    }
  }

  private func writeRecipe(_ folder: TemporaryFolder, imagesPerClass count: Int) throws {
    let recipe = TinyRun.recipe
      .replacing(
        "  labelled: data\n  labelledSplit: train\n  labelledCount: 60\n", with: "  labelled: d\n"
      )
      .replacing("validationFraction: 0.2", with: "validationFraction: 0")
      .replacing("unlabelled: rest", with: "unlabelled: u")
      .replacing("test: data\n  testSplit: test\n", with: "test: t\n")
      .replacing("imagesPerClass: 30", with: "imagesPerClass: \(count)")
    try folder.write(recipe, to: "copies.yaml")
  }

  @Test("copies in U, exact and encoded anew, are dropped, and so are D's and the test pictures")
  func copies() throws {
    let tiny = try TinyRun()
    let folder = tiny.folder
    try writeLabelled(to: folder)
    for index in 0..<60 { try folder.write(try jpeg(200 + index), to: "u/\(index).jpg") }
    for index in 0..<5 {
      try folder.write(try jpeg(200 + index), to: "u/exact-\(index).jpg")
      try folder.write(try jpeg(210 + index, quality: 50), to: "u/near-\(index).jpg")
    }
    try folder.write(try jpeg(3), to: "u/labelled.jpg")
    try folder.write(try jpeg(105), to: "u/test.jpg")
    try folder.write(try jpeg(107, quality: 45), to: "u/test-again.jpg")
    try writeRecipe(folder, imagesPerClass: 40)
    func run(_ verb: String, _ flags: String...) throws -> Command.Outcome {
      let outcome = try Command.run(
        [verb, "\(folder.path)/copies.yaml", "--out", tiny.directory("a")] + flags)
      #expect(outcome.code == 0, "\(flags): \(outcome.errors)")
      return outcome
    }
    for verb in ["train-teacher", "score", "select"] { _ = try run(verb) }
    let left = try tiny.text("a", "2-ranking/excluded.csv")
    #expect(left.contains("\nlabelled.jpg,is the labelled picture odd/3.jpg\n"))
    #expect(left.contains("\ntest.jpg,is the test picture odd/5.jpg\n"))
    #expect(left.contains("\ntest-again.jpg,looks like the test picture odd/7.jpg"))
    let found = try Command.run("inspect", tiny.directory("a"), "--json").object()
    let dropped = try #require(found["duplicates"] as? [String: Any])
    #expect(dropped["exact"] as? Int == 5)
    #expect(dropped["near"] as? Int == 5)
    let images = try tiny.text("a", "2-ranking/selected.csv").split(separator: "\n").dropFirst()
      .map { $0.split(separator: ",")[0] }
    // P = 2 and two classes: each of the 60 pictures is a candidate of both, and each class has its 40.
    #expect(images.count == 80)
    for index in 0..<5 {
      let pair: [Substring] = ["\(index).jpg", "exact-\(index).jpg"]
      #expect(Set(images).intersection(pair).count <= 1)
    }
    let text = try Command.run("inspect", tiny.directory("a")).output
    #expect(text.contains("copies dropped: 5 exact, 5 near"))
    #expect(text.contains("left out as test pictures: 1 exact, 1 near"))

    _ = try run("select", "--redo", "--set", "ranking.duplicates=keep")
    let kept = try tiny.text("a", "2-ranking/selected.csv")
    #expect(!tiny.has("a", "2-ranking/duplicates.csv"))
    #expect(kept.contains("exact-"))
  }

  @Test("W goes without what D and the test pictures hold, exact and encoded anew, and lists it")
  func tagged() throws {
    let tiny = try TinyRun()
    let folder = tiny.folder
    try writeLabelled(to: folder)
    for index in 0..<30 { try folder.write(try jpeg(200 + index), to: "u/\(index).jpg") }
    try folder.write(try jpeg(3), to: "u/labelled.jpg")
    try folder.write(try jpeg(105), to: "u/test.jpg")
    try folder.write(try jpeg(107, quality: 45), to: "u/test-again.jpg")
    let names = (0..<30).map { "\($0)" } + ["labelled", "test", "test-again"]
    let lines = names.enumerated().map { "u/\($1).jpg,\($0 % 2 == 0 ? "sea sky" : "sea")\n" }
    try folder.write("path,tags\n" + lines.joined(), to: "w.csv")
    try writeRecipe(folder, imagesPerClass: 10)
    func pretrain(_ leaveOut: String) throws -> String {
      let settings = [
        "data.tagged=\(folder.path)/w.csv", "teacher.pretraining.minimumImages=2",
        "teacher.pretraining.leaveOut=\(leaveOut)", "teacher.pretraining.training.images=64",
        "teacher.pretraining.training.batch=16", "checkpoints.everySteps=100",
      ]
      let outcome = try Command.run(
        ["pretrain-teacher", "\(folder.path)/copies.yaml", "--out", tiny.directory(leaveOut)]
          + settings.flatMap { ["--set", $0] })
      #expect(outcome.code == 0, "\(outcome.errors)")
      return tiny.has(leaveOut, "0-pretrained/excluded.csv")
        ? try tiny.text(leaveOut, "0-pretrained/excluded.csv") : ""
    }
    let near = try pretrain("near")
    #expect(near.contains("\nu/labelled.jpg,is the labelled picture odd/3.jpg\n"))
    #expect(near.contains("\nu/test.jpg,is the test picture odd/5.jpg\n"))
    #expect(near.contains("\nu/test-again.jpg,looks like the test picture odd/7.jpg"))
    #expect(near.split(separator: "\n").count == 4)
    let exact = try pretrain("exact")
    #expect(exact.contains("u/labelled.jpg") && exact.contains("u/test.jpg"))
    #expect(exact.split(separator: "\n").count == 3)
    #expect(try pretrain("keep").isEmpty)
  }

  @Test("a picture that is there hundreds of times does not leave a class short of others")
  func viral() throws {
    let tiny = try TinyRun()
    let folder = tiny.folder
    try writeLabelled(to: folder)
    for index in 0..<40 { try folder.write(try jpeg(200 + index), to: "u/\(index).jpg") }
    for index in 0..<3 {
      let picture = try jpeg(300 + index)
      for copy in 0..<120 { try folder.write(picture, to: "u/viral-\(index)-\(copy).jpg") }
    }
    try writeRecipe(folder, imagesPerClass: 12)
    for verb in ["train-teacher", "score", "select"] {
      let outcome = try Command.run(
        verb, "\(folder.path)/copies.yaml", "--out", tiny.directory("a"))
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(!outcome.errors.contains("ran out of candidates"), "\(outcome.errors)")
    }
    let found = try Command.run("inspect", tiny.directory("a"), "--json").object()
    let classes = try #require(found["classes"] as? [[String: Any]])
    #expect(classes.map { $0["images"] as? Int } == [12, 12])
    let selected = try tiny.text("a", "2-ranking/selected.csv")
    for index in 0..<3 {
      let images = Set(selected.split(separator: "\n").map { $0.split(separator: ",")[0] })
      #expect(images.count { $0.hasPrefix("viral-\(index)-") } <= 1)
    }
  }
}
