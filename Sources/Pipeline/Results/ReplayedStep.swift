import Files
import Models
import Recipes
import SystemPackage
import Torch
import Training

/// A step that a training of a run could not take, computed again from what it left in the stage's `refused/`.
public struct ReplayedStep: Encodable, Sendable {
  /// What the capture says: the step, the seed, the parts, the reason, the weights' checksum.
  public let step: [String: String]
  /// What came of each part.
  private let parts: [StepCapture.Replayed]

  /// Computes the step in the file at `path` again, with the network of its run's recipe.
  /// - Throws: `PipelineError.usage` where the file does not lie in a run directory; `FileError`, `TorchError`.
  public init(contentsOf path: String) throws {
    let folder = FilePath(text: path).folder.folder
    let run = RunDirectory(path: folder.folder.text)
    let name = folder.lastComponent?.string
    guard let stage = Stage.allCases.first(where: { $0.folder == name }) else {
      throw PipelineError.usage(
        "\(path) does not lie in the refused/ of a stage of a run directory, whose recipe says which network it is of"
      )
    }
    let recipe = try run.recipe()
    let capture = try StepCapture(contentsOf: path)
    let network = try ModelCatalog.make(
      recipe.options(of: stage, classCount: capture.classCount), seed: 0, device: .cpu)
    step = capture.metadata
    parts = try capture.replay(on: network, recipe.input)
  }

  /// Whether every loss and gradient is a finite number this time.
  public var isFinite: Bool { parts.allSatisfy { $0.loss.isFinite && $0.notFinite == nil } }

  /// What there is to say: of which step this is, and what came of each part.
  public var lines: [String] {
    let head =
      "\(step["training"] ?? "training"), step \(step["step"] ?? "?"): \(step["reason"] ?? "refused") "
      + "(seed \(step["seed"] ?? "?"), weights \(step["weights"] ?? "?"), \(step["precision"] ?? "?"))"
    let alone =
      step["sync_batch_norm"] == "true"
      ? ["batch norm saw the pictures of all processes then, and sees this one's alone now"] : []
    return [head] + alone
      + parts.map { part in
        "part \(part.part): loss \(part.loss)"
          + (part.notFinite.map { ", the gradient of \($0) is not finite" } ?? "")
      }
  }
}
