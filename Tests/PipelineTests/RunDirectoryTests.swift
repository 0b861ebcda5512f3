import Files
import Foundation
@testable import Pipeline
import TestSupport
import Testing

@Suite("RunDirectory")
struct RunDirectoryTests {
  let folder: TemporaryFolder
  let run: RunDirectory
  let recipe = Recipe(name: "a", labelled: "/d", unlabelled: "/u")

  init() throws {
    folder = try TemporaryFolder()
    run = RunDirectory(path: folder.path + "/runs/a")
  }

  /// Takes the directory for this process and makes it the recipe's.
  private func open(_ recipe: Recipe, redoing: Bool = false, in other: RunDirectory? = nil) throws
    -> RunLock
  {
    let directory = other ?? run
    let claim = try RunClaim(directory, access: .alone)
    try claim.take()
    try directory.reconcile(
      with: found(recipe), computing: [], redoing: redoing, changes: { "the labelled pictures" })
    try directory.settle(recipe)
    return try #require(claim.lock)
  }

  /// What a start on a CPU finds that depends on nothing but the recipe.
  private func found(_ recipe: Recipe) -> RunInputs {
    RunInputs(
      recipe: recipe, device: "cpu", precision: "float32", sets: [:], leftOut: "", unlabelled: nil,
      startFrom: nil)
  }

  private func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

  /// Finishes `stage` with one output.
  private func finish(_ stage: Stage, of recipe: Recipe) throws {
    try DurableFile.write("weights of \(stage)", to: run.modelPath(of: stage))
    try StageMarker(
      stage, of: recipe, folder: run.folder(of: stage), outputs: ["model.safetensors"],
      seconds: 1.5, imagesSeen: 10, accuracies: ["test_top1": 50]
    ).write(to: run.folder(of: stage))
  }

  @Test("a new run has its folders and its recipe with every default")
  func new() throws {
    let lock = try open(recipe)
    try withExtendedLifetime(lock) {
      #expect(try run.recipe() == recipe)
      let names = try FileManager.default.contentsOfDirectory(atPath: run.path).sorted()
      let expected = [
        ".lock", "1-teacher", "2-ranking", "3-student", "4-fine-tuned", "baseline", "recipe.yaml",
      ]
      #expect(names == expected)
      #expect(exists(run.path + "/2-ranking/scores"))
    }
  }

  @Test("a run is in runs/NAME unless another folder is asked for")
  func path() {
    #expect(RunDirectory(for: recipe).path == "runs/a")
    #expect(RunDirectory(for: recipe, out: "/b").path == "/b")
  }

