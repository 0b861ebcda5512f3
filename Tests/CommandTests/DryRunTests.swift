import Foundation
import Recipes
import TestSupport
import Testing

@Suite("Dry run")
struct DryRunTests {
  /// The repository: tests run in it, or this file is in it.
  private static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path

  private static let stranger = ["IMAGENET", "YFCC100M", "IG1B", "IG1B_CLASSES", "WEAK_TEACHER"]

  private func dryRun(_ recipe: String, _ flags: String...) throws -> Command.Outcome {
    try Command.run(
      ["run", "\(Self.repository)/Recipes/paper/\(recipe).yaml", "--dry-run"] + flags,
      shell: "unset \(Self.stranger.joined(separator: " ")); exec \"$@\"")
  }

  @Test(
    "the paper's jobs are worked out on a machine that has neither data nor variables",
    arguments: ["resnet50-yfcc", "resnext101-32x16-ig1b", "semi-weakly-ig1b"])
  func paper(recipe: String) throws {
    let outcome = try dryRun(recipe)
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(outcome.errors == "")
    // 10⁹ images in batches of 1536: 651,041.67 steps.
    #expect(outcome.output.contains("1,000,000,000 images, 651,042 steps"), "\(outcome.output)")
    #expect(outcome.output.contains("classes 1,000   labelled 1,281,167   unlabelled "))
    #expect(outcome.output.contains("\ndisk "))
    #expect(outcome.output.contains("memory "))
  }

