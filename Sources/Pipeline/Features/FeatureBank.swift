import Files
import Foundation
import ImageData
import Models
import SystemPackage
import Terminal
import Torch
import Training

/// What a frozen network sees of labelled pictures, all in memory, and their classes.
struct FeatureBank {
  /// [pictures, features] float32, of the pictures that can be read.
  let features: Tensor
  let classes: [Int]

  /// The features in `shards` of the pictures `labelled`.
  /// - Parameters:
  ///   - shards: What is kept of them, of all shards.
  ///   - labelled: The same pictures, with their classes.
  ///   - title: What messages begin with.
  ///   - advice: What to do where memory does not suffice.
  /// - Throws: `PipelineError` where there is not enough memory, or no picture can be read.
  init(_ shards: FeatureShards, _ labelled: Examples, of title: String, advice: String) throws {
    var values: [Float] = []
    var classes: [Int] = []
    // Some are computed with in double precision, and parts of them held out.
    let needed = 8.0 * 4 * Double(labelled.count) * Double(shards.kind.features)
    guard 0.9 * needed <= Memory.limit else {
      throw PipelineError.memory(
        "\(title): the features of \(Format.count(labelled.count)) labelled pictures take some "
          + "\(Format.bytes(needed)) of \(Format.bytes(Memory.limit)); \(advice)")
    }
    try shards.forEachRows { indices, rows in
      values += rows
      classes += indices.map { Int(labelled.classes(at: $0).first ?? 0) }
    }
    guard !classes.isEmpty else {
      throw PipelineError.data("\(title): no picture of \(labelled.dataset.name) can be read")
    }
    features = try Tensor(values, shape: [classes.count, shards.kind.features])
    self.classes = classes
  }

  /// A vote of these pictures behind `network`, and at how many of them it is right, in percent, where each is
  /// left out in turn; nil of a single one.
  func voter(
    behind network: any Network, _ vote: NeighbourVote, classCount: Int
  ) throws -> (voter: NearestNeighbours, heldOutTop1: Double?) {
    let voter = try NearestNeighbours(network, vote, classCount: classCount)
    try voter.remember(features, classes: classes)
    let count = classes.count
    var correct = 0
    for first in stride(from: 0, to: count, by: 1_024) where count > 1 {
      try StopSignal.check()
      let rows = first..<min(count, first + 1_024)
      let best = try voter.classifyBank(rows).top(1).indices.array(of: Int64.self)
      correct += zip(best, classes[rows]).count { Int($0) == $1 }
    }
    return (voter, count > 1 ? 100 * Double(correct) / Double(count) : nil)
  }
}

extension Network {
  /// Takes a layer that was trained on this network's features for its last one.
  func takeLastLayer(_ layer: SoftmaxRegression.Layer) throws {
    let last = Self.lastLayer
    for (name, tensor) in weights.parameters {
      if name == last + "weight" { try tensor.copy(from: layer.weight) }
      if name == last + "bias" { try tensor.copy(from: layer.bias) }
    }
  }
}

extension FeatureShards {
  /// Takes the folder, from which features of other weights or settings are taken away.
  func beginAnew(_ console: Console, title: String) throws {
    if FilePath(text: folder).exists, (try? found()) != kind {
      console.note("\(title): \(folder) has features of something else; made again")
      try FilePath(text: folder).remove()
    }
    try begin()
  }
}
