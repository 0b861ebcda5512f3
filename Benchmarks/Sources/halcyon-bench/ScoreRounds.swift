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
    // The input arrives in float32, as from the loader; the peer's is in the network's precision.
    let pictures = try work.makeBatch()
    let pass = Pass(.evaluation, precision: work.precision)
    try network.fold(precision: work.precision)
    try withoutGradients {
      try serve(amount: Double(batches * work.batch), cost: work.cost()) {
        for _ in 0..<batches { _ = try network(pictures, pass) }
      }
    }
  }
}