  @Test("the corners of the learning rate: 0.1 to 0.6, then 13 halvings to 0.6 / 2^13")
  func learningRate() throws {
    let outcome = try dryRun("resnet50-yfcc", "--json")
    let plan = try outcome.object()
    let trainings = try #require(plan["trainings"] as? [[String: Any]])
    let student = try #require(trainings.first { $0["stage"] as? String == "student" })
    #expect(student["steps"] as? Int == 651_042)
    #expect(student["parameters"] as? Int == 25_557_032)
    let corners = try #require(student["learningRate"] as? [[String: Any]])
    let rates = corners.compactMap { $0["rate"] as? Double }
    #expect(rates.count == 15)
    #expect(rates[0] == 0.1)
    for (halving, rate) in rates.dropFirst().enumerated() {
      #expect(abs(rate - 0.6 / pow(2, Double(halving))) < 1e-12)
    }
    let steps = corners.compactMap { $0["step"] as? Int }
    // Warm-up: 6.4 million images or 1 %, whichever is less: 6,400,000 / 1536 = 4166.67.
    #expect(steps[1] == 4_167)
    for halving in 1...13 { #expect(steps[halving + 1] == (halving * 651_042 + 13) / 14) }
    // Sixteen thousand of each of a thousand classes.
    #expect(plan["selectedAtMost"] as? Int == 16_000_000)
    let teacher = try #require(trainings.first { $0["stage"] as? String == "teacher" })
    #expect(teacher["parameters"] as? Int == 828_411_176)
    let weights = 12 * 828_411_176.0
    #expect(try #require(teacher["memoryBytes"] as? Double) > weights)
    // 90 million score rows of 8 + 10 · 6 bytes.
    #expect(try #require(plan["diskBytes"] as? Double) > 90e6 * 68)
  }

  @Test("the paper's 64 GPUs: stage by stage, with every number's source and what is left out")
  func machines() throws {
    let flags = ["--machines", "64", "--network", "100Gb/s", "--price-per-hour", "2"]
    let outcome = try Command.run(
      ["run", "\(Self.repository)/Recipes/paper/semi-weakly-ig1b.yaml", "--dry-run"] + flags,
      shell: "unset \(Self.stranger.joined(separator: " ")); exec \"$@\"")
    #expect(outcome.code == 0, "\(outcome.errors)")
    for text in [
      "\non 64 machines:\n", "  scoring ", "  selecting ", "  in all ", " 24 pictures a machine ",
      // 10⁹ pictures in shards of 10,000; 64 · 1563 = 100,032.
      "scoring: 100,000 shards, at most 1,563 a machine", "12.5 GB/s (given by --network)",
      "(measured here)", "  not modelled:\n",
      "an hour of a machine 2.00 (given by --price-per-hour)",
      "warning: student: a batch of 1 part cannot be shared by 64 machines; set student.training.accumulate",
    ] { #expect(outcome.output.contains(text), "\(text): \(outcome.output)") }
    let json = try Command.run(
      ["run", "\(Self.repository)/Recipes/paper/resnet50-yfcc.yaml", "--dry-run", "--json"]
        + ["--machines", "64", "--machine-gmac", "20000"],
      shell: "unset \(Self.stranger.joined(separator: " ")); exec \"$@\"")
    let plan = try #require(try json.object()["machines"] as? [String: Any])
    let stages = try #require(plan["stages"] as? [[String: Any]])
    let student = try #require(stages.first { $0["stage"] as? String == "student" })
    let step = try #require(student["step"] as? [String: Any])
    // ResNet-50: 25,557,032 parameters of 4 bytes, 2 · 63/64 of them.
    #expect(step["sentBytes"] as? Double == 25_557_032 * 4 * 2 * 63 / 64.0)
    // 3 · 4.09 GMAC of 24 pictures at 20,000 GMAC/s.
    #expect(abs(try #require(step["computeSeconds"] as? Double) - 0.01472) < 2e-4)
  }

  @Test("what machines are like is refused without --machines, and --machines without --dry-run")
  func machineOptions() throws {
    for (flags, reason) in [
      (["--dry-run", "--network", "10Gb/s"], "--machines"),
      (["--machines", "4"], "--dry-run"),
      (["--dry-run", "--machines", "0"], "--machines is 0"),
      (["--dry-run", "--machines", "2", "--network", "10"], "--network is 10; write it as 10Gb/s"),
      (["--dry-run", "--machines", "2", "--price-per-hour", "0"], "it must be above 0"),
    ] {
      let outcome = try Command.run(["run", "nothing.yaml"] + flags)
      #expect(outcome.code == 64)
      #expect(outcome.errors.contains(reason), "\(outcome.errors)")
    }
  }

  @Test("nothing large is allocated")
  func memory() throws {
    let command = try Command([
      "run", "\(Self.repository)/Recipes/paper/resnext101-32x16-ig1b.yaml", "--dry-run", "--json",
    ])
    let peak = command.peak("VmHWM") / 1024
    #expect(try command.wait().code == 0)
    #expect(peak > 50)
    // libtorch alone takes 110 MiB; the teacher's weights would take 3,160.
    #expect(peak < 700)
  }

  @Test("the tiny run is counted from its data, and nothing is made")
  func counted() throws {
    let tiny = try TinyRun()
    let outcome = try Command.run("run", tiny.folder.path + "/tiny.yaml", "--dry-run", "--json")
    let plan = try outcome.object()
    #expect(plan["classes"] as? Int == 6)
    #expect(plan["labelledImages"] as? Int == 48)
    #expect(plan["unlabelledImages"] as? Int == 240)
    #expect(plan["selectedAtMost"] as? Int == 180)
    #expect(!FileManager.default.fileExists(atPath: tiny.folder.path + "/runs"))
    #expect(!FileManager.default.fileExists(atPath: "runs/tiny"))
  }

  @Test("what a cache costs and saves is told where U's pictures are larger than its copies")
  func cache() throws {
    let tiny = try TinyRun()
    func plan(_ settings: [String], _ flags: [String] = []) throws -> Command.Outcome {
      try Command.run(
        ["run", tiny.folder.path + "/tiny.yaml", "--dry-run"]
          + settings.flatMap { ["--set", $0] } + flags)
    }
    // Pictures of 12 pixels, crops of 12: copies would be of 14.
    #expect(try plan([], ["--json"]).object()["cache"] == nil)
    let small = ["input.size=6", "input.resize=6"]
    let found = try #require(
      try plan(small, ["--json", "--cache-format", "raw", "--cache", "c"]).object()["cache"]
        as? [String: Any])
    #expect(found["format"] as? String == "raw pixels, shorter side 7, grey")
    // 240 pictures of 7 × 7 bytes, each with a tar's header, some padding and its entry in the index.
    let bytes = Double(240 * (49 + 512 + 256 + 80))
    #expect(found["diskBytes"] as? Double == bytes)
    #expect(found["rawDiskBytes"] as? Double == bytes)
    #expect(try #require(found["cachedMilliseconds"] as? Double) > 0)
    #expect(try #require(found["scoringSeconds"] as? Double) > 0)
    let lines = try plan(small).output
    #expect(lines.contains("\ncache: --cache DIR would leave "), "\(lines)")
    #expect(
      lines.contains("JPEG of quality 90, shorter side 7, grey; as plain pixels 210 KiB"),
      "\(lines)")
    #expect(!FileManager.default.fileExists(atPath: "c"))
  }

