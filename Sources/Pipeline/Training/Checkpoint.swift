import Files
import Foundation
import Models
import SystemPackage
import Torch

/// Where a training stands: one safetensors file of weights, batch-norm statistics and momenta,
/// whose metadata holds the position.
///
/// The state of the data is a function of the position alone, so this is all there is to save.
struct Checkpoint {
  /// Steps done.
  var step = 0
  /// Sums since the last row of metrics.csv.
  var sums = Sums()
  /// Steps in a row whose loss or gradients were not finite.
  var badSteps = 0
  /// Seconds spent, over all resumptions.
  var seconds = 0.0

  struct Sums: Codable, Equatable {
    var loss = 0.0
    var correct = 0
    var images = 0
  }
}

/// The checkpoints of one stage, newest last.
struct CheckpointFolder {
  let path: String
  let stageHash: String
  /// What the stage is made of.
  let inputs: StageInputs
  let keep: Int

  private var files: [(step: Int, path: String)] { Self.files(in: path) }

  /// The checkpoints in the folder at `path`, newest last.
  static func files(in path: String) -> [(step: Int, path: String)] {
    let names = (try? FilePath(text: path).names()) ?? []
    return names.compactMap { name in
      guard name.hasPrefix("step-"), name.hasSuffix(".safetensors") else { return nil }
      return Int(name.dropFirst(5).dropLast(12)).map { ($0, "\(path)/\(name)") }
    }.sorted { $0.step < $1.step }
  }

  /// The step of the newest checkpoint of a stage in the folder at `path`; 0 where there is none.
  static func newestStep(in path: String, stageHash: String) -> Int {
    let newest = files(in: path).last {
      (try? Safetensors(path: $0.path))?.metadata["stage"] == stageHash
    }
    return newest?.step ?? 0
  }

  /// What a checkpoint with this metadata was made of; nil where an earlier version made it.
  static func inputs(in metadata: [String: String]) -> StageInputs? {
    metadata["inputs"].flatMap {
      try? JSONDecoder().decode(StageInputs.self, from: Data($0.utf8))
    }
  }

  /// Writes a checkpoint durably, then removes all but the newest.
  /// - Throws: `FileError` naming the file; the earlier checkpoints are then untouched.
  func save(_ checkpoint: Checkpoint, _ network: any Network, _ optimizer: SGD) throws {
    guard FilePath(text: path).withPlatformString({ mkdir($0, 0o755) }) == 0 || errno == EEXIST
    else {
      throw FileError("make the folder", path, code: errno)
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let digits = String(checkpoint.step)
    let padded = Format.padded(digits, digits: 8)
    try Safetensors.write(
      network.weights.state + optimizer.state,
      metadata: [
        "step": digits, "stage": stageHash, "bad_steps": "\(checkpoint.badSteps)",
        "loss_bits": "\(checkpoint.sums.loss.bitPattern)",
        "correct": "\(checkpoint.sums.correct)", "images": "\(checkpoint.sums.images)",
        "seconds": "\(checkpoint.seconds)",
        "inputs": String(decoding: try encoder.encode(inputs), as: UTF8.self),
      ], to: "\(path)/step-\(padded).safetensors")
    for old in files.dropLast(max(keep, 1)) { FilePath(text: old.path).unlink() }
  }

  /// Loads the newest checkpoint of this stage into `network` and `optimizer`; nil where there is
  /// none. One that cannot be read is passed over, and `console` says so.
  /// - Throws: `FileError` or `TorchError` when a checkpoint does not fit the network.
  func load(_ network: any Network, _ optimizer: SGD, _ console: Console) throws -> Checkpoint? {
    for candidate in files.reversed() {
      let file: Safetensors
      do {
        file = try Safetensors(path: candidate.path)
      } catch {
        console.say("passes over a checkpoint: \(error)")
        continue
      }
      let isOfStage =
        Self.inputs(in: file.metadata).map {
          inputs.differences(from: $0, computes: true).isEmpty
        } ?? (file.metadata["stage"] == stageHash)
      guard isOfStage else { continue }
      try network.weights.load(file)
      for (name, tensor) in optimizer.state { try tensor.copy(from: file.tensor(name)) }
      func number<Number: LosslessStringConvertible>(_ key: String, _ zero: Number) -> Number {
        file.metadata[key].flatMap(Number.init) ?? zero
      }
      return Checkpoint(
        step: number("step", 0),
        sums: .init(
          loss: Double(bitPattern: number("loss_bits", 0)), correct: number("correct", 0),
          images: number("images", 0)),
        badSteps: number("bad_steps", 0), seconds: number("seconds", 0.0))
    }
    return nil
  }

  /// Removes every checkpoint, and what an interrupted write left.
  func remove() { try? FilePath(text: path).remove() }
}
