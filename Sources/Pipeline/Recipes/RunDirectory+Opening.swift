import Files
import Foundation
import SystemPackage

extension RunDirectory {
  /// Writes `recipe` into the directory, which is this process's, and makes the stages' folders.
  ///
  /// A directory that already holds another recipe's results is refused, because old and new ones
  /// would stand side by side as if they belonged together. With `redoing`, the stages that the
  /// changes reach are removed instead, to be run again; score files stay where only the selection
  /// changed.
  /// - Throws: `PipelineError.usage` when the recipe differs, `FileError`.
  func settle(_ recipe: Recipe, redoing: Bool) throws {
    if FilePath(text: recipePath).exists {
      try reconcile(with: recipe, redoing: redoing)
    }
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
      "\(path) is scored by another recipe: "
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

  /// The stages with files of their own that another recipe than `recipe` made.
  public func staleStages(for recipe: Recipe) throws -> [Stage] {
    let earlier = try self.recipe()
    return Stage.allCases.filter { stage in
      // Scores outlive a changed selection, so they are no results of it.
      let scoresStay = stage == .ranking && earlier.scoresHash == recipe.scoresHash
      guard hasFiles(folder(of: stage), besides: scoresStay ? "scores" : nil) else { return false }
      return earlier.stageHash(stage) != recipe.stageHash(stage)
    }
  }

  private func reconcile(with recipe: Recipe, redoing: Bool) throws {
    let earlier = try self.recipe()
    let stale = try staleStages(for: recipe)
    guard !stale.isEmpty else { return }
    let titles = stale.map(\.title).joined(separator: ", ")
    guard redoing else {
      let keys = recipe.differences(from: earlier).joined(separator: ", ")
      throw PipelineError.usage(
        "\(path) holds results of another recipe: \(keys); `halcyon run \(path)` goes on with what it "
          + "has; or give the same --set, --out a new folder, or --redo to remove and run again: "
          + titles)
    }
    let keepsScores = earlier.scoresHash == recipe.scoresHash
    try remove(stale, keepingScores: keepsScores)
  }

  /// Removes what stages left, and what was made of it.
  func remove(_ stages: [Stage], keepingScores: Bool) throws {
    for stage in stages where FilePath(text: folder(of: stage)).exists {
      try clear(stage, keepingScores: keepingScores)
    }
    for path in [summaryPath, reportPath, modelCardPath, manifestPath] {
      FilePath(text: path).unlink()
    }
    try RunLog.remove(stages: stages, from: logPath)
  }

  func clear(_ stage: Stage, keepingScores: Bool) throws {
    let folder = folder(of: stage)
    // First the marker: without it, a half-removed stage is an unfinished one.
    FilePath(text: StageMarker.path(in: folder)).unlink()
    for name in try FilePath(text: folder).names() {
      if keepingScores, "\(folder)/\(name)" == scoresFolder { continue }
      try FilePath(text: "\(folder)/\(name)").remove()
    }
  }

  private func hasFiles(_ folder: String, besides passedOver: String? = nil) -> Bool {
    let folder = FilePath(text: folder)
    return ((try? folder.names()) ?? []).contains { name in
      let path = folder.joined(name)
      guard name != passedOver else { return false }
      return path.isFolder ? hasFiles(path.text) : path.exists
    }
  }

  /// Makes a folder and those above it.
  /// - Throws: `FileError` naming the folder.
  static func makeFolder(_ folder: String) throws { try FilePath(text: folder).makeFolder() }
}

extension Recipe {
  /// Whether a run of this recipe has the stage.
  public func includes(_ stage: Stage) -> Bool {
    switch stage {
    case .baseline: baseline.enabled
    case .baselineLong: baseline.enabled && baseline.long
    default: true
    }
  }
}
