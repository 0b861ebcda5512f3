import Files
import Foundation
import Models
import SystemPackage
import Terminal
import Torch

/// The checkpoints of one training, newest last.
public struct CheckpointFolder {
  /// The folder's path.
  public let path: String
  /// Steps between two checkpoints.
  public var everySteps: Int
  /// How many of the newest checkpoints stay.
  public var keep: Int
  /// Whose they are; nil where the training that uses them says it.
  var owner: Owner?

  /// The training that checkpoints are of.
  package struct Owner {
    /// What each checkpoint says about it.
    let metadata: [String: String]
    /// Whether a checkpoint of this metadata is one of it.
    let owns: ([String: String]) -> Bool

    package init(metadata: [String: String], owns: @escaping ([String: String]) -> Bool) {
      self.metadata = metadata
      self.owns = owns
    }
  }

  /// The checkpoints in the folder at `path`, which a first one makes; of one training, and of no other.
  public init(path: String, everySteps: Int = 1000, keep: Int = 2) {
    self.init(path: path, everySteps: everySteps, keep: keep, owner: nil)
  }

  package init(path: String, everySteps: Int, keep: Int, owner: Owner?) {
    self.path = path
    self.everySteps = max(1, everySteps)
    self.keep = max(1, keep)
    self.owner = owner
  }

  private var files: [(step: Int, path: String)] { Self.files(in: path) }

  /// The checkpoints in the folder at `path`, newest last.
  package static func files(in path: String) -> [(step: Int, path: String)] {
    let names = (try? FilePath(text: path).names()) ?? []
    return names.compactMap { name in
      guard name.hasPrefix("step-"), name.hasSuffix(".safetensors") else { return nil }
      return Int(name.dropFirst(5).dropLast(12)).map { ($0, "\(path)/\(name)") }
    }.sorted { $0.step < $1.step }
  }

  /// Writes a checkpoint durably, then removes all but the newest; all are of this training, since `load`
  /// refuses a folder with others.
  /// - Throws: `FileError` naming the file; the earlier checkpoints are then untouched.
  func save(
    _ checkpoint: Checkpoint, _ network: any Network, _ optimizer: any Optimizer,
    _ others: [ParameterStore.Named]
  ) throws {
    try FilePath(text: path).makeFolder()
    let digits = String(checkpoint.step)
    let padded = Format.padded(digits, digits: 8)
    let labels = checkpoint.sums.pseudoLabels.map {
      ["pseudo_labels": $0.numbers.map { String(Int($0)) }.joined(separator: ",")]
    }
    try Safetensors.write(
      network.weights.state + optimizer.state + others,
      metadata: (owner?.metadata ?? [:]).merging([
        "step": digits, "bad_steps": "\(checkpoint.badSteps)",
        "loss_bits": "\(checkpoint.sums.loss.bitPattern)",
        "correct": "\(checkpoint.sums.correct)", "images": "\(checkpoint.sums.images)",
        "seconds": "\(checkpoint.seconds)",
      ]) { $1 }.merging(labels ?? [:]) { $1 }, to: "\(path)/step-\(padded).safetensors")
    // A newer one was passed over, as it cannot be read: it takes nothing's place.
    for old in files.filter({ $0.step <= checkpoint.step }).dropLast(keep) {
      FilePath(text: old.path).unlink()
    }
  }

  /// Loads the newest checkpoint of this training into `network`, `optimizer` and `others`; nil where
  /// there is none. One that cannot be read is passed over, and `console` says so.
  /// - Throws: `TrainingError.usage` when it is another training's, which is left as it is; `FileError` or
  ///   `TorchError` when a checkpoint does not fit the network.
  func load(
    _ network: any Network, _ optimizer: any Optimizer, _ others: [ParameterStore.Named],
    _ console: Console
  ) throws -> Checkpoint? {
    for candidate in files.reversed() {
      let file: Safetensors
      do {
        file = try Safetensors(path: candidate.path)
      } catch {
        console.say("passes over a checkpoint: \(error)")
        continue
      }
      guard owner?.owns(file.metadata) ?? false else {
        throw TrainingError.usage(
          "\(candidate.path) is of another training, whose checkpoints would be mixed with this one's; "
            + "give another folder, or move \(path) away")
      }
      try network.weights.load(file)
      for (name, tensor) in optimizer.state + others {
        try tensor.copy(from: file.tensor(name))
      }
      func number<Number: LosslessStringConvertible>(_ key: String, _ zero: Number) -> Number {
        file.metadata[key].flatMap(Number.init) ?? zero
      }
      let labels = file.metadata["pseudo_labels"].map {
        $0.split(separator: ",").compactMap { Double($0) }
      }
      return Checkpoint(
        step: number("step", 0),
        sums: .init(
          loss: Double(bitPattern: number("loss_bits", 0)), correct: number("correct", 0),
          images: number("images", 0), pseudoLabels: labels.flatMap(PseudoLabels.Counts.init)),
        badSteps: number("bad_steps", 0), seconds: number("seconds", 0.0))
    }
    return nil
  }
}
