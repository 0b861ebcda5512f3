public import Export
import Files
public import Recipes
import SystemPackage
import Terminal
import Torch
public import Training

extension ExportTarget: Choice {}

/// A model that was written for another program.
public struct ExportedModel {
  /// The model that it was.
  public let folder: ModelFolder
  /// The paths of what was written.
  public let files: [String]
}

/// Writes the model at `source`, a model folder or a run directory, whose best model is taken, for `target`
/// into the folder `out`.
/// - Throws: `ExportError`, `TrainingError` or `FileError` naming what does not fit; nothing is then written.
public func exportModel(
  _ source: String, for target: ExportTarget, to out: String, normalizes: Bool = false,
  replacing replaces: Bool = false
) throws -> ExportedModel {
  let isModel = FilePath(text: "\(source)/config.json").exists
  let best = isModel ? nil : Stage.models(in: source).last
  let folder = try ModelFolder(contentsOf: best ?? source)
  let network = try folder.load(on: .cpu)
  let files = try StopSignal.savingNothing {
    try folder.export(
      network, for: target, to: out, normalizes: normalizes, replacing: replaces)
  }
  return ExportedModel(folder: folder, files: files)
}
