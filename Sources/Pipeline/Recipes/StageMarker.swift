import Files
import Foundation
import SystemPackage

/// `done.json` of a stage's folder: written last, it says that the stage is finished and of what.
public struct StageMarker: Codable, Equatable, Sendable {
  /// The stage.
  public var stage: Stage
  /// `Recipe.stageHash` of the recipe that made it.
  public var stageHash: String
  /// `Recipe.evaluationHash` of the recipe with which it was measured.
  public var evaluationHash: String
  /// The SHA-256 of each output, by its path in the stage's folder.
  public var outputs: [String: String]
  /// How long the stage took, over all its resumptions.
  public var seconds: Double
  /// How many images it saw.
  public var imagesSeen: Int
  /// Accuracies in percent by name ("test_top1", "validation_top1").
  public var accuracies: [String: Double]

  enum CodingKeys: String, CodingKey {
    case stage, outputs, seconds, accuracies
    case stageHash = "stage_hash"
    case evaluationHash = "evaluation_hash"
    case imagesSeen = "images_seen"
  }

  /// What a stage's folder says about the stage.
  public enum State: Equatable, Sendable {
    /// Never finished.
    case unfinished
    /// Finished under another recipe.
    case stale
    /// Finished, but this output is missing or has changed since.
    case damaged(output: String)
    /// Finished; `measured` is false when the accuracies are those of other pictures.
    case done(StageMarker, measured: Bool)
  }

  /// Makes the marker of a finished `stage` of `recipe`, whose outputs lie in `folder`.
  /// - Throws: `FileError` naming an output that cannot be read.
  public init(
    _ stage: Stage, of recipe: Recipe, folder: String, outputs names: [String], seconds: Double,
    imagesSeen: Int, accuracies: [String: Double] = [:]
  ) throws {
    self.stage = stage
    stageHash = recipe.stageHash(stage)
    evaluationHash = recipe.evaluationHash
    outputs = try names.reduce(into: [:]) {
      $0[$1] = try FileContents.checksum(of: "\(folder)/\($1)").sha256
    }
    self.seconds = seconds
    self.imagesSeen = imagesSeen
    self.accuracies = accuracies
  }

  /// The marker's path in a stage's folder.
  public static func path(in folder: String) -> String { "\(folder)/done.json" }

  /// Writes the marker into the stage's `folder`, durably.
  /// - Throws: `FileError` naming the marker.
  public func write(to folder: String) throws {
    try DurableFile.write(try JSON.pretty(self), to: Self.path(in: folder))
  }

  /// What `folder` says about `stage` of `recipe`; reads every output once for its checksum.
  public static func state(of stage: Stage, in folder: String, for recipe: Recipe) throws -> State {
    let path = path(in: folder)
    guard FilePath(text: path).exists else { return .unfinished }
    let bytes = try FileContents.data(of: path)
    guard let marker = try? JSONDecoder().decode(StageMarker.self, from: bytes) else {
      return .damaged(output: "done.json")
    }
    guard marker.stage == stage, marker.stageHash == recipe.stageHash(stage) else { return .stale }
    for (output, expected) in marker.outputs.sorted(by: { $0.key < $1.key }) {
      let found = try? FileContents.checksum(of: "\(folder)/\(output)").sha256
      if found != expected { return .damaged(output: output) }
    }
    return .done(marker, measured: marker.evaluationHash == recipe.evaluationHash)
  }
}

/// JSON as a run directory holds it.
enum JSON {
  /// Indented, keys sorted, a newline at the end.
  static func pretty(_ value: some Encodable) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(value) + Data("\n".utf8)
  }
}
