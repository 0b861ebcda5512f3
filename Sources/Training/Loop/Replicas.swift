import Files
import Models
import Torch

/// The networks that compute the parts of a batch, with weights that are one memory, and the threads that do it.
///
/// Each has a batch norm of its own, as the processes of a parallel training have, and gradients of its own,
/// which are added in the order of the parts; a part is computed by one thread, in a libtorch pool of one. So
/// the result depends on how many parts there are and not on how many threads take them, which is timed.
///
/// Where there is one part, the threads of one pool share each of its operations. Their number is another
/// order of adding, so it is not timed.
final class Replicas {
  private let network: any Network
  /// The network itself where it is alone.
  private let networks: [any Network]
  private let threads: ComputeThreads
  /// How many threads the caller's pool is to have for a step, one where there are several replicas.
  let poolSize: Int
  /// Nil where nothing is timed, since a device works while the program goes on.
  private var timing: ThreadTiming?
  private let title: String
  private let runtime: Runtime
  private let records: TrainingRecords
  /// Whether running means and variances are learned, too.
  private let movesStatistics: Bool

  /// How many there are.
  var count: Int { networks.count }

  /// How many threads' order of adding the weights depend on; nil where it is none.
  var threadsInResult: Int? { count > 1 || runtime.device != .cpu ? nil : poolSize }

  /// Those that `job` asks for; the gradients of its network are then the sum of theirs.
  /// - Throws: `TrainingError.usage` where there can be one only, `TorchError`.
  init(
    of job: TrainingJob, _ plan: TrainingPlan, _ runtime: Runtime,
    _ records: TrainingRecords
  ) throws {
    network = job.network
    title = job.title
    self.runtime = runtime
    self.records = records
    movesStatistics = !job.settings.freezeBackbone
    let count = job.settings.replicas
    let most = runtime.threads.most(ofCores: Libtorch.threads)
    guard count > 1 else {
      networks = [network]
      threads = try ComputeThreads(count: 1)
      let isAuto = runtime.threads == .auto && runtime.device == .cpu
      poolSize =
        isAuto
        ? PoolSize.threads(for: network, job.input, batch: plan.microBatch, most: most) : most
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
    let used = min(most, count)
    threads = try ComputeThreads(count: used)
    poolSize = 1
    timing = runtime.threads == .auto ? ThreadTiming(upTo: used) : ThreadTiming([used])
  }

  /// Calls `body` for each part of a batch of so many images with its number and its network, at the same
  /// time as far as there are threads, and adds up the gradients.
  /// - Throws: What `body` throws, of the first part that does.
  func perform(images: Int, _ body: (Int, any Network) throws -> Void) throws {
    let start = runtime.clock()
    try compute(body)
    let seconds = runtime.clock() - start
    guard let slowdown = timing?.note(amount: images, seconds: seconds),
      let line = slowdown.line(unit: "img", sharing: poolSize, runtime)
    else { return }
    records.console.say("\(title): \(line)")
    try records.log?.file.append(
      "threads", stage: records.log?.name, step: nil,
      [
        "threads": .integer(count > 1 ? slowdown.threads : poolSize),
        "images_per_second": .number(slowdown.speed),
      ])
  }

  private func compute(_ body: (Int, any Network) throws -> Void) throws {
    guard count > 1 else { return try body(0, network) }
    try threads.perform(parts: count, on: timing?.threads) { part in
      try networks[part].weights.takeBuffers()
      try body(part, networks[part])
    }
    try network.weights.gather(from: networks.map(\.weights), movingStatistics: movesStatistics)
  }
}
