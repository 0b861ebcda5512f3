import Files
import Recipes
import SystemPackage
import Terminal
import Training

/// Stage 1 of a later round: the student of the round before becomes the teacher, as it is.
enum TakeStudent {
  /// Takes the student of the round in `earlier` for the teacher and measures it, or does nothing when this round has
  /// it already.
  /// - Throws: `PipelineError.usage` where that round has none yet, `FileError`.
  static func perform(from earlier: RunDirectory, in run: Run) throws {
    try run.stage(.teacher) {
      let folder = run.directory.folder(of: .teacher)
      try run.onFirst { try take(earlier, to: folder, run) }
      // By its scores of held-out pictures the purity of this round's selection is estimated.
      let teacher = try ModelFolder(contentsOf: folder).load(on: run.device)
      return StageOutcome(
        outputs: ["model.safetensors", "config.json"], seconds: 0, imagesSeen: 0,
        accuracies: try run.measure(teacher, .teacher))
    }
  }

  private static func take(_ earlier: RunDirectory, to folder: String, _ run: Run) throws {
    let source = earlier.folder(of: .fineTuning)
    guard try StageMarker(in: source) != nil else {
      throw PipelineError.usage(
        "\(earlier.path) has no finished student yet, which is this round's teacher; `halcyon run` on its recipe "
          + "does all rounds in order")
    }
    try? FilePath(text: folder).remove()
    for name in try FilePath(text: source).names()
    where name.hasPrefix("model.") || name == "config.json" {
      try SharedFiles.link("\(source)/\(name)", to: "\(folder)/\(name)")
    }
    run.console.note("teacher: the student in \(source)")
  }
}
