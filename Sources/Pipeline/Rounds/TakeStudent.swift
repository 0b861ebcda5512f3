import Files
import Recipes
import SystemPackage
import Terminal

/// Stage 1 of a later round: the student of the round before becomes the teacher, as it is.
enum TakeStudent {
  /// Takes the student of the round in `earlier` for the teacher, or does nothing when this round has it already.
  /// - Throws: `PipelineError.usage` where that round has none yet, `FileError`.
  static func perform(from earlier: RunDirectory, in run: Run) throws {
    try run.onFirst {
      try run.stage(.teacher) {
        let source = earlier.folder(of: .fineTuning)
        guard let marker = try StageMarker(in: source) else {
          throw PipelineError.usage(
            "\(earlier.path) has no finished student yet, which is this round's teacher; `halcyon run` on its recipe "
              + "does all rounds in order")
        }
        let folder = run.directory.folder(of: .teacher)
        try? FilePath(text: folder).remove()
        for name in try FilePath(text: source).names() where isTaken(name) {
          try SharedFiles.link("\(source)/\(name)", to: "\(folder)/\(name)")
        }
        run.console.note("teacher: the student in \(source)")
        return StageOutcome(
          outputs: ["model.safetensors", "config.json"], seconds: 0, imagesSeen: 0,
          accuracies: marker.accuracies)
      }
    }
  }

  /// What says of the model what it is and how good, and not how it was made.
  private static func isTaken(_ name: String) -> Bool {
    name.hasPrefix("model.") || name == "config.json" || name.hasPrefix("evaluation-")
  }
}
