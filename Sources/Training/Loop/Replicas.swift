import Models
import Torch

/// The networks that compute the parts of a batch at the same time, with weights that are one memory.
///
/// Each has a thread with a libtorch pool of one, a batch norm of its own, as the processes of a parallel
/// training have, and gradients of its own, which are added in the order of the parts: the result depends on
/// how many replicas there are, not on how many cores do their work.
final class Replicas {
  private let network: any Network
  /// The network itself where it is alone.
  private let networks: [any Network]
  private let threads: ComputeThreads
  /// Whether running means and variances are learned, too.
  private let movesStatistics: Bool

  /// How many there are.
  var count: Int { networks.count }

  /// Those that `job` asks for; the gradients of its network are then the sum of theirs.
  /// - Throws: `TrainingError.usage` where there can be one only, `TorchError`.
  init(of job: TrainingJob, _ runtime: Runtime) throws {
    network = job.network
    movesStatistics = !job.settings.freezeBackbone
    let count = job.settings.replicas
    guard count > 1 else {
      networks = [network]
      threads = try ComputeThreads(count: 1)
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
    threads = try ComputeThreads(count: count)
  }

  /// Calls `body` for each part of a batch with its number and its network, at the same time, and adds up
  /// the gradients.
  /// - Throws: What `body` throws, of the first part that does.
  func perform(_ body: (Int, any Network) throws -> Void) throws {
    guard count > 1 else { return try body(0, network) }
    try threads.perform { part in
      try networks[part].weights.takeBuffers()
      try body(part, networks[part])
    }
    try network.weights.gather(from: networks.map(\.weights), movingStatistics: movesStatistics)
  }
}
