import Foundation
import ImageData
import Models
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
    let runtime = Runtime(precision: .float32, workers: 2, batch: 12)
    func logits(threads: Int) throws -> [Float] {
      try Libtorch.setThreads(threads)
      defer { try? Libtorch.setThreads(1) }
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
