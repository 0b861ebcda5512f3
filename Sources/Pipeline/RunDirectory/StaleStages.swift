import Files
import Foundation
import Recipes
import Torch
import SystemPackage
import Training

/// The stages of a run directory that were made otherwise than a start would make them now, and why.
struct StaleStages {
  private(set) var reasons: [(stage: Stage, differences: [StageDifference])] = []
  /// Whether the scores of U are stale, too, and not only what was selected by them.
  private(set) var reachesScores = false
  /// The finished stages whose marker says nothing of what they were made of: an earlier version's.
  private(set) var unknown: [Stage] = []

  var stages: [Stage] { reasons.map(\.stage) }
  var isEmpty: Bool { reasons.isEmpty }
  var differences: [StageDifference] {
    var seen: Set<StageDifference> = []
    return reasons.flatMap(\.differences).filter { seen.insert($0).inserted }
  }

  /// Compares what is in `directory` with what this start finds.
  /// - Parameters:
  ///   - directory: The run directory.
  ///   - earlier: The recipe that the directory has.
  ///   - now: What this start finds.
  ///   - computed: The stages that it is to compute.
  /// - Throws: `FileError` naming what cannot be read.
  init(
    in directory: RunDirectory, earlier: Recipe, _ now: RunInputs, computing computed: Set<Stage>
  )
    throws
  {
    var stale: Set<Stage> = []
    for stage in Stage.allCases {
      let present = now.inputs(of: stage, in: directory)
      var found: [StageDifference] = []
      let made = try Made(of: stage, in: directory)
      switch made {
      case .of(let was):
        found = present.differences(from: was, computes: computed.contains(stage))
        // Scores may have been made elsewhere, and their records say where.
        // Scores from elsewhere were made by no device of a run.
        let isGiven = now.recipe.teacher.kind == .given
        if stage == .ranking, isGiven || present.namesSameMachine(as: was) {
          found.removeAll { if case .machine = $0 { true } else { false } }
        }
      case .hash(let hash, let isFinished):
        if !now.recipe.isStageHash(hash, of: stage) {
          found = now.recipe.stageDifferences(of: stage, from: earlier)
          if found.isEmpty { found = [.unknown] }
        } else if isFinished {
          unknown.append(stage)
        }
      case .nothing:
        guard stage == .ranking, directory.hasScores else { continue }
        found = now.recipe.stageDifferences(of: stage, from: earlier)
          .filter { now.recipe.reachesScores($0) }
      }
      let isBegunOnStale =
        now.recipe.beginning(of: stage).map { stale.contains($0.with) } ?? false
      guard !found.isEmpty || isBegunOnStale else { continue }
      stale.insert(stage)
      reasons.append((stage, found))
      if stage == .ranking {
        reachesScores = isBegunOnStale || found.contains { now.recipe.reachesScores($0) }
      }
    }
  }

  /// For those who only score: what is selected and trained afterwards is not theirs.
  mutating func keepWhatScoresDependOn() {
    reasons.removeAll { $0.stage != .teacher && !($0.stage == .ranking && reachesScores) }
  }

  /// What a stage's folder says it was made of.
  private enum Made {
    case nothing
    case hash(String, isFinished: Bool)
    case of(StageInputs)

    init(of stage: Stage, in directory: RunDirectory) throws {
      let folder = directory.folder(of: stage)
      if let marker = try? StageMarker(in: folder) {
        self = marker.inputs.map { .of($0) } ?? .hash(marker.stageHash, isFinished: true)
        return
      }
      let checkpoints = CheckpointFolder.files(in: directory.checkpointsFolder(of: stage))
      for checkpoint in checkpoints.reversed() {
        guard let metadata = try? Safetensors(path: checkpoint.path).metadata else { continue }
        if let inputs = CheckpointFolder.inputs(in: metadata) {
          self = .of(inputs)
        } else {
          self = .hash(metadata["stage"] ?? "", isFinished: false)
        }
        return
      }
      self = .nothing
    }
  }
}

extension Recipe {
  /// The settings that reach `stage`, by key.
  func settings(of stage: Stage) -> [String: String] {
    let all = seen(by: stage).settings.filter { depends(stage, on: $0.key) }
      .map { ($0.key, $0.value) }
    return Dictionary(all, uniquingKeysWith: { first, _ in first })
  }

  /// The settings that reach `stage` and differ from `other`'s.
  fileprivate func stageDifferences(of stage: Stage, from other: Recipe) -> [StageDifference] {
    zip(other.seen(by: stage).settings, seen(by: stage).settings)
      .filter { $0 != $1 && depends(stage, on: $1.key) }
      .map { .setting(key: $1.key, was: $0.value, now: $1.value) }
  }

  /// Whether scores are others, too, where this differs.
  fileprivate func reachesScores(_ difference: StageDifference) -> Bool {
    switch difference {
    case .setting(let key, _, _): scoresDepend(on: key)
    case .file(let name): !StageInputs.tags.contains(name)
    default: true
    }
  }
}
