import Files
import Foundation
@testable import Pipeline
import Recipes
import TestSupport
import Testing
import Training

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
  private func open(
    _ recipe: Recipe, redoing: Bool = false, remaking: Set<Stage> = Set(Stage.allCases),
    in other: RunDirectory? = nil
  ) throws -> RunLock {
    let directory = other ?? run
    let claim = try RunClaim(directory, access: .alone)
    try claim.take()
    try directory.reconcile(
      with: found(recipe), computing: [], remaking: remaking, redoing: redoing,
      changes: { "the labelled pictures" })
    try directory.settle(recipe)
    return try #require(claim.lock)
  }

  /// What a start on a CPU finds that depends on nothing but the recipe.
  private func found(_ recipe: Recipe) -> RunInputs {
    RunInputs(
      recipe: recipe, device: "cpu", precision: "float32", sets: [:], leftOut: "", unlabelled: nil,
      learned: [:], workers: 1, given: [:])
  }

  private func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

  /// Finishes `stage` with one output.
  private func finish(
    _ stage: Stage, of recipe: Recipe, in other: RunDirectory? = nil, _ weights: String? = nil
  ) throws {
    let run = other ?? run
    try FileManager.default.createDirectory(
      atPath: run.folder(of: stage), withIntermediateDirectories: true)
    try DurableFile.write(weights ?? "weights of \(stage)", to: run.modelPath(of: stage))
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
      let folders = Stage.allCases.filter(recipe.includes).map(\.folder)
      #expect(names == ([".lock", "recipe.yaml"] + folders).sorted())
      #expect(folders.contains("baseline") && folders.contains("4-fine-tuned"))
      #expect(exists(run.path + "/2-ranking/scores"))
    }
  }

  @Test("what a start leaves that was killed early is nothing, and pictures called known are")
  func known() throws {
    let folder = try TemporaryFolder()
    let directory = RunDirectory(path: folder.path)
    for name in ["labelled.contents", "labelled.list", "weights.json", "unreadable.csv"] {
      try folder.write("", to: "known/\(name)")
    }
    #expect(try !directory.holdsRun())
    try folder.write("", to: "known/owl.jpg")
    #expect(throws: PipelineError.self) { try directory.holdsRun() }
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
    let log = try EventLog(path: run.logPath)
    try log.append("done", stage: Stage.teacher.rawValue, step: 5)
    try log.append("done", stage: Stage.student.rawValue, step: 5)

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

  @Test("redoing removes nothing that the command does not make again")
  func redoingElsewhere() throws {
    _ = try open(recipe)
    for stage in [Stage.teacher, .ranking, .student] { try finish(stage, of: recipe) }
    var changed = recipe
    changed.ranking.imagesPerClass = 3
    expectError(
      "--redo would remove what this command does not make again: ranking, student; `halcyon run "
        + "\(run.path) --redo` with the same changes does"
    ) { try open(changed, redoing: true, remaking: [.fineTuning]) }
    expectError(
      "\(run.path) holds results of another recipe: ranking.imagesPerClass (16000 → 3); `halcyon run "
        + "\(run.path)` goes on with what it has; or give the same --set, --out a new folder, or "
        + "`halcyon run \(run.path) --redo` to remove and run again: ranking, student"
    ) { try open(changed, remaking: []) }
    #expect(exists(run.modelPath(of: .ranking)) && exists(run.modelPath(of: .student)))
    // What is made of what is made again goes with it.
    _ = try open(changed, redoing: true, remaking: [.ranking])
    #expect(!exists(run.modelPath(of: .ranking)) && !exists(run.modelPath(of: .student)))
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

  @Test("the best model of a run is its student, of several rounds the last one that there is")
  func models() throws {
    var recipe = recipe
    recipe.rounds = 3
    try FileManager.default.createDirectory(
      atPath: run.path, withIntermediateDirectories: true)
    try recipe.write(to: run.recipePath)
    for stage in [Stage.teacher, .baseline, .fineTuning] { try finish(stage, of: recipe) }
    let first = ["baseline", "1-teacher", "4-fine-tuned"].map { "\(run.path)/\($0)" }
    #expect(Stage.models(in: run.path) == first)
    let second = run.round(2).folder(of: .fineTuning)
    try finish(.teacher, of: recipe, in: run.round(2), "weights of \(Stage.fineTuning)")
    // A student that is not fine-tuned yet is none.
    #expect(Stage.models(in: run.path) == first)
    try finish(.fineTuning, of: recipe, in: run.round(2), "later weights")
    #expect(Stage.models(in: run.path) == first + [second])
    // Nor is one that the recipe no longer asks for, or whose teacher is not the student that there is now.
    recipe.rounds = 1
    try recipe.write(to: run.recipePath)
    #expect(Stage.models(in: run.path) == first)
    recipe.rounds = 2
    try recipe.write(to: run.recipePath)
    try finish(.fineTuning, of: recipe, in: run, "another student")
    #expect(Stage.models(in: run.path) == first)
  }
}
