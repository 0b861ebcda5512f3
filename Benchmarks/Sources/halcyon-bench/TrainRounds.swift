import ArgumentParser
import Models
import Terminal
import Torch
import Training

/// `train`, the loop of every training, on pictures in memory: loaded, normalised, forward, loss, backward, the
/// guard against steps that are not finite, the optimiser and the books.
struct TrainRounds: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "train")

  @OptionGroup var work: NetworkWork

  @Option(help: "Steps in a round.")
  var steps = 4

  func run() throws {
    let rounds = StepRounds(of: steps, amount: work.batch, cost: try work.cost())
    try work.train(guardedBy: CountedSteps(rounds: rounds), in: SingleProcess())
  }
}

/// Lets every step be taken, as long as it is finite, and counts it.
struct CountedSteps: StepGuard {
  /// Nil where another process counts.
  let rounds: StepRounds?

  func refusal(of sums: LossSums, _ optimizer: any Optimizer, step: Int) throws -> String? {
    let reason = try FiniteSteps().refusal(of: sums, optimizer, step: step)
    if reason == nil { rounds?.next() }
    return reason
  }
}

extension NetworkWork {
  /// Trains the network until it is asked to stop, each batch in as many parts as `group` has processes.
  func train(guardedBy stepGuard: any StepGuard, in group: any ProcessGroup) throws {
    var settings = TrainingSettings()
    settings.images = 1 << 40
    (settings.batch, settings.accumulate) = (batch, group.size)
    (settings.learningRate, settings.warmUpFrom, settings.schedule) = (0.001, 0.001, .constant)
    settings.augmentation.crop = .none
    settings.augmentation.flip = 0
    let pictures = NoiseImages(count: 4 * batch, size: size)
    var job = TrainingJob(
      try makeNetwork(), on: try Examples(labelled: pictures), settings, input: input)
    job.stepGuard = stepGuard
    var runtime = Runtime(precision: precision)
    runtime.group = group
    do {
      try Training.train(job, runtime)
    } catch is Stopped {}
  }
}
