import Files
import Foundation
import ImageData
import Recipes
import SystemPackage
import Terminal
import Torch
import Training

/// Which numbers the teacher's layers see and make, as the first that scored in int8 has found on labelled
/// pictures: `calibration.json` of the folder `2-ranking`, which all others take.
struct Calibration: Codable, Equatable {
  /// SHA-256 of the teacher's weights.
  var modelSHA256: String
  /// How many labelled pictures were looked at.
  var pictures: Int
  /// What the layers' bytes stand for.
  var ranges: ActivationRanges

  enum CodingKeys: String, CodingKey {
    case pictures, ranges
    case modelSHA256 = "model_sha256"
  }

  /// Where it lies.
  static func path(in directory: RunDirectory) -> String {
    "\(directory.folder(of: .ranking))/calibration.json"
  }

  /// The one that `run` has of `teacher`, or a new one of labelled pictures, which is kept.
  /// - Throws: `FileError`, `TrainingError` where the teacher does not compute in int8, `Stopped`.
  init(of teacher: ModelFolder, in run: Run) throws {
    let path = Self.path(in: run.directory)
    let model = try Checksum.sha256(file: teacher.weightsPath)
    if let found = try Self.read(path) {
      if found.modelSHA256 == model {
        self = found
        return
      }
      // It is of another teacher, whose scores are refused by their records.
      FilePath(text: path).unlink()
    }
    let labelled = run.data.labelled.dataset
    let pictures = min(calibrationImages, labelled.count)
    run.console.note(
      "scores: calibrating int8 on \(Format.counted(pictures, "labelled picture", "labelled pictures"))"
    )
    let made = Self(
      modelSHA256: model, pictures: pictures,
      ranges: try calibrate(
        teacher.load(on: .cpu), on: labelled, input: run.recipe.input, run.scoringRuntime(nil),
        seed: run.seed(.ranking)))
    // Of several that begin at once, on machines whose last bits may differ, one's is everybody's.
    let file = try DurableFile(path: path)
    try file.write(try made.json())
    try file.commitUnlessThere()
    guard let kept = try Self.read(path), kept.modelSHA256 == model else {
      throw PipelineError.io("\(path) was changed by another process; run again")
    }
    self = kept
  }

  private static func read(_ path: String) throws -> Self? {
    do {
      return try JSON.read(Self.self, at: path)
    } catch let error as FileError where error.code == 0 {
      throw PipelineError.data(
        "\(error); remove it, and the same pictures give the same one again")
    }
  }

  private init(modelSHA256: String, pictures: Int, ranges: ActivationRanges) {
    self.modelSHA256 = modelSHA256
    self.pictures = pictures
    self.ranges = ranges
  }

  private func json() throws -> Data { try JSON.pretty(self) }

  /// What it is known by.
  var sha256: String { get throws { Checksum.sha256(try json()) } }
}
