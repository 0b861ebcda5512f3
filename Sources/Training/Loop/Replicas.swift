import Files
import Models
import Terminal
import Torch

/// The networks that compute the parts of a batch, with weights that are one memory, and the threads that do it.
///
/// Each has a batch norm of its own, as the processes of a parallel training have, and gradients of its own,
/// which `PartSums` adds up; a part is computed by one thread, in a libtorch pool of one. So the result depends on
/// how many parts there are and not on how many threads or processes take them.
///
/// Where the recipe has no replicas, the threads of one pool share each operation. Their number is another order of
/// adding, so it is not timed.
final class Replicas {
  private let network: any Network
  /// The network itself where it is alone.
  private let networks: [any Network]
  private let threads: ComputeThreads
  /// How many threads the caller's pool is to have for a step, one where there are several replicas.
  let poolSize: Int
  /// Whether the recipe's replicas are computed, all or some of them.
  private let isShared: Bool
  /// Nil where nothing is timed, since a device works while the program goes on.
  private var timing: ThreadTiming?
  private let title: String
  private let runtime: Runtime
  private let records: TrainingRecords
  private let share: PartShare
  /// What the parts of each add up to; empty where a batch is one part.
  private let sums: [PartSums]
  /// Whether running means and variances are learned, too.
  private let movesStatistics: Bool

  /// How many there are.
  var count: Int { networks.count }

  /// How many threads' order of adding the weights depend on; nil where it is none.
  var threadsInResult: Int? { isShared || runtime.device != .cpu ? nil : poolSize }

  /// What the parts of the last batch make of the running means and variances; nil where they were moved by the
  /// network itself, or are not to be.
  var statistics: Tensor? {
    get throws { movesStatistics ? try sums.first?.statistics() : nil }
  }

  /// Those that compute `share`; the gradients of the job's network are then the sum of theirs.
  /// - Throws: `TrainingError.usage` where there can be one only, `TorchError`.
  init(
    of job: TrainingJob, _ plan: TrainingPlan, _ share: PartShare, _ runtime: Runtime,
    _ records: TrainingRecords
  ) throws {
    let count = share.replicas.count
    network = job.network
    self.share = share
    title = job.title
    self.runtime = runtime
    self.records = records
    let movesStatistics = !job.settings.freezeBackbone
    self.movesStatistics = movesStatistics
    func makeSums(of networks: [any Network]) throws -> [PartSums] {
      guard share.partCount > 1 else { return [] }
      return try networks.map {
        try PartSums(
          of: $0.weights, rounds: share.rounds.count, movingStatistics: movesStatistics)
      }
    }
    let most = runtime.threads.most(ofCores: Libtorch.threads)
    guard count > 1 else {
      networks = [network]
      sums = try makeSums(of: networks)
      threads = try ComputeThreads(count: 1)
      // One of the recipe's replicas is computed as where a process has all of them.
      isShared = plan.replicas > 1 && !plan.syncBatchNorm && runtime.device == .cpu
      let isAuto = runtime.threads == .auto && runtime.device == .cpu
      poolSize =
        isShared
        ? 1
        : isAuto
          ? PoolSize.threads(for: network, job.input, batch: share.microBatch, most: most) : most
      timing = runtime.device == .cpu ? ThreadTiming([poolSize]) : nil
      return
    }
    guard runtime.device == .cpu else {
      throw TrainingError.usage(
        "\(job.title): \(count) replicas compute on the threads of a CPU; take one on \(runtime.device)"
      )
    }
    networks = try (0..<count).map { _ in
      guard let replica = try job.network.replica() else {
        throw TrainingError.usage(
          "\(job.title): its network cannot be made twice; leave replicas out")
      }
      return replica
    }
    sums = try makeSums(of: networks)
    let used = min(most, count)
    threads = try ComputeThreads(count: used)
    (poolSize, isShared) = (1, true)
    timing = runtime.threads == .auto ? ThreadTiming(upTo: used) : ThreadTiming([used])
  }

  /// Calls `body` for each part of a round of so many images with its number and its network, at the same time as
  /// far as there are threads, and adds up the gradients.
  /// - Throws: What `body` throws, of the first part that does.
  func perform(
    images: Int, round: Int, _ body: (Int, any Network) throws -> Void
  ) throws {
    let start = runtime.clock()
    try compute(round, body)
    let seconds = runtime.clock() - start
    guard let change = timing?.note(amount: images, seconds: seconds),
      let line = change.line(unit: "img", sharing: poolSize, runtime)
    else { return }
    records.console.say("\(title): \(line)")
    try records.log?.file.append(
      "threads", stage: records.log?.name, step: nil,
      [
        "threads": .integer(count > 1 ? change.threads : poolSize),
        "images_per_second": .number(change.speed),
      ])
  }

  /// Says of the backward pass of a lone network in a round that it is the last of the step.
  func announceLast(_ round: Int, to agreement: StepAgreement) throws {
    guard count == 1, round == share.rounds.last else { return }
    try agreement.expectLastGradients(after: sums.first)
  }

  private func compute(_ round: Int, _ body: (Int, any Network) throws -> Void) throws {
    guard count > 1 else { return try computePart(0, of: round, body) }
    try threads.perform(parts: count, on: timing?.threads) { try computePart($0, of: round, body) }
    if round == share.rounds.last { try PartSums.gather(sums, to: network.weights) }
  }

  private func computePart(
    _ part: Int, of round: Int, _ body: (Int, any Network) throws -> Void
  ) throws {
    guard !sums.isEmpty else { return try body(part, networks[part]) }
    try sums[part].begin()
    try body(part, networks[part])
    try sums[part].end(share: share.weight(ofRound: round))
  }
}
