import Foundation
import ImageData
import Models
import Terminal
import TestSupport
import Testing
import Torch

@testable import Training

extension OwnTrainingTests {
  private func trained(
    threads: Int = 1, _ change: (inout TrainingSettings) -> Void
  ) throws -> TrainingJob {
    try Libtorch.setThreads(threads)
    defer { try? Libtorch.setThreads(1) }
    let job = try job(change)
    try train(job, runtime())
    return job
  }

  @Test(
    "two replicas learn the weights of a batch in two parts, bit for bit; statistics are the mean")
  func replicasAreParts() throws {
    let parts = try trained { ($0.accumulate, $0.replicas) = (2, 1) }
    let replicas = try trained { ($0.accumulate, $0.replicas) = (1, 2) }
    for (one, other) in zip(parts.network.weights.parameters, replicas.network.weights.parameters) {
      #expect(
        try one.tensor.array(of: Float.self) == other.tensor.array(of: Float.self), "\(one.name)")
    }
    // Half as many moves of the running statistics: others, but not far away.
    let statistics = try [parts, replicas].map { job in
      try #require(job.network.weights.buffers.first { $0.name == "bn1.running_mean" })
        .tensor.array(of: Float.self)
    }
    #expect(statistics[0] != statistics[1])
    #expect(zip(statistics[0], statistics[1]).allSatisfy { abs($0 - $1) < 0.3 })
  }

  @Test(
    "the libtorch pool of the caller changes nothing in what replicas learn", arguments: [2, 3])
  func replicasOnThreads(threads: Int) throws {
    let change: (inout TrainingSettings) -> Void = { ($0.accumulate, $0.replicas) = (2, 4) }
    #expect(try weights(trained(change)) == weights(trained(threads: threads, change)))
  }

  /// The weights of a training in four replicas whose pool has three threads, and what it said.
  private func trained(
    on threads: ThreadChoice, clock: @escaping () -> Double
  ) throws -> (weights: [[Float]], told: [String]) {
    try Libtorch.setThreads(3)
    defer { try? Libtorch.setThreads(1) }
    let job = try job { ($0.images, $0.accumulate, $0.replicas) = (640, 1, 4) }
    var runtime = runtime()
    (runtime.threads, runtime.clock) = (threads, clock)
    var records = TrainingRecords()
    var told: [String] = []
    records.console = Console(isTerminal: false) { told.append($0) }
    #expect(try train(job, runtime, records).threads == nil)
    return (try weights(job), told.filter { $0.contains("threads") })
  }

  @Test("replicas learn the same on any number of threads, timed or said, bit for bit")
  func threadsChangeNothing() throws {
    let still: () -> Double = { 0 }
    let one = try trained(on: .count(1), clock: still)
    #expect(try trained(on: .count(2), clock: still).weights == one.weights)
    #expect(try trained(on: .auto, clock: still).weights == one.weights)
    #expect(one.told.isEmpty)
    // The clock is asked before and after each of the 40 rounds. Every round takes 1 s, from the 20th on 9 s:
    // one thread and three are timed in 4 rounds each, watched from 5 to 5, and timed again.
    var times = 0
    let slower = try trained(on: .auto) {
      defer { times += 1 }
      return times % 2 == 0 ? 0 : times < 38 ? 1 : 9
    }
    #expect(slower.weights == one.weights)
    #expect(
      slower.told == [
        "training: the speed had fallen from 16 to 1.8 img/s, so the threads were timed again: 1, as before, "
          + "1.8 img/s\n"
      ])
  }

  @Test("a training in one pool says how many threads its last bits depend on: one for little work")
  func poolSize() throws {
    try Libtorch.setThreads(3)
    defer { try? Libtorch.setThreads(1) }
    let job = try job { $0.images = 160 }
    #expect(try train(job, runtime()).threads == 1)
    var runtime = runtime()
    runtime.threads = .count(2)
    #expect(try train(job, runtime).threads == 2)
    #expect(Libtorch.threads == 3)
  }

  @Test("a pool has a thread for each 2^26 multiply-adds of an operation")
  func sharesOfWork() throws {
    // 18 convolutions, the last layer and 2 shortcuts have 1.81e9 multiply-adds a picture in all: 86e6 each.
    let network = try ModelCatalog.make(NetworkOptions(model: "resnet18"))
    func threads(_ batch: Int, size: Int = 224) -> Int {
      var input = ImageInput()
      input.size = size
      return PoolSize.threads(for: network, input, batch: batch, most: 64)
    }
    #expect(threads(1) == 1)
    #expect(threads(2) == 2)
    #expect(threads(32) == 41)
    #expect(threads(256) == 64)
    #expect(threads(32, size: 32) == 1)
    #expect(PoolSize.threads(for: network, ImageInput(), batch: 32, most: 2) == 2)
  }

  @Test("replicas that are stopped go on to the same weights")
  func replicasResume() throws {
    let folder = try TemporaryFolder()
    let change: (inout TrainingSettings) -> Void = { ($0.accumulate, $0.replicas) = (1, 2) }
    let whole = try trained(change)
    var stopped = try job(change)
    stopped.stepGuard = Stop(at: 11)
    #expect(throws: Stopped.self) {
      try train(stopped, runtime(), TrainingRecords(folder: folder.path))
    }
    StopSignal.withdraw()
    let resumed = try job(change)
    try train(resumed, runtime(), TrainingRecords(folder: folder.path))
    #expect(try weights(resumed) == weights(whole))
  }

  @Test("replicas of a frozen network leave its statistics as they are", arguments: [2, 4])
  func frozenReplicas(count: Int) throws {
    let fresh = try job()
    let frozen = try trained { ($0.replicas, $0.freezeBackbone) = (count, true) }
    for (one, other) in zip(fresh.network.weights.state, frozen.network.weights.state) {
      let same = try one.tensor.array(of: Float.self) == other.tensor.array(of: Float.self)
      #expect(same == !one.name.hasPrefix("fc."), "\(one.name)")
    }
  }

  @Test("batches that are computed at the same time are measured as those one after the other")
  func evaluationOnThreads() throws {
    let job = try trained { $0.images = 160 }
    var runtime = Runtime(precision: .float32, workers: 2, batch: 12)
    func logits(threads: Int) throws -> [Float] {
      runtime.threads = .count(threads)
      let inference = try Inference(job.network, input: job.input, runtime)
      var values: [Float] = []
      try inference.forEachBatch(of: Halves(count: 40)) { batch, logits in
        #expect(batch.count == logits.shape[0])
        values += try logits.array(of: Float.self)
      }
      return values
    }
    let one = try logits(threads: 1)
    #expect(one.count == 80)
    #expect(try logits(threads: 2) == one)
    #expect(try logits(threads: 3) == one)
  }

  @Test("a batch that does not divide into parts and replicas is refused with both")
  func replicaParts() throws {
    let job = try job { ($0.accumulate, $0.replicas) = (2, 3) }
    #expect(
      throws: TrainingError.usage("a batch of 16 images cannot be computed in 2 × 3 equal parts")
    ) { try train(job, runtime()) }
  }
}
