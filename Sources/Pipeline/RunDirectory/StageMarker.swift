import Files
import Foundation
public import Recipes
import SystemPackage

/// `done.json` of a stage's folder: written last, it says that the stage is finished and of what.
public struct StageMarker: Codable, Equatable, Sendable {
  /// The stage.
  public var stage: Stage
  /// `Recipe.stageHash` of the recipe that made it.
  public var stageHash: String
  /// `Recipe.evaluationHash` of the recipe with which it was measured.
  public var evaluationHash: String
  /// `Recipe.measuringHash` of that recipe; nil where an earlier version made it.
  public var measuringHash: String?
  /// The SHA-256 of each output, by its path in the stage's folder.
  public var outputs: [String: String]
  /// How long the stage took, over all its resumptions.
  public var seconds: Double
  /// How many images it saw.
  public var imagesSeen: Int
  /// Accuracies in percent by name ("test_top1", "validation_top1").
  public var accuracies: [String: Double]
  /// What it was made of; nil where an earlier version made it, which did not note that.
  public var inputs: StageInputs?
  /// The pictures that it was measured on, by the set's name; nil as above.
  public var measuredOn: [String: ImagesIdentity]?

  enum CodingKeys: String, CodingKey {
    case stage, outputs, seconds, accuracies, inputs
    case measuredOn = "measured_on"
    case stageHash = "stage_hash"
    case evaluationHash = "evaluation_hash"
    case measuringHash = "measuring_hash"
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
    imagesSeen: Int, accuracies: [String: Double] = [:], inputs: StageInputs? = nil,
    measuredOn: [String: ImagesIdentity]? = nil
  ) throws {
    self.inputs = inputs
    self.measuredOn = measuredOn
    self.stage = stage
    stageHash = recipe.stageHash(stage)
    evaluationHash = recipe.evaluationHash
    measuringHash = recipe.measuringHash
    outputs = try names.reduce(into: [:]) {
      $0[$1] = try FileContents.checksum(of: "\(folder)/\($1)").sha256
    }
    self.seconds = seconds
    self.imagesSeen = imagesSeen
    self.accuracies = accuracies
  }

  /// The marker's path in a stage's folder.
  public static func path(in folder: String) -> String { "\(folder)/done.json" }

  /// Reads the marker of a stage's folder; nil where there is none.
  /// - Throws: `FileError`, with the code 0 when it is broken.
  init?(in folder: String) throws {
    guard let found = try JSON.read(StageMarker.self, at: Self.path(in: folder)) else { return nil }
    self = found
  }

  /// Writes the marker into the stage's `folder`, durably.
  /// - Throws: `FileError` naming the marker.
  public func write(to folder: String) throws {
    try DurableFile.write(try JSON.pretty(self), to: Self.path(in: folder))
  }

  /// Whether the recipe's settings are those that made the stage.
  private func isMade(by recipe: Recipe) -> Bool {
    guard var was = inputs else { return recipe.isStageHash(stageHash, of: stage) }
    // What the words for the device lead to here is compared where the stage is computed.
    was.device = nil
    was.precision = nil
    // Where pictures and weights lie is no matter: a start has compared them themselves.
    var now = was
    now.settings = recipe.settings(of: stage)
    return now.differences(from: was, computes: false).isEmpty
  }

  /// Whether `folder` says that it has `stage` of `recipe`, its outputs unread.
  /// - Throws: `FileError` naming a marker that cannot be read; of a broken one false.
  static func isMade(_ stage: Stage, in folder: String, by recipe: Recipe) throws -> Bool {
    do {
      guard let marker = try StageMarker(in: folder) else { return false }
      return marker.stage == stage && marker.isMade(by: recipe)
    } catch let error as FileError where error.code == 0 {
      return false
    }
  }

  /// What `folder` says about `stage` of `recipe`; reads every output once for its checksum.
  /// - Parameters:
  ///   - stage: The stage.
  ///   - folder: Its folder.
  ///   - recipe: The recipe to be followed.
  ///   - measured: The pictures to be measured on, where they are known.
  /// - Returns: What the folder says.
  /// - Throws: `FileError` naming what cannot be read.
  static func state(
    of stage: Stage, in folder: String, for recipe: Recipe,
    measuredOn measured: [String: ImagesIdentity]? = nil
  ) throws -> State {
    let found: StageMarker?
    do {
      found = try StageMarker(in: folder)
    } catch let error as FileError where error.code == 0 {
      return .damaged(output: "done.json")
    }
    guard let marker = found else { return .unfinished }
    guard marker.stage == stage, marker.isMade(by: recipe) else { return .stale }
    for (output, expected) in marker.outputs.sorted(by: { $0.key < $1.key }) {
      let found = try? FileContents.checksum(of: "\(folder)/\(output)").sha256
      if found != expected { return .damaged(output: output) }
    }
    return .done(marker, measured: marker.isMeasured(on: measured, by: recipe))
  }

  /// Whether the accuracies are those of these pictures, measured as the recipe has it.
  private func isMeasured(on now: [String: ImagesIdentity]?, by recipe: Recipe) -> Bool {
    guard stage.isMeasured, let was = measuredOn, let now else {
      return evaluationHash == recipe.evaluationHash
    }
    guard was == now else { return false }
    // The same pictures may lie elsewhere.
    return evaluationHash == recipe.evaluationHash || measuringHash == recipe.measuringHash
  }
}
