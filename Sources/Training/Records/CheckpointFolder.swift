import Files
import Foundation
import Models
import SystemPackage
import Torch

/// The checkpoints of one training, newest last.
public struct CheckpointFolder {
  /// The folder's path.
  public let path: String
  /// Steps between two checkpoints.
  public var everySteps: Int
  /// How many of the newest checkpoints stay.
  public var keep: Int
  /// What else each says about itself.
  private let metadata: [String: String]
  /// Whether a checkpoint of this metadata is one of this training.
  private let isOwn: ([String: String]) -> Bool

  /// The checkpoints in the folder at `path`, which a first one makes: each says `metadata` about itself,
  /// and `isOwn` whether one with such metadata is of this training.
  public init(
    path: String, everySteps: Int = 1000, keep: Int = 2, metadata: [String: String],
    isOwn: @escaping ([String: String]) -> Bool
  ) {
    self.path = path
    self.everySteps = everySteps
    self.keep = keep
    self.metadata = metadata
    self.isOwn = isOwn
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

  /// Writes a checkpoint durably, then removes all but the newest.
  /// - Throws: `FileError` naming the file; the earlier checkpoints are then untouched.
  func save(
    _ checkpoint: Checkpoint, _ network: any Network, _ optimizer: any Optimizer
  ) throws {
    guard FilePath(text: path).withPlatformString({ mkdir($0, 0o755) }) == 0 || errno == EEXIST
    else {
      throw FileError("make the folder", path, code: errno)
    }
    let digits = String(checkpoint.step)
    let padded = Format.padded(digits, digits: 8)
    try Safetensors.write(
      network.weights.state + optimizer.state,
      metadata: metadata.merging([
        "step": digits, "bad_steps": "\(checkpoint.badSteps)",
        "loss_bits": "\(checkpoint.sums.loss.bitPattern)",
        "correct": "\(checkpoint.sums.correct)", "images": "\(checkpoint.sums.images)",
        "seconds": "\(checkpoint.seconds)",
      ]) { $1 }, to: "\(path)/step-\(padded).safetensors")
    for old in files.dropLast(max(keep, 1)) { FilePath(text: old.path).unlink() }
  }

  /// Loads the newest checkpoint of this training into `network` and `optimizer`; nil where there is
  /// none. One that cannot be read is passed over, and `console` says so.
  /// - Throws: `FileError` or `TorchError` when a checkpoint does not fit the network.
  func load(
    _ network: any Network, _ optimizer: any Optimizer, _ console: Console
  ) throws -> Checkpoint? {
    for candidate in files.reversed() {
      let file: Safetensors
      do {
        file = try Safetensors(path: candidate.path)
      } catch {
        console.say("passes over a checkpoint: \(error)")
        continue
      }
      guard isOwn(file.metadata) else { continue }
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
}
