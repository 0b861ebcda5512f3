import Models
import Recipes
import Torch
import Training

extension Preflight {
  /// Notes why the teacher could not score in the precision that the recipe asks for.
  mutating func checkScoring(of recipe: Recipe, on device: Device?) throws {
    guard recipe.ranking.precision == .int8, recipe.teacher.kind != .given else { return }
    let key = "ranking.precision"
    if let device, device != .cpu {
      try note(
        PipelineError.usage(
          "\(key): int8 is computed on a CPU; with device: \(device) take bf16, or set device: cpu"),
        key: key)
    } else if !CPU.multipliesBytes {
      try note(
        PipelineError.usage(
          "\(key): this processor (\(CPU.name)) has no instructions that multiply bytes (VNNI), without "
            + "which int8 is slower and less exact than \(Precision.best(on: .cpu).rawValue); take that"),
        key: key)
    }
    guard !isAtFault("teacher.model"),
      let network = try? ModelCatalog.make(
        recipe.options(of: .teacher, classCount: 2), device: .meta), network.foldable == nil
    else { return }
    try note(
      PipelineError.usage(
        "\(key): \(recipe.teacher.model) does not compute in int8; "
          + "\(TrainingError.noInt8)"), key: key)
  }
}
