import Files
public import Foundation
import SystemPackage

/// How one shard was scored: the contents of `SHARD.json`, written after its score file and so the
/// mark that the shard is done.
public struct ShardRecord: Codable, Hashable, Sendable {
  /// The shard's name.
  public var shard: String
  /// Number of samples, scored or not.
  public var count: Int
  /// SHA-256 of the teacher's weights, or of what scores from elsewhere are known by.
  public var modelSHA256: String
  /// Hash of the part of the recipe that decides scores.
  public var recipeHash: String
  /// Hash of what the shard holds.
  public var inputIdentity: String
  /// Hash of the pictures that are left out wherever they are found, D's and the test pictures.
  public var leftOutIdentity: String
  /// Images a forward pass; another size gives other last bits.
  public var batch: Int
  /// The numbers' format in the network, for example `bf16`.
  public var precision: String
  /// SHA-256 of what the network's bytes stand for; nil where it computes with none.
  public var calibrationSHA256: String?
  /// The version of libtorch.
  public var libtorch: String
  /// The processor features that kernels were chosen by.
  public var cpuFeatures: String
  /// The device, for example `cpu` or `cuda`.
  public var device: String
  /// Classes kept of each sample, P.
  public var classesPerSample: Int
  /// Number of classes, L.
  public var classes: Int
  /// How many samples could not be read.
  public var unreadable = 0
  /// How many were left out on purpose, for example a test picture found among the unlabelled ones.
  public var excluded = 0
  /// How many could be read, but no scores of them were given; nil for none.
  public var withoutScores: Int?
  /// The states of the picture files when they were scored, in one word: where it differs, they are
  /// looked into. Nil where that is not known.
  public var filesState: String?
  /// SHA-256 of the score file.
  public var scoresSHA256: String
  /// The checksum of the score file that a selection compares it by (`ScoreFileWriter.checksum`); nil in
  /// records that were made without.
  public var scoresChecksum: String?
  /// SHA-256 of what was noted of the pictures beside the scores; nil when nothing was.
  public var contentsSHA256: String?
  /// SHA-256 of the list of the samples without scores (`OmissionsFile`); nil when all have some.
  public var omissionsSHA256: String?
  /// How long scoring took.
  public var seconds: Double
  /// How fast it was.
  public var imagesPerSecond: Double

  /// Makes the record of a scored shard.
  public init(
    shard: String, count: Int, modelSHA256: String, recipeHash: String, inputIdentity: String,
    leftOutIdentity: String, batch: Int, precision: String, libtorch: String, cpuFeatures: String,
    device: String,
    classesPerSample: Int, classes: Int, scoresSHA256: String, seconds: Double,
    imagesPerSecond: Double
  ) {
    self.shard = shard
    self.count = count
    self.modelSHA256 = modelSHA256
    self.recipeHash = recipeHash
    self.inputIdentity = inputIdentity
    self.leftOutIdentity = leftOutIdentity
    self.batch = batch
    self.precision = precision
    self.libtorch = libtorch
    self.cpuFeatures = cpuFeatures
    self.device = device
    self.classesPerSample = classesPerSample
    self.classes = classes
    self.scoresSHA256 = scoresSHA256
    self.seconds = seconds
    self.imagesPerSecond = imagesPerSecond
  }

  enum CodingKeys: String, CodingKey {
    case shard, count, batch, precision, libtorch, device, classes, unreadable, excluded, seconds
    case modelSHA256 = "model_sha256"
    case recipeHash = "recipe_hash"
    case inputIdentity = "input_identity"
    case leftOutIdentity = "left_out_identity"
    case cpuFeatures = "cpu_features"
    case calibrationSHA256 = "calibration_sha256"
    case classesPerSample = "classes_per_sample"
    case filesState = "files_state"
    case withoutScores = "without_scores"
    case scoresSHA256 = "scores_sha256"
    case scoresChecksum = "scores_checksum"
    case contentsSHA256 = "contents_sha256"
    case omissionsSHA256 = "omissions_sha256"
    case imagesPerSecond = "images_per_second"
  }
}

