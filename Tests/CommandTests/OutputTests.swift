import Foundation
import TestSupport
import Testing

@Suite("What is shown")
struct OutputTests {
  @Test("a standard stream that is closed is nobody else's: what cannot be printed is an error")
  func closedStreams() throws {
    let folder = try TemporaryFolder()
    let shell = """
      "$1" models >&- 2>err; echo $? >code
      "$1" models <&- >all 2>>err
      """
    _ = try Command.run([], folder: folder.path, shell: shell)
    #expect(try folder.read("code") == "74\n")
    #expect(
      try folder.read("err") == "halcyon: cannot write standard output: Bad file descriptor\n")
    #expect(try folder.read("all").contains("resnet50"))
  }

  @Test("piped, everything is plain lines, and standard output holds the result only")
  func piped() throws {
    let tiny = try TinyRun()
    let outcome = try tiny.finish("run", "a")
    for text in [outcome.output, outcome.errors] {
      #expect(!text.contains("\u{1B}"))
      #expect(!text.contains("\r"))
    }
    #expect(outcome.errors.contains("teacher: "))
    #expect(outcome.errors.contains("lr "))
    let lines = outcome.output.split(separator: "\n")
    let rows = [
      "supervised baseline", "baseline, as many images as the pipeline", "teacher",
      "student before fine-tuning", "student", "gain of the student over the baseline",
    ]
    for row in rows { #expect(lines.contains { $0.hasPrefix(row) }, "\(outcome.output)") }
    #expect(outcome.output.hasSuffix("report: \(tiny.directory("a"))/report.html\n"))
  }

  @Test("--json prints the summary and nothing else, with the keys of the contract")
  func json() throws {
    let tiny = try TinyRun()
    let outcome = try tiny.finish("run", "a", flags: ["--json"])
    #expect(outcome.errors == "")
    let summary = try outcome.object()
    let written = try JSONSerialization.jsonObject(with: Data(tiny.text("a", "summary.json").utf8))
    #expect(try NSDictionary(dictionary: summary).isEqual(to: #require(written as? [String: Any])))
    let top = ["supervised", "teacher", "pretrained", "student", "supervised_long"]
    #expect(
      Set(summary.keys)
        == Set(
          [
            "classes", "labelled_images", "unlabelled_images", "selected_images",
            "images_per_class",
            "selection_purity", "gain", "seconds", "peak_mib", "seed", "device", "precision",
            "threads", "libtorch", "unreadable", "unreadable_pictures", "absent_classes",
            "cut_shards",
            "measured_on", "measured_images", "scores_from", "tagged_images", "tag_classes",
            "selection_purity_estimate", "rounds",
          ] + top.flatMap { ["\($0)_top1", "\($0)_top5"] }))
    #expect(summary["classes"] as? Int == 6)
    #expect(summary["labelled_images"] as? Int == 48)
    #expect(summary["unlabelled_images"] as? Int == 240)
    let perClass = try #require(summary["images_per_class"] as? [String: Int])
    #expect(Set(perClass.keys) == Set(TinyImages.classes))
    #expect(perClass.values.allSatisfy { $0 == 30 })
    #expect(
      try Set(#require(summary["seconds"] as? [String: Double]).keys)
        == ["baseline", "baselineLong", "teacher", "ranking", "student", "fineTuning"])
    let student = try #require(summary["student_top1"] as? Double)
    let supervised = try #require(summary["supervised_top1"] as? Double)
    #expect(summary["gain"] as? Double == student - supervised)
    #expect(try #require(summary["selection_purity"] as? Double) > 100 / 6)
    #expect(summary["threads"] as? Int == 1)

    let report = try Command.run("report", tiny.directory("a"), "--json")
    #expect(report.code == 0, "\(report.errors)")
    #expect(try report.object()["student_top1"] as? Double == student)
  }

  @Test("what is not known is null: no test pictures, no truth, no baseline, four classes")
  func unknown() throws {
    let tiny = try TinyRun()
    try TinyImages(60, seed: 5).writePNG(to: tiny.folder, "d", labelled: true)
    for name in TinyImages.classes.prefix(2) {
      try FileManager.default.removeItem(atPath: "\(tiny.folder.path)/d/\(name)")
    }
    try TinyImages(60, seed: 6).writePNG(to: tiny.folder, "u", labelled: false)
    let settings = [
      "data.labelled=\(tiny.folder.path)/d", "data.labelledSplit=null", "data.labelledCount=null",
      "data.unlabelled=\(tiny.folder.path)/u", "data.test=null", "data.testSplit=null",
      "data.validationFraction=0", "baseline.enabled=false",
    ]
    let summary = try tiny.finish("run", "a", settings, flags: ["--json"]).object()
    for key in ["supervised", "teacher", "pretrained", "student"].flatMap({
      ["\($0)_top1", "\($0)_top5"]
    }) {
      #expect(summary[key] is NSNull, "\(key)")
    }
    #expect(summary["gain"] is NSNull)
    #expect(summary["selection_purity"] is NSNull)
  }

  @Test("--json tells what is warned of on standard error, and the log keeps it")
  func warnings() throws {
    let tiny = try TinyRun()
    let outcome = try tiny.finish(
      "run", "a", ["fineTuning.training.drops=[3, 9]"], flags: ["--json"])
    _ = try outcome.object()
    let warning =
      "fineTuning.training is over after 5 epochs, so that the learning rate never drops at 9"
    #expect(outcome.errors.hasPrefix("warning: \(warning)"), "\(outcome.errors)")
    let events = try tiny.text("a", "log.jsonl").split(separator: "\n").map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
    let kept = events.filter { $0["event"] as? String == "warning" }
    #expect(kept.count == 1)
    #expect((kept.first?["message"] as? String)?.hasPrefix(warning) ?? false)
  }

  @Test("where nothing was measured yet, that is not on any number of pictures")
  func unmeasured() throws {
    let tiny = try TinyRun()
    let teacher = try Command(
      tiny.arguments("train-teacher", "a", ["teacher.training.images=100000000"]))
    try #require(teacher.wait { tiny.has("a", "1-teacher/checkpoints") })
    teacher.send(SIGTERM)
    #expect(try teacher.wait().code == 75)
    let early = try Command.run("report", tiny.directory("a"), "--json").object()
    #expect(early["measured_images"] is NSNull)
    try tiny.finish("train-teacher", "b")
    let late = try Command.run("report", tiny.directory("b"), "--json").object()
    #expect(late["measured_images"] as? Int == 60)
  }

  /// Whether pseudo-terminals can be opened: not in a chroot without /dev/pts.
  private static let hasTerminals: Bool = {
    let terminal = open("/dev/ptmx", O_RDWR | O_NOCTTY)
    guard terminal >= 0 else { return false }
    close(terminal)
    return access("/dev/pts/ptmx", F_OK) == 0
  }()

  /// Trains a teacher with standard error on a terminal of 120 columns.
  private func onTerminal(_ environment: [String: String]) throws -> String {
    let tiny = try TinyRun()
    let terminal = open("/dev/ptmx", O_RDWR | O_NOCTTY)
    // The system's TIOCSPTLCK and TIOCGPTN, which Swift does not see: unlock, and the other side's
    // number.
    var (locked, number): (Int32, Int32) = (0, -1)
    try #require(
      terminal >= 0 && ioctl(terminal, 0x4004_5431, &locked) == 0
        && ioctl(terminal, 0x8004_5430, &number) == 0)
    defer { close(terminal) }
    var size = winsize(ws_row: 30, ws_col: 120, ws_xpixel: 0, ws_ypixel: 0)
    _ = ioctl(terminal, UInt(TIOCSWINSZ), &size)
    let side = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY)
    try #require(side >= 0)
    let handle = FileHandle(fileDescriptor: side, closeOnDealloc: true)
    let command = try Command(
      tiny.arguments("train-teacher", "a"),
      environment: environment.merging(["TERM": "xterm-256color"]) { $1 }, errors: handle)
    var shown: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    _ = fcntl(terminal, F_SETFL, O_NONBLOCK)
    _ = command.wait {
      let count = read(terminal, &buffer, buffer.count)
      if count > 0 { shown += buffer[..<count] }
      return false
    }
    let outcome = try command.wait()
    #expect(outcome.code == 0)
    #expect(outcome.output == "")
    return String(decoding: shown, as: UTF8.self)
  }

  @Test(
    "a terminal gets a coloured bar with speed, loss, accuracy, rate and time left",
    .enabled(if: Self.hasTerminals, "there is no /dev/pts"))
  func bar() throws {
    let shown = try onTerminal([:])
    for part in [
      "\r\u{1B}[2Kteacher", "\u{1B}[36m", "━", "img/s", "loss ", "top-1 ", "lr ", "100%",
    ] {
      #expect(shown.contains(part), "\(part): \(shown)")
    }
    let bars = shown.split(whereSeparator: \.isNewline).filter { $0.contains("img/s") }
    for bar in bars {
      let text = bar.replacing(/\u{1B}\[[0-9]*[mK]/, with: "").split(separator: "\n").first ?? ""
      #expect(text.count <= 120, "\(text)")
    }
  }

  @Test(
    "NO_COLOR takes the colours away",
    .enabled(if: Self.hasTerminals, "there is no /dev/pts"))
  func noColour() throws {
    let shown = try onTerminal(["NO_COLOR": "1"])
    #expect(shown.contains("━"))
    #expect(!shown.contains("\u{1B}[36m"))
    #expect(!shown.contains("\u{1B}[0m"))
  }
}