  @Test("a long baseline has a folder of its own, and a baseline that is off has none")
  func baselines() throws {
    var changed = recipe
    changed.baseline.long = true
    let lock = try open(changed)
    withExtendedLifetime(lock) { #expect(exists(run.path + "/baseline-long")) }
    changed.baseline.enabled = false
    let other = RunDirectory(path: folder.path + "/b")
    let second = try open(changed, in: other)
    withExtendedLifetime(second) { #expect(!exists(other.path + "/baseline")) }
  }

  @Test("a second writer is refused with the number of the process that holds the run")
  func locked() throws {
    let lock = try open(recipe)
    withExtendedLifetime(lock) {
      expectError("\(run.path) is in use by process \(getpid()); ", code: 74) {
        try open(recipe)
      }
    }
  }

  @Test("a run that was given up can be taken again")
  func unlocked() throws {
    _ = try open(recipe)
    _ = try open(recipe)
  }

  @Test("a folder of other files is no run directory and stays as it is")
  func foreign() throws {
    try folder.write("mine", to: "runs/a/letter.txt")
    expectError("\(run.path) holds letter.txt but no recipe.yaml, so it is no run directory") {
      try open(recipe)
    }
    #expect(!exists(run.recipePath))
    unlink(run.path + "/letter.txt")
    expectError("\(run.path) is no run directory: it is empty") { try run.recipe() }
  }

  @Test("another recipe is refused once it would mix results, naming keys and stages")
  func mixing() throws {
    _ = try open(recipe)
    var changed = recipe
    changed.ranking.imagesPerClass = 3
    try finish(.teacher, of: recipe)
    // The teacher does not depend on K, and nothing else is there.
    _ = try open(changed)
    #expect(try run.recipe() == changed)

    try finish(.student, of: changed)
    expectError(
      "\(run.path) holds results of another recipe: ranking.imagesPerClass (3 → 16000); `halcyon run "
        + "\(run.path)` goes on with what it has; or give the same --set, --out a new folder, or "
        + "--redo to remove and run again: student"
    ) { try open(recipe) }
    #expect(try run.recipe() == changed)
  }

  @Test("redoing removes the stages that a change reaches and keeps the others and the scores")
  func redoing() throws {
    _ = try open(recipe)
    for stage in [Stage.teacher, .ranking, .student, .fineTuning] {
      try finish(stage, of: recipe)
    }
    try DurableFile.write("scores", to: run.scoresFolder + "/00000.scores")
    try DurableFile.write("{}", to: run.summaryPath)
    let log = try RunLog(path: run.logPath)
    try log.append("done", stage: .teacher, step: 5)
    try log.append("done", stage: .student, step: 5)

    var changed = recipe
    changed.ranking.imagesPerClass = 3
    let stale = try StaleStages(in: run, earlier: recipe, found(changed), computing: [])
    #expect(stale.stages == [.ranking, .student, .fineTuning])
    #expect(!stale.reachesScores)
    _ = try open(changed, redoing: true)
    #expect(exists(run.modelPath(of: .teacher)))
    #expect(exists(run.scoresFolder + "/00000.scores"))
    #expect(!exists(run.modelPath(of: .ranking)))
    #expect(!exists(run.folder(of: .student) + "/done.json"))
    #expect(!exists(run.summaryPath))
    let events = try String(contentsOfFile: run.logPath, encoding: .utf8)
    #expect(events.contains("teacher") && !events.contains("student"))

    changed.ranking.batch = 7
    _ = try open(changed, redoing: true)
    #expect(!exists(run.scoresFolder + "/00000.scores"))
  }

  @Test("a change that influences no result is taken over in silence")
  func harmless() throws {
    _ = try open(recipe)
    try finish(.teacher, of: recipe)
    var changed = recipe
    changed.workers = 3
    changed.name = "b"
    _ = try open(changed)
    #expect(try run.recipe() == changed)
  }

  @Test("a finished stage is done, stale under another recipe, damaged when an output changed")
  func marker() throws {
    _ = try open(recipe)
    let folder = run.folder(of: .teacher)
    func state(_ recipe: Recipe) throws -> StageMarker.State {
      try StageMarker.state(of: .teacher, in: folder, for: recipe)
    }
    #expect(try state(recipe) == .unfinished)
    try finish(.teacher, of: recipe)
    guard case .done(let marker, measured: true) = try state(recipe) else {
      Issue.record("not done")
      return
    }
    #expect(marker.seconds == 1.5)
    #expect(marker.imagesSeen == 10)
    #expect(marker.accuracies == ["test_top1": 50])

    var changed = recipe
    changed.data.test = "/t"
    #expect(try state(changed) == .done(marker, measured: false))
    changed.teacher.width = 32
    #expect(try state(changed) == .stale)

    try DurableFile.write("other weights", to: run.modelPath(of: .teacher))
    #expect(try state(recipe) == .damaged(output: "model.safetensors"))
    unlink(run.modelPath(of: .teacher))
    #expect(try state(recipe) == .damaged(output: "model.safetensors"))
    try DurableFile.write("{\"stage\":", to: StageMarker.path(in: folder))
    #expect(try state(recipe) == .damaged(output: "done.json"))
  }

  @Test("the manifest names every file but checkpoints, and what has changed since")
  func manifest() throws {
    _ = try open(recipe)
    try finish(.teacher, of: recipe)
    try folder.write("x", to: "runs/a/1-teacher/checkpoints/0001.safetensors")
    try DurableFile.write("abc", to: run.selectionPath)
    try Manifest(of: run).write(to: run)

    let manifest = try Manifest(readFrom: run)
    let expected = [
      "1-teacher/done.json", "1-teacher/model.safetensors", "2-ranking/selected.bin", "recipe.yaml",
    ]
    #expect(manifest.files.keys.sorted() == expected)
    // FIPS 180-2's example.
    #expect(
      manifest.files["2-ranking/selected.bin"]?.sha256
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(manifest.files["2-ranking/selected.bin"]?.bytes == 3)
    #expect(manifest.differences(in: run).isEmpty)

    try DurableFile.write("abd", to: run.selectionPath)
    unlink(run.modelPath(of: .teacher))
    #expect(
      manifest.differences(in: run)
        == ["1-teacher/model.safetensors is missing", "2-ranking/selected.bin has changed"])
  }
}

@Suite("RunLog and MetricsTable")
struct RunLogTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private var path: String { folder.path + "/log.jsonl" }

  @Test("an event is one JSON object on one line, there as soon as it is appended")
  func event() throws {
    let log = try RunLog(path: path)
    try log.append(
      "step", stage: .teacher, step: 3,
      ["loss": .number(0.5), "images": .integer(9), "bad": .number(.nan), "text": .text("a\nb/c")],
      time: Date(timeIntervalSince1970: 0))
    let expected =
      #"{"bad":null,"event":"step","images":9,"loss":0.5,"stage":"teacher","step":3,"#
      + #""text":"a\nb/c","time":"1970-01-01T00:00:00.000Z"}"# + "\n"
    #expect(try folder.read("log.jsonl") == expected)
  }

