import Files
import Foundation
import Recipes
import TestSupport
import Testing

/// A recipe that runs all stages on generated pictures in a second or two, and its folder.
struct TinyRun {
  let folder: TemporaryFolder

  /// Writes the pictures and the recipe.
  init() throws {
    folder = try TemporaryFolder()
    try TinyImages(300, seed: 1).writeIDX(to: folder, "data", prefix: "train")
    try TinyImages(60, seed: 2).writeIDX(to: folder, "data", prefix: "t10k")
    try folder.write(Self.recipe, to: "tiny.yaml")
  }

  /// A short training; a checkpoint falls between two rows of metrics and the other way round.
  static let recipe = """
    name: tiny
    threads: 1
    workers: 2
    data:
      labelled: data
      labelledSplit: train
      labelledCount: 60
      validationFraction: 0.2
      unlabelled: rest
      test: data
      testSplit: test
      shardSize: 50
    input: {size: 12, resize: 12, channels: 1, mean: [0.3], std: [0.25]}
    teacher:
      model: resnet8
      stem: small
      width: 8
      training:
        images: 480
        batch: 16
        accumulate: 2
        learningRate: 0.1
        warmUpFrom: 0.01
        warmUpImages: 48
        halvings: 3
        augmentation: {crop: padded, padding: 1, flip: 0, erasing: 0.25}
    ranking: {labelsPerImage: 2, imagesPerClass: 30, batch: 32}
    student:
      model: resnet8
      stem: strided
      width: 8
      training:
        images: 400
        batch: 16
        learningRate: 0.1
        warmUpFrom: 0.01
        halvings: 3
        augmentation: {crop: padded, padding: 1, flip: 0}
    fineTuning:
      training: {epochs: 5, batch: 16, learningRate: 0.01, warmUpFrom: 0.01, drops: [3]}
    baseline:
      long: true
      training: {images: 320}
    evaluation: {batch: 32, everyImages: 48}
    checkpoints: {everySteps: 4, keep: 2}
    """

  /// Where the run called `name` is kept.
  func directory(_ name: String) -> String { "\(folder.path)/runs/\(name)" }

  /// The command line of `verb` on the run called `name`.
  func arguments(_ verb: String = "run", _ name: String, _ settings: [String] = []) -> [String] {
    [verb, "\(folder.path)/tiny.yaml", "--out", directory(name)]
      + settings.flatMap { ["--set", $0] }
  }

  /// Runs `verb` to its end.
  func run(
    _ verb: String = "run", _ name: String, _ settings: [String] = [], flags: [String] = [],
    environment: [String: String] = [:], shell: String? = nil
  ) throws -> Command.Outcome {
    try Command.run(
      arguments(verb, name, settings) + flags, environment: environment, shell: shell)
  }

  /// Runs it to its end and expects that all goes well.
  @discardableResult
  func finish(
    _ verb: String = "run", _ name: String, _ settings: [String] = [], flags: [String] = [],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> Command.Outcome {
    let outcome = try run(verb, name, settings, flags: flags)
    #expect(outcome.code == 0, "\(outcome.errors)", sourceLocation: sourceLocation)
    return outcome
  }

  /// Whether the run called `name` has the file.
  func has(_ name: String, _ file: String) -> Bool {
    FileManager.default.fileExists(atPath: "\(directory(name))/\(file)")
  }

  func text(_ name: String, _ file: String) throws -> String {
    try folder.read("runs/\(name)/\(file)")
  }

  static let stages = ["baseline", "baseline-long", "1-teacher", "3-student", "4-fine-tuned"]

  /// What "the same result" compares: the checksums of every model and of the selection.
  func result(_ name: String, stages: [String] = stages) throws -> [String: String] {
    let files =
      stages.map { "\($0)/model.safetensors" } + [
        "2-ranking/selected.bin", "2-ranking/selected.csv",
      ]
    return try files.reduce(into: [:]) {
      $0[$1] = try Checksum.sha256(file: "\(directory(name))/\($1)")
    }
  }

  /// The steps of a stage's `metrics.csv` and what stands there beside the speed.
  func metrics(_ name: String, _ stage: String) throws -> [[String]] {
    try text(name, "\(stage)/metrics.csv").split(separator: "\n").map { line in
      var cells = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      cells.remove(at: 5)
      return cells
    }
  }

  /// The events of the run's log as "stage event step", but for those that tell of a start.
  func events(_ name: String) throws -> [String] {
    try text(name, "log.jsonl").split(separator: "\n").compactMap { line in
      let event = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      guard let event, let word = event["event"] as? String,
        !["start", "warning", "opened"].contains(word)
      else {
        return nil
      }
      let step = (event["step"] as? Int).map { " \($0)" } ?? ""
      return "\(event["stage"] as? String ?? "-") \(word)\(step)"
    }
  }
}

/// The precisions in which everything has to be the same.
let precisions = ["float32", "bf16"]
