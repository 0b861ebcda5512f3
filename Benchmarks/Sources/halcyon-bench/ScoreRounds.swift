import ArgumentParser
import Models
import Torch

/// Inference as the pipeline scores: batch norm folded, ReLU and addition in the same kernels.
struct ScoreRounds: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "score")

  @OptionGroup var work: NetworkWork

  @Option(help: "Batches in a round.")
  var batches = 8

  func run() throws {
    let network = try work.makeNetwork()
    // The input arrives in float32, as from the loader; PyTorch's is in the network's precision.
    let pictures = try work.makeBatch()
    let pass = Pass(.evaluation, precision: work.precision)
    try withoutGradients {
      if work.precision == .int8 {
        try calibrate(network, pictures, pass)
      } else {
        try network.fold(precision: work.precision)
      }
      try serve(amount: Double(batches * work.batch), cost: work.cost()) {
        for _ in 0..<batches { _ = try network(pictures, pass) }
      }
    }
  }

  /// The speed does not depend on the ranges.
  private func calibrate(_ network: any Network, _ pictures: Tensor, _ pass: Pass) throws {
    guard let layers = network.foldable else {
      throw ValidationError("\(work.model) does not compute in int8")
    }
    try layers.observe()
    _ = try network(pictures, pass)
    var ranges = try layers.observedRanges()
    ranges.layers[layers.first]?.input = (0..<3).map { _ in ValueRange(low: -2.5, high: 2.5) }
    try layers.fold(to: ranges)
  }
}
