import Files
import Foundation
import Ranking
import Recipes
import SystemPackage
import Terminal

/// A run that begins with another's teacher and scores, and with a selection that lies beside it: for
/// training a student on that selection and keeping the other's.
public enum BranchRun {
  /// Makes the run directory `path`, or finds it made before.
  /// - Parameters:
  ///   - path: The new run directory.
  ///   - run: The run that the selection is of, opened for reading with the selection's recipe.
  ///   - folder: The selection's folder.
  /// - Returns: Whether it was made now.
  /// - Throws: `PipelineError.usage` when `path` holds another run, `PipelineError`, `FileError`.
  public static func make(_ path: String, of run: Run, selectedIn folder: String) throws -> Bool {
    let branch = RunDirectory(path: path)
    let selected = try RunSelection(of: run, in: folder)
    if try branch.holdsRun() {
      let marker = try StageMarker(in: branch.folder(of: .ranking))
      guard marker?.outputs["selected.bin"] == selected.sha256 else {
        throw PipelineError.usage(
          "\(path) holds a run with another selection than \(folder); give --out a new folder")
      }
      return false
    }
    // Under another name until it is whole: a half-made branch would be no run directory.
    let made = RunDirectory(path: "\(branch.path).tmp-\(getpid())")
    defer { try? FilePath(text: made.path).remove() }
    try RunDirectory.makeFolder(made.path)
    for stage in Stage.allCases.prefix(while: { $0 != .ranking })
    where FilePath(text: StageMarker.path(in: run.directory.folder(of: stage))).exists {
      try SharedFiles.link(run.directory.folder(of: stage), to: made.folder(of: stage))
    }
    try SharedFiles.linkKnown(of: run.directory, to: made)
    try SharedFiles.linkScores(of: run.directory, to: made)
    let shards = try ScoredShards(in: run)
    var outputs: [String] = []
    for name in SelectionFolder.files + ["materialized.json"]
    where FilePath(text: "\(folder)/\(name)").exists {
      guard name != SelectionOrigin.fileName else { continue }
      try SharedFiles.link("\(folder)/\(name)", to: "\(made.folder(of: .ranking))/\(name)")
      if name.hasPrefix("selected.") { outputs.append(name) }
    }
    var inputs =
      try StageMarker(in: run.directory.folder(of: .ranking))?.inputs
      ?? run.inputs.inputs(of: .ranking, in: run.directory)
    inputs.settings = run.recipe.settings(of: .ranking)
    if let record = shards.scored.first?.record {
      (inputs.device, inputs.precision, inputs.libtorch) = (
        record.device, record.precision, record.libtorch
      )
    }
    try StageMarker(
      .ranking, of: run.recipe, folder: made.folder(of: .ranking), outputs: outputs,
      seconds: shards.seconds, imagesSeen: shards.pictures, inputs: inputs
    ).write(to: made.folder(of: .ranking))
    try run.recipe.write(to: made.recipePath)
    guard FilePath(text: made.path).rename(to: FilePath(text: branch.path)) == 0 else {
      throw FileError("make", path, code: errno)
    }
    run.console.note(
      "\(path): begun with the teacher and the scores of \(run.directory.path) and the selection in "
        + folder)
    return true
  }

  /// Takes away the run directory that `make` has just made, where the run is then refused: of the other
  /// run's files it has second names only.
  public static func withdraw(_ path: String) { try? FilePath(text: path).remove() }
}