extension ShardRecord {
  /// What stands for what computed where scores come from elsewhere: it does not matter then.
  private static let elsewhere = "elsewhere"

  /// Makes what the records of scores that come from elsewhere have in common.
  /// - Parameters:
  ///   - source: What they are known by.
  ///   - recipeHash: Hash of the part of the recipe that decides scores.
  ///   - leftOut: Hash of the pictures that are left out wherever they are found.
  ///   - classesPerSample: Classes kept of each sample, P.
  ///   - classes: Number of classes, L.
  public init(
    from source: String, recipeHash: String, leftOut: String, classesPerSample: Int, classes: Int
  ) {
    self.init(
      shard: "", count: 0, modelSHA256: source, recipeHash: recipeHash, inputIdentity: "",
      leftOutIdentity: leftOut, batch: 1, precision: Self.elsewhere, libtorch: Self.elsewhere,
      cpuFeatures: Self.elsewhere, device: Self.elsewhere, classesPerSample: classesPerSample,
      classes: classes, scoresSHA256: "", seconds: 0, imagesPerSecond: 0)
  }

  /// Whether the scores come from elsewhere, not from a teacher of the run.
  public var isFromElsewhere: Bool { device == Self.elsewhere }

  /// What decides the bits of a picture's scores, in words, and its value.
  private var scoring: [(name: String, value: String)] {
    [
      (isFromElsewhere ? "where the scores come from" : "the teacher's weights", modelSHA256),
      ("the settings that scores depend on", recipeHash),
      ("the pictures left out of U", leftOutIdentity), ("the batch size", String(batch)),
      ("the precision", precision), ("the version of libtorch", libtorch),
      ("the processor's features", cpuFeatures), ("the device", device),
      ("the number of classes", String(classes)),
    ] + (calibrationSHA256.map { [("the calibration", $0)] } ?? [])
  }

  /// All that decides the bits of a picture's scores, in one word.
  public var scoringIdentity: String {
    Checksum.sha256(Data(scoring.map(\.value).joined(separator: "\n").utf8))
  }

  /// How the two shards were scored differently, in words. The number of classes kept of each picture is
  /// no such difference: records with more classes also serve a request for fewer.
  public func differences(from other: ShardRecord) -> [String] {
    zip(scoring, other.scoring).filter { $0.value != $1.value }.map(\.0.name)
  }

  /// Refuses shards that were not all scored in the same way.
  /// - Throws: `RankingError` naming two shards, what differs and both values.
  public static func checkCompatible(_ records: some Collection<ShardRecord>) throws {
    guard let first = records.first else { return }
    for record in records.dropFirst() {
      let differences = zip(first.scoring, record.scoring).filter { $0.value != $1.value }
      guard !differences.isEmpty else { continue }
      let fields = differences.map { "\($0.name) (\(brief($0.value)) and \(brief($1.value)))" }
      throw RankingError.incompatibleShards(
        "shards \(first.shard) and \(record.shard) cannot be ranked together: they differ in "
          + fields.joined(separator: ", ") + "; score one of them again")
    }
  }

  private static func brief(_ value: String) -> String {
    value.count > 24 ? value.prefix(12) + "…" : value
  }

  /// The record as JSON with sorted keys.
  /// - Throws: `EncodingError` when a figure is not a number.
  public func json() throws -> Data { try JSON.indented(self) }

  /// Reads the record in the file at `path`.
  /// - Throws: `RankingError` naming `path` when it cannot be read as a record.
  public init(path: String) throws {
    do {
      let data = try FilePath(text: path).contents()
      self = try JSON.read(ShardRecord.self, from: data)
    } catch {
      throw RankingError.corruptFile(
        path: path,
        reason: "not the record of a scored shard (\(Self.brief(error))); score this shard again")
    }
  }

  private static func brief(_ error: any Error) -> String {
    switch error as? DecodingError {
    case .keyNotFound(let key, _): return "it has no \(key.stringValue)"
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      let place = context.codingPath.map(\.stringValue).joined(separator: ".")
      return "\(place.isEmpty ? "it" : place) is something else"
    case .dataCorrupted: return "it is not JSON"
    default: return "\(error)"
    }
  }
}