  @Test("a torn last line is removed when the log is opened again")
  func torn() throws {
    try folder.write("{\"event\":\"a\"}\n{\"event\":\"b", to: "log.jsonl")
    let log = try RunLog(path: path)
    try log.append("c")
    let lines = try folder.read("log.jsonl").split(separator: "\n")
    #expect(lines.count == 2)
    #expect(lines[0] == "{\"event\":\"a\"}")
    #expect(lines[1].contains("\"c\""))
  }

  @Test("trimming removes what the stage did after the checkpoint and nothing else")
  func trim() throws {
    let log = try RunLog(path: path)
    try log.append("start")
    try log.append("t1", stage: .teacher, step: 10)
    try log.append("s0", stage: .student)
    try log.append("s1", stage: .student, step: 5)
    try log.append("s1-note", stage: .student)
    try log.append("s2", stage: .student, step: 6)
    try log.append("s2-note", stage: .student)
    try log.append("t2", stage: .teacher, step: 11)
    try log.append("resumed")
    try RunLog.trim(path, stage: .student, toStep: 5)
    let events = try folder.read("log.jsonl").split(separator: "\n").map { line in
      line.split(separator: "\"event\":\"")[1].prefix { $0 != "\"" }
    }
    #expect(events == ["start", "t1", "s0", "s1", "s1-note", "t2", "resumed"])
  }

  @Test("trimming a log that is not there does nothing")
  func noLog() throws {
    try RunLog.trim(path, stage: .student, toStep: 5)
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  @Test("metrics are rows of a CSV, empty where nothing was measured")
  func metrics() throws {
    let path = folder.path + "/metrics.csv"
    let table = try MetricsTable(path: path)
    try table.append(
      .init(step: 1, images: 64, loss: 2.5, learningRate: 1e-5, imagesPerSecond: 100))
    try table.append(
      .init(
        step: 2, images: 128, loss: 2, top1: 12.5, learningRate: 0.1, imagesPerSecond: 99.5,
        validationTop1: 50, validationImages: 40))
    #expect(
      try folder.read("metrics.csv") == """
        step,images,loss,top1,learning_rate,images_per_second,validation_top1,validation_images
        1,64,2.5,,1e-05,100.0,,
        2,128,2.0,12.5,0.1,99.5,50.0,40

        """)
    #expect(try MetricsTable.rows(of: path).map(\.validationTop1) == [nil, 50])
  }

  @Test("a table without the column of measured pictures gets it and goes on")
  func earlier() throws {
    let earlier = "step,images,loss,top1,learning_rate,images_per_second,validation_top1"
    try folder.write("\(earlier)\n1,64,2.5,,1e-05,100.0,50.0\n", to: "metrics.csv")
    let table = try MetricsTable(path: folder.path + "/metrics.csv")
    try table.append(
      .init(
        step: 2, images: 128, loss: 2, learningRate: 0.1, imagesPerSecond: 99.5,
        validationTop1: 60, validationImages: 40))
    #expect(
      try folder.read("metrics.csv")
        == "\(MetricsTable.header)\n1,64,2.5,,1e-05,100.0,50.0,\n2,128,2.0,,0.1,99.5,60.0,40\n")
  }

  @Test("a table resumed at a step has each row once", arguments: 0...6)
  func resumed(step: Int) throws {
    let path = folder.path + "/metrics.csv"
    func rows(_ steps: some Sequence<Int>) -> [MetricsTable.Row] {
      steps.map { .init(step: $0, images: $0, loss: 1, learningRate: 1, imagesPerSecond: 1) }
    }
    let first = try MetricsTable(path: path)
    for row in rows(1...5) { try first.append(row) }
    let handle = try #require(FileHandle(forWritingAtPath: path))
    try handle.seekToEnd()
    try handle.write(contentsOf: Data("6,6,0.".utf8))  // torn by a crash
    let second = try MetricsTable(path: path, trimmedToStep: step)
    for row in rows((step + 1)..<9) { try second.append(row) }
    let expected = step < 6 ? Array(1...8) : [1, 2, 3, 4, 5, 7, 8]
    #expect(try MetricsTable.rows(of: path).map(\.step) == expected)
  }

  @Test("another table is not appended to")
  func otherTable() throws {
    try folder.write("a,b\n", to: "metrics.csv")
    expectError("\(folder.path)/metrics.csv is no table of metrics", code: 65) {
      try MetricsTable(path: folder.path + "/metrics.csv")
    }
  }
}
