import ArgumentParser
import Models
import Terminal
import Torch
import Training

/// `Inference`, by which every command scores, measures and predicts, on pictures in memory: loaded, normalised, and
/// the network with batch norm folded, ReLU and addition in the same kernels.
struct ScoreRounds: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "score")

  @OptionGroup var work: NetworkWork

  @Option(help: "Batches in a round.")
  var batches = 8

  func run() throws {
    let network = try work.makeNetwork()
    // The first batches are computed with some numbers of threads, which are timed.
    let rounds = StepRounds(of: batches, amount: work.batch, after: 20, cost: try work.cost())
    var runtime = Runtime(precision: work.precision, batch: work.batch)
    if work.precision == .int8 {
      // The speed does not depend on the ranges.
      let few = NoiseImages(count: work.batch, size: work.size)
      runtime.ranges = try calibrate(network, on: few, input: work.input, runtime, seed: 0)
    }
    let inference = try Inference(network, input: work.input, runtime)
    do {
      let pictures = NoiseImages(count: 1 << 40, size: work.size)
      try inference.forEachBatch(of: pictures) { _, _ in rounds.next() }
    } catch is Stopped {}
  }
}
