import ImageData
import Models
import Recipes
import Shards
import Torch
import Training

extension Preflight {
  /// Notes why the teacher could not score in the precision that the recipe asks for.
  mutating func checkScoring(of recipe: Recipe, on device: Device?) throws {
    guard recipe.ranking.precision == .int8, recipe.teacher.kind != .given else { return }
    if let device, let error = PipelineError(ofInt8On: device) {
      try note(error, key: "ranking.precision")
    }
    guard !isAtFault("teacher.model"),
      let network = try? ModelCatalog.make(
        recipe.options(of: .teacher, classCount: 2), device: .meta), network.foldable == nil
    else { return }
    try note(
      PipelineError.usage(
        "ranking.precision: \(recipe.teacher.model) does not compute in int8; \(TrainingError.noInt8)"
      ),
      key: "ranking.precision")
  }
}

extension Preflight {
  /// Notes why the recipe's cache could not be where it says, in a run in `directory` if there is one.
  mutating func checkCache(of recipe: Recipe, in directory: String?) throws {
    guard let folder = recipe.data.cache else { return }
    _ = try attempt("data.cache") {
      try FolderForOutput.requireApart(folder, from: directory, recipe.data, nil)
      do {
        try ImageCache.requireRoom(in: folder, for: recipe.cacheFormat)
      } catch ImageDataError.argument(let reason) {
        throw PipelineError.usage("data.cache: \(reason)")
      }
    }
  }
}

extension PipelineError {
  /// Why `device` does not compute in int8, which `key` asks for; nil where it does.
  init?(ofInt8On device: Device, key: String = "ranking.precision") {
    if device != .cpu {
      self = .usage(
        "\(key): int8 is computed on a CPU, not on \(device); take bf16 there"
      )
    } else if !CPU.multipliesBytes {
      self = .usage(
        "\(key): this processor (\(CPU.name)) has no instructions that multiply bytes (VNNI), "
          + "without which int8 is slower and less exact than \(Precision.best(on: .cpu).rawValue); take that"
      )
    } else {
      return nil
    }
  }
}
