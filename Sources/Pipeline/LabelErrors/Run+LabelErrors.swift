import Files
import Foundation
import Recipes

extension Run {
  /// Where `halcyon label-errors` writes.
  var labelErrorsFolder: String { "\(directory.path)/\(LabelErrorFiles.folder)" }

  /// Whether any stage is finished, of which a report can tell.
  public var hasResults: Bool { Stage.allCases.contains(where: directory.isFinished) }

  /// What wrong labels would be found by and in now, by what it is.
  /// - Throws: `FileError`.
  func labelErrorFacts() throws -> [String: String] {
    [
      "teacher": String(decoding: try JSON.line(labelErrorInputs), as: UTF8.self),
      "seed": "\(recipe.seed)",
    ]
  }

  private var labelErrorInputs: StageInputs {
    var made = inputs.inputs(of: .teacher, in: directory)
    made.libtorch = nil
    return made
  }

  /// What `halcyon label-errors` found, and whether by the teacher and in the pictures that the run has now; nil where
  /// it is not finished.
  var labelErrors: (found: LabelErrors, isOfThisRun: Bool)? {
    let path = "\(labelErrorsFolder)/\(LabelErrorFiles.summary)"
    guard let found = try? JSON.read(LabelErrors.self, at: path) else { return nil }
    let teacher = found.madeOf?["teacher"].map { Data($0.utf8) }
    guard let teacher, let before = try? JSONDecoder().decode(StageInputs.self, from: teacher),
      found.madeOf?["seed"] == "\(recipe.seed)"
    else { return (found, false) }
    // Whatever computes the report, and wherever the same pictures lie now.
    return (found, labelErrorInputs.differences(from: before, computes: false).isEmpty)
  }
}
