import Models
import Torch

/// Stage 1: a teacher learns from the labelled pictures D, from scratch or from given weights.
public enum TrainTeacher {
  /// Trains the teacher, or does nothing when this run has it already.
  /// - Throws: `PipelineError`.
  public static func perform(in run: Run) throws {
    let recipe = run.recipe.teacher
    try run.stage(.teacher) {
      let options = run.options(model: recipe.model, stem: recipe.stem, width: recipe.width)
      let network = try ModelCatalog.make(options, seed: run.seed(.teacher), device: run.device)
      if let source = recipe.startFrom { try start(network, from: source, in: run) }
      return try run.trainAndMeasure(
        TrainingJob(
          stage: .teacher, network: network,
          examples: run.data.labelled, validation: run.data.validation, training: recipe.training,
          seed: run.seed(.teacher)), options)
    }
  }

  /// Loads given weights; a last layer for other classes stays fresh.
  private static func start(_ network: any Network, from source: String, in run: Run) throws {
    let isFile = source.hasSuffix(".safetensors")
    let file = try Safetensors(path: isFile ? source : "\(source)/model.safetensors")
    let last = type(of: network).lastLayer
    let sameShapes = network.weights.state.allSatisfy { name, tensor in
      !name.hasPrefix(last) || file.shape(of: name) == tensor.shape
    }
    let names = isFile ? nil : try ModelFolder(contentsOf: source).classNames
    let keepsLast = sameShapes && (names.map { $0 == run.data.classNames } ?? true)
    try network.weights.load(file) { $0.hasPrefix(last) && !keepsLast }
    try ModelFolder.requireFinite(network, from: file.path)
    run.console.note(
      "teacher: starts from \(source)" + (keepsLast ? "" : ", with a new last layer"))
  }
}
