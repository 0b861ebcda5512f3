import Foundation
import TestSupport
import Testing

/// A run directory that was copied to where its pictures are not.
@Suite("Runs without their pictures")
struct MovedRunTests {
  private let tiny: TinyRun
  private var run: String { tiny.folder.path + "/copy" }

  /// A whole run on folders, copied; then its pictures go away.
  init() throws {
    tiny = try TinyRun()
    try TinyImages(60, seed: 5).writePNG(to: tiny.folder, "d", labelled: true)
    try TinyImages(30, seed: 6).writePNG(to: tiny.folder, "t", labelled: true)
    try TinyImages(90, seed: 7).writePNG(to: tiny.folder, "u", labelled: false)
    let settings = [
      "data.labelled=\(tiny.folder.path)/d", "data.labelledSplit=null", "data.labelledCount=null",
      "data.unlabelled=\(tiny.folder.path)/u", "data.test=\(tiny.folder.path)/t",
      "data.testSplit=null", "baseline.enabled=false",
    ]
    try tiny.finish("run", "a", settings)
  }

  private func takeAway() throws {
    try FileManager.default.copyItem(atPath: tiny.directory("a"), toPath: run)
    for name in ["d", "t", "u"] {
      try FileManager.default.removeItem(atPath: "\(tiny.folder.path)/\(name)")
    }
  }

  private func command(_ arguments: String...) throws -> Command.Outcome {
    let outcome = try Command.run(arguments)
    #expect(outcome.code == 0, "\(arguments): \(outcome.errors)")
    return outcome
  }

  @Test("it is inspected and selected from as where its pictures are")
  func selecting() throws {
    let few = ["--images-per-class", "5"]
    let inspected = try command("inspect", tiny.directory("a"), "--json").output
    _ = try Command.run(
      ["select", tiny.directory("a"), "--to", tiny.folder.path + "/with"] + few)
    try takeAway()
    #expect(try command("inspect", run, "--json").output == inspected)
    let outcome = try Command.run(["select", run, "--to", tiny.folder.path + "/without"] + few)
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(
      outcome.errors.contains("there is no such file or folder; \(run) says what was there"),
      "\(outcome.errors)")
    for file in ["selected.bin", "selected.csv"] {
      #expect(try tiny.folder.read("without/\(file)") == tiny.folder.read("with/\(file)"))
    }
  }

  @Test("inspect --verify says whether every file of the run is as it was finished")
  func verifying() throws {
    try takeAway()
    let text = try command("inspect", run, "--verify").output
    #expect(text.contains("files are as \(run)/manifest.json says\n"), "\(text)")
    try tiny.folder.write("x", to: "copy/2-ranking/selected.csv")
    try FileManager.default.removeItem(atPath: "\(run)/1-teacher/config.json")
    let outcome = try Command.run(["inspect", run, "--verify"])
    #expect(outcome.code == 65)
    #expect(
      outcome.errors.contains(
        "\(run) is not as it was finished: 1-teacher/config.json is missing, "
          + "2-ranking/selected.csv has changed"), "\(outcome.errors)")
  }

  @Test("its report has the same figures and says that the pictures are missing")
  func report() throws {
    let before = try command("report", tiny.directory("a"), "--json").object()
    try takeAway()
    let after = try command("report", run, "--json").object()
    let ours: Set<String> = ["peak_mib"]
    func text(_ value: Any?) throws -> String {
      let json = try JSONSerialization.data(
        withJSONObject: [value ?? "nothing"], options: .sortedKeys)
      return String(decoding: json, as: UTF8.self)
    }
    for (key, value) in before where !ours.contains(key) {
      #expect(try text(after[key]) == text(value), "\(key)")
    }
    let html = try tiny.folder.read("copy/report.html")
    #expect(html.contains("The labelled pictures are no longer there"))
    #expect(html.contains("The unlabelled pictures are missing below"))
    #expect(!html.contains("<img "))
  }

  @Test("what needs the pictures says which are not there, and changes nothing")
  func refused() throws {
    try takeAway()
    for verb in ["run", "materialize", "fine-tune"] {
      let outcome = try Command.run(verb, run)
      #expect(outcome.code == 65)
      #expect(outcome.errors.contains("/d"), "\(outcome.errors)")
    }
    _ = try command("inspect", run)
  }
}
