import Files
import Foundation
import Models
import Terminal
package import Torch

/// What the processes of a group agree on in each step: the gradients, the running statistics, the sums of loss
/// and hits, and whether somebody was asked to stop. A process alone agrees with itself.
final class StepAgreement {
  /// The signal that asked any of them to stop before this step.
  private(set) var stop: Int32?
  private let group: DistributedGroup?
  private let reducer: GradientReducer?
  private let share: PartShare
  private let job: TrainingJob
  private let statistics: BatchStatistics
  private let device: Device
  private let trained: [Tensor]
  /// Whether this process's own loss and gradients were finite numbers, as far as that is known.
  private var isOwnFinite = false
  private var steps = 0
  /// For how many seconds this process has waited for the others' gradients.
  private var waited = 0.0
  /// After how many steps the weights of all processes are compared.
  private static let comparedEvery = 100
  /// The signals that ask, in the order of their counts.
  private static let signals: [Int32] = [15, 2, 1]

  init(
    of job: TrainingJob, _ share: PartShare, _ optimizer: any Optimizer,
    _ statistics: BatchStatistics, _ runtime: Runtime
  ) throws {
    self.job = job
    self.share = share
    self.statistics = statistics
    device = runtime.device
    group = runtime.distributed
    let trained = optimizer.parameters.map(\.tensor)
    self.trained = trained
    reducer = try group.map { try GradientReducer(of: trained, over: $0) }
  }

  /// Says that the next backward pass of the network itself is this process's last of the step.
  func expectLastGradients(after sums: PartSums?) throws {
    try reducer?.expectLastGradients(after: sums)
  }

  /// Adds the gradients of a part's loss, where batch norms may wait for those of other processes.
  func backward(from loss: Tensor) throws {
    guard job.settings.syncBatchNorm, let group else { return try loss.backward() }
    try group.sayingWhoIsLost("a batch norm's gradients") { try loss.backward() }
  }

  /// Adds up the gradients of all processes, and what their parts of the batch make of the running statistics, of
  /// which `parts` is this process's; nil where they were moved already.
  /// - Returns: The sums of loss and hits of all of them.
  /// - Throws: `DistributedError`, `TorchError`.
  func reach(_ own: LossSums, _ parts: Tensor?) throws -> LossSums {
    let sums = try sum(own, parts)
    if let parts { try statistics.move(by: parts, keeping: share.decay) }
    steps += 1
    if steps == 2 || steps % Self.comparedEvery == 0 { try compare() }
    return sums
  }

  /// How many bytes of gradients this process has sent a step, and for how many seconds it has waited in all; nil where
  /// it is alone.
  var exchange: (bytes: Int, waited: Double)? { reducer.map { ($0.byteCount, waited) } }

  /// Compares the weights of all processes.
  /// - Throws: `DistributedError.differs`.
  func compare() throws {
    try group?.requireSame(
      job.network.weights.state.map(\.tensor),
      what: "\(job.title): after \(Format.counted(max(0, steps - 1), "step", "steps"))")
  }

  private func sum(_ own: LossSums, _ parts: Tensor?) throws -> LossSums {
    guard let reducer else { return own }
    let (loss, hits) = try own.read()
    let labels = try own.pseudoLabels?.read().numbers ?? []
    let asked = StopSignal.number
    let counts = Self.signals.map { $0 == asked ? 1.0 : 0 }
    let numbers = try reducer.finish(
      statistics: parts, numbers: [loss, Double(hits), Double(own.images)] + labels + counts)
    waited += reducer.waited
    stop = zip(Self.signals, numbers[(3 + labels.count)...]).first { $1 > 0 }?.0
    isOwnFinite = reducer.isOwnFinite && loss.isFinite
    var sums = Checkpoint.Sums(
      loss: numbers[0], correct: Int(numbers[1]), images: Int(numbers[2]))
    sums.pseudoLabels = PseudoLabels.Counts(Array(numbers[3..<3 + labels.count]))
    return try LossSums(sums, on: device)
  }

  /// The reason that all give for refusing a step, where one of them has one. Of sums that are the same
  /// everywhere `FiniteSteps` says the same everywhere.
  func refusal(_ own: String?) throws -> String? {
    guard let group, !(job.stepGuard is FiniteSteps) else { return own }
    let count = try Tensor([own == nil ? 0 : 1] as [Float], shape: [1])
    try group.sum([count])
    return try count.item() > 0 ? own ?? "another process refused it" : nil
  }

  /// Whether this process is to keep what it saw of a step that all refuse: its own loss or gradients were no finite
  /// numbers, or everybody's were and it is the first.
  func captures() throws -> Bool {
    guard let group else { return true }
    let finite = try group.gather(Data([isOwnFinite ? 1 : 0]), heedsStop: false)
    return !isOwnFinite || group.rank == 0 && finite.allSatisfy { $0 == Data([1]) }
  }

  /// - Throws: `Stopped` where this process, or in a group one of them before the last step, was asked to.
  func checkStop() throws {
    guard group != nil else { return try StopSignal.check() }
    if let stop { throw Stopped(signal: stop) }
  }
}

extension Runtime {
  /// The group, where there are several processes.
  package var distributed: DistributedGroup? {
    group.size > 1 ? group as? DistributedGroup : nil
  }

  /// Whether this process is the one that writes.
  package var isFirst: Bool { group.rank == 0 }
}