  /// The tiny recipe's warnings under `settings`.
  private func warnings(_ settings: [String]) throws -> [String] {
    let tiny = try TinyRun()
    let outcome = try Command.run(
      ["run", tiny.folder.path + "/tiny.yaml", "--dry-run"] + settings.flatMap { ["--set", $0] })
    #expect(outcome.code == 0, "\(outcome.errors)")
    return outcome.output.split(separator: "\n").filter { $0.hasPrefix("warning: ") }
      .map(String.init)
  }

  @Test(
    "each departure from the six recommendations is told, and none without one",
    arguments: [
      (1, ["teacher.model=resnet8", "student.model=resnet14", "student.stem=small"], "smaller"),
      (1, ["teacher.stem=strided"], "the two are alike"),
      (2, ["fineTuning.training.epochs=1", "fineTuning.training.drops=[]"], "it takes 2 steps"),
      (2, ["fineTuning.training.freezeBackbone=true"], "only the last layer"),
      (3, ["data.labelledCount=120"], "only 1.9 for each labelled one"),
      (4, ["student.training.images=4000"], "less than 390 passes"),
      (5, ["ranking.minimumScore=0"], "minimumScore"),
      (5, ["ranking.imagesPerClass=50"], "K × classes"),
      (5, ["ranking.strategy=unbalanced"], "unbalanced keeps more of some classes"),
      (3, ["ranking.fraction=0.25"], "raise ranking.fraction"),
      (6, [], "starts from nothing"),
    ])
  func recommendations(number: Int, settings: [String], reason: String) throws {
    // 18 labels, 12 without those held out, and 390 passes over them: 4,680 images; 282 in U.
    let good = [
      "data.labelledCount=18", "student.training.images=20000", "ranking.imagesPerClass=20",
      "fineTuning.training.epochs=30", "fineTuning.training.batch=8",
    ]
    let head = "warning: recommendation \(number) of 6"
    let departed = try warnings(good + settings)
    #expect(departed.contains { $0.hasPrefix(head) && $0.contains(reason) }, "\(departed)")
    guard number != 6 else { return }
    #expect(try !warnings(good).contains { $0.hasPrefix(head) })
  }

  @Test("a class that will not fill K, a budget below the crossover, and no test pictures")
  func otherWarnings() throws {
    let found = try warnings([
      "ranking.imagesPerClass=100", "ranking.labelsPerImage=1", "student.training.images=1000",
      "data.test=null", "data.testSplit=null",
    ])
    // 240 pictures over 6 classes give 40; 120 passes over 48 pictures are 5,760 images.
    #expect(found.contains { $0.contains("K = 100 cannot be filled") && $0.contains("about 40") })
    #expect(found.contains { $0.contains("less than 120 passes over the labelled ones (5,760)") })
    #expect(found.contains { $0.contains("no data.test") })
  }
}
