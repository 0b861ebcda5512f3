import Files
import Foundation

extension RunDirectory {
  /// Writes `recipe` into the directory, which is this process's, and makes the stages' folders.
  ///
  /// A directory that already holds another recipe's results is refused, because old and new ones
  /// would stand side by side as if they belonged together. With `redoing`, the stages that the
  /// changes reach are removed instead, to be run again; score files stay where only the selection
  /// changed.
  /// - Throws: `PipelineError.usage` when the recipe differs, `FileError`.
  func settle(_ recipe: Recipe, redoing: Bool) throws {
    if FileManager.default.fileExists(atPath: recipePath) {
      try reconcile(with: recipe, redoing: redoing)
    }
    removeTornFiles()
    // Before the folders: with them and without it, this would no longer be a run directory.
    if (try? String(contentsOfFile: recipePath, encoding: .utf8)) != recipe.yaml {
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
    let entries = FileManager.default.enumerator(atPath: path)
    while let entry = entries?.nextObject() as? String {
      if (entry as NSString).lastPathComponent.contains(".tmp-") {
        try? FileManager.default.removeItem(atPath: "\(path)/\(entry)")
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
    for stage in stages where FileManager.default.fileExists(atPath: folder(of: stage)) {
      try clear(stage, keepingScores: keepingScores)
    }
    for path in [summaryPath, reportPath, modelCardPath, manifestPath] { unlink(path) }
    try RunLog.remove(stages: stages, from: logPath)
  }

  func clear(_ stage: Stage, keepingScores: Bool) throws {
    let folder = folder(of: stage)
    // First the marker: without it, a half-removed stage is an unfinished one.
    unlink(StageMarker.path(in: folder))
    for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
      if keepingScores, "\(folder)/\(name)" == scoresFolder { continue }
      do {
        try FileManager.default.removeItem(atPath: "\(folder)/\(name)")
      } catch {
        throw PipelineError.io("cannot remove \(folder)/\(name): \(error.localizedDescription)")
      }
    }
  }

  private func hasFiles(_ folder: String, besides passedOver: String? = nil) -> Bool {
    let entries = FileManager.default.enumerator(atPath: folder)
    while let entry = entries?.nextObject() as? String {
      if entry == passedOver {
        entries?.skipDescendants()
        continue
      }
      var isFolder: ObjCBool = false
      if FileManager.default.fileExists(atPath: "\(folder)/\(entry)", isDirectory: &isFolder),
        !isFolder.boolValue
      {
        return true
      }
    }
    return false
  }

  /// Makes a folder and those above it.
  /// - Throws: `PipelineError.io` naming the folder.
  static func makeFolder(_ folder: String) throws {
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw PipelineError.io("cannot make the folder \(folder): \(error.localizedDescription)")
    }
  }
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
