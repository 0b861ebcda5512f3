import Files
import Foundation
import Recipes
import Torch
import Training

extension CheckpointFolder {
  /// The checkpoints of a stage of `recipe` that is made of `inputs`.
  init(path: String, _ recipe: Recipe, _ stage: Stage, _ inputs: StageInputs) throws {
    let made = try JSON.line(inputs, escapesSlashes: true)
    let hash = recipe.stageHash(stage)
    self.init(
      path: path, everySteps: recipe.checkpoints.everySteps, keep: recipe.checkpoints.keep,
      owner: Owner(
        metadata: ["stage": hash, "inputs": String(decoding: made, as: UTF8.self)]
      ) { metadata in
        Self.inputs(in: metadata).map { inputs.differences(from: $0, computes: true).isEmpty }
          ?? recipe.isStageHash(metadata["stage"] ?? "", of: stage)
      })
  }

  /// The step of the newest checkpoint of a stage in the folder at `path`; 0 where there is none.
  static func newestStep(in path: String, stageHash: String) -> Int {
    let newest = files(in: path).last {
      (try? Safetensors(path: $0.path))?.metadata["stage"] == stageHash
    }
    return newest?.step ?? 0
  }

  /// What a checkpoint with this metadata was made of; nil where an earlier version made it.
  static func inputs(in metadata: [String: String]) -> StageInputs? {
    metadata["inputs"].flatMap {
      try? JSON.read(StageInputs.self, from: Data($0.utf8))
    }
  }
}
