import Files
import Foundation
import Recipes
import SystemPackage
import Terminal
import Training

extension RunDirectory {
  /// Refuses or, with `redoing`, removes what was made otherwise than this start would make it: old and
  /// new results would stand side by side as if they belonged together. Score files stay where only
  /// the selection changed.
  /// - Parameters:
  ///   - now: What this start finds.
  ///   - computed: The stages that it is to compute.
  ///   - remade: The stages that it makes again; nothing else is removed but what is made of them.
  ///   - onlyScoring: Whether only the teacher and the scores matter.
  ///   - redoing: Whether to remove.
  ///   - console: Where what was removed is said.
  ///   - beforeRemoving: Throws where what is to be removed could not be made again.
  ///   - changes: In what the labelled pictures differ, in words.
  /// - Returns: The finished stages of an earlier version, which noted less.
  /// - Throws: `PipelineError.usage` or `.data` saying what differs, `FileError`.
  @discardableResult
  func reconcile(
    with now: RunInputs, computing computed: Set<Stage>, remaking remade: Set<Stage>? = nil,
    onlyScoring: Bool = false, redoing: Bool, _ console: Console = Console(quiet: true),
    beforeRemoving: (StaleStages) throws -> Void = { _ in }, changes: () -> String
  ) throws -> [Stage] {
    guard FilePath(text: recipePath).exists else { return [] }
    let earlier = try self.recipe()
    var stale = try StaleStages(in: self, earlier: earlier, now, computing: computed)
    if onlyScoring { stale.keepWhatScoresDependOn() }
    guard !stale.isEmpty else { return stale.unknown }
    let remade = remade ?? computed
    let made = remade.union(remade.flatMap(\.later))
    let makesAgain: (Stage) -> Bool = { made.contains($0) || !isBegun($0) }
    guard redoing else {
      throw stale.refusal(
        of: self, isEdited: earlier.settings == now.recipe.settings, now, makesAgain: makesAgain,
        changes: changes)
    }
    let others = stale.stages.filter { !makesAgain($0) }
    guard others.isEmpty else {
      throw PipelineError.usage(
        "--redo would remove what this command does not make again: "
          + others.map(\.title).joined(separator: ", ")
          + "; `halcyon run \(path) --redo` with the same changes does")
    }
    try beforeRemoving(stale)
    let removed = stale.stages.filter(isBegun)
    try remove(stale.stages, keepingScores: !stale.reachesScores)
    if !removed.isEmpty {
      console.say("removed, to be made again: \(removed.map(\.title).joined(separator: ", "))")
    }
    return stale.unknown.filter { !stale.stages.contains($0) }
  }

  /// Whether a stage has left anything.
  private func isBegun(_ stage: Stage) -> Bool {
    !((try? FilePath(text: folder(of: stage)).names()) ?? []).isEmpty
  }

  /// Writes `recipe` into the directory, which is this process's, and makes the stages' folders.
  /// - Throws: `FileError`, `PipelineError.io`.
  func settle(_ recipe: Recipe) throws {
    removeTornFiles()
    // Before the folders: with them and without it, this would no longer be a run directory.
    if (try? FilePath(text: recipePath).contents()) != Data(recipe.yaml.utf8) {
      try recipe.write(to: recipePath)
    }
    for stage in Stage.allCases where recipe.includes(stage) {
      try Self.makeFolder(folder(of: stage))
    }
    try Self.makeFolder(scoresFolder)
  }

  /// For those who score or read a run beside others: recipes may differ in what scores do not depend
  /// on.
  /// - Throws: `PipelineError.usage` when `recipe` asks for other scores than the run has.
  func requireSameScores(_ recipe: Recipe) throws {
    let earlier = try self.recipe()
    let others = zip(earlier.settings, recipe.settings).filter {
      Recipe.decidesUnlabelled($0.key) && $0 != $1
    }
    guard earlier.scoresHash != recipe.scoresHash || !others.isEmpty else { return }
    throw PipelineError.usage(
      "\(path) has scores of another recipe: "
        + recipe.differences(from: earlier).joined(separator: ", ") + "; give --out a new folder")
  }

  /// Removes the temporary files and folders that a process left which was killed while it wrote.
  private func removeTornFiles() {
    for entry in (try? FilePath(text: path).entriesBelow()) ?? [] {
      if FilePath(text: entry).name.contains(".tmp-") {
        try? FilePath(text: "\(path)/\(entry)").remove()
      }
    }
  }

  /// Removes what stages left, and what was made of it.
  func remove(_ stages: [Stage], keepingScores: Bool) throws {
    for stage in stages where FilePath(text: folder(of: stage)).exists {
      try clear(stage, keepingScores: keepingScores)
    }
    for path in [summaryPath, reportPath, modelCardPath, manifestPath] {
      FilePath(text: path).unlink()
    }
    try EventLog.remove(stages: stages.map(\.rawValue), from: logPath)
  }

  func clear(_ stage: Stage, keepingScores: Bool) throws {
    let folder = folder(of: stage)
    // First the marker: without it, a half-removed stage is an unfinished one.
    FilePath(text: StageMarker.path(in: folder)).unlink()
    for name in try FilePath(text: folder).names() {
      let ofScores = [
        scoresFolder, ScoreProvenance.path(in: self), TeacherAgreement.path(in: self),
        CacheNote.path(in: self), Calibration.path(in: self),
      ]
      if keepingScores, ofScores.contains("\(folder)/\(name)") { continue }
      try FilePath(text: "\(folder)/\(name)").remove()
    }
  }

  /// Makes a folder and those above it.
  /// - Throws: `FileError` naming the folder.
  static func makeFolder(_ folder: String) throws {
    do {
      try FilePath(text: folder).makeFolder()
    } catch let error as FileError {
      throw FileError("make the folder", folder, code: error.code)
    }
  }
}
