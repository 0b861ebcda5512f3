import Foundation
import TestSupport
import Testing

@Suite("What is passed over")
struct PassedOverTests {
  /// Labelled and unlabelled pictures, among other things.
  private func folders() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    try TinyImages(24, seed: 5).writePNG(to: folder, "d", labelled: true)
    try TinyImages(48, seed: 6).writePNG(to: folder, "u", labelled: false)
    for name in ["d/north/a.heic", "d/north/notes.txt", "d/south/b.heic", "u/c.avif"] {
      try folder.write("x", to: name)
    }
    try folder.write(
      Data(TinyImages.png(TinyImages(1, seed: 1).pixels[0])), to: "d/@eaDir/1.png")
    return folder
  }

  private static let labelled =
    "3 files passed over in d: 2 .heic, 1 .txt; 1 folder: @eaDir; convert .heic to JPEG"
  private static let unlabelled = "1 file passed over in u: 1 .avif; convert .avif to JPEG"

  private func times(_ line: String, in text: String) -> Int {
    text.components(separatedBy: line).count - 1
  }

  @Test("init, the dry run, a run and an index say it, each set once")
  func commands() throws {
    let folder = try folders()
    func expectBoth(_ text: String, _ command: String) {
      #expect(times(Self.labelled, in: text) == 1, "\(command): \(text)")
      #expect(times(Self.unlabelled, in: text) == 1, "\(command): \(text)")
    }
    let written = try Command.run("init", "d", "u", "--out", "r.yaml", folder: folder.path)
    expectBoth(written.output, "init")
    let short = ["--set", "threads=1", "--set", "teacher.training.images=32"]
    let plan = try Command.run(["run", "r.yaml", "--dry-run"] + short, folder: folder.path)
    expectBoth(plan.output, "--dry-run")
    let run = try Command.run(["train-teacher", "r.yaml"] + short, folder: folder.path)
    expectBoth(run.errors, "train-teacher")
    let index = try Command.run("index", "u", folder: folder.path)
    #expect(times(Self.unlabelled, in: index.errors) == 1, "\(index.errors)")
    #expect(index.output.contains("problems  1 (see u.index/problems.csv)"), "\(index.output)")

    let measured = try Command.run("evaluate", "runs/r/1-teacher", "d", folder: folder.path)
    #expect(times(Self.labelled, in: measured.errors) == 1, "\(measured.errors)")
    #expect(measured.output.contains("pictures  24"))
    // A file that lacks its end counts as read, and is named.
    let cut = TinyImages.png(TinyImages(1, seed: 1).pixels[0]).dropLast(12)
    try folder.write(Data(cut), to: "cut.png")
    let predicted = try Command.run("predict", "runs/r/1-teacher", "cut.png", folder: folder.path)
    #expect(predicted.code == 0 && predicted.output.hasPrefix("cut.png: "))
    #expect(
      predicted.errors.contains("1 picture of the files given lacks its file's end"),
      "\(predicted.errors)")
  }
}
