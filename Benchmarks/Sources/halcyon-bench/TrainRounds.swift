import ArgumentParser
import Models
import Torch
import Training

/// The steps of the pipeline's training loop on one batch that is already in memory.
struct TrainRounds: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "train")

  @OptionGroup var work: NetworkWork

  @Option(help: "Steps in a round.")
  var steps = 4

  func run() throws {
    let network = try work.makeNetwork()
    let optimizer = try SGD(network.weights.parameters)
    let statistics = try BatchStatistics(of: network)
    let pictures = try work.makeBatch()
    let targets = try makeTargets()
    let pass = Pass(.training, precision: work.precision)

    // A step of `train`, the guard against steps that are not finite included.
    func step() throws {
      try statistics.remember()
      let sums = try LossSums(on: .cpu)
      let logits = try network(pictures, pass)
      let loss = try logits.softmaxCrossEntropy(targets)
      try loss.backward()
      try sums.add(loss, hits: logits.hits(in: targets), images: work.batch)
      guard try FiniteSteps().refusal(of: sums, optimizer, step: 1) == nil else {
        throw ValidationError("the loss or a gradient is not finite")
      }
      try optimizer.step(learningRate: 0.1)
      try optimizer.clearGradients()
    }
    try step()
    try serve(amount: Double(steps * work.batch), warmUp: steps > 1, cost: work.cost()) {
      for _ in 0..<steps { try step() }
    }
  }

  /// Soft targets, as the pipeline has them: one class a picture, in turn.
  private func makeTargets() throws -> Tensor {
    let classes = 1000
    var rows = [Float](repeating: 0, count: work.batch * classes)
    for row in 0..<work.batch { rows[row * classes + row * 31 % classes] = 1 }
    return try Tensor(rows, shape: [work.batch, classes])
  }
}
