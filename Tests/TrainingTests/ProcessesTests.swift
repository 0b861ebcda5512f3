import Files
import Foundation
import ImageData
import Models
import Terminal
import TestSupport
import Testing
import Torch

@testable import Training

/// Trainings of several processes; here each is a thread with a network of its own.
extension OwnTrainingTests {
  /// Trains in `size` processes; what each has learnt, and what each ended with.
  private func together(
    _ size: Int, threads: Int = 1, records folder: String? = nil,
    stepGuard: @escaping @Sendable (Int) -> any StepGuard = {
      _ in FiniteSteps()
    }, _ change: @escaping @Sendable (inout TrainingSettings) -> Void
  ) throws -> [(weights: [[Float]], error: String?)] {
    try Libtorch.setThreads(1)
    let port = try FreePort.find()
    return try Members.results(size) { rank in
      try? Libtorch.setThreads(1)
      var job = try self.job(change)
      job.stepGuard = stepGuard(rank)
      var runtime = self.runtime()
      runtime.threads = .count(threads)
      var error: String?
      let group =
        size > 1
        ? try DistributedGroup(Rendezvous(rank: rank, size: size, port: port), timeout: 30) : nil
      if let group { runtime.group = group }
      do {
        try train(
          job, runtime, folder.map { TrainingRecords(folder: $0) } ?? TrainingRecords())
      } catch let found {
        error = "\(found)"
        group?.leave(because: found, line: "\(found)")
      }
      group?.leave()
      return (try weights(job), error)
    }
  }

  @Test(
    "1, 2 and 4 processes learn the same weights and statistics, bit for bit",
    arguments: [(4, 1), (1, 4), (2, 2), (8, 1)])
  func sameWeights(accumulate: Int, replicas: Int) throws {
    let change: @Sendable (inout TrainingSettings) -> Void = {
      ($0.accumulate, $0.replicas) = (accumulate, replicas)
      $0.images = 160
    }
    let alone = try together(1, change)[0].weights
    for size in [2, 4] {
      // A replica is one thread's work, whoever has how many.
      let found = try together(size, threads: replicas > 1 ? 2 : 1, change)
      #expect(found.allSatisfy { $0.error == nil })
      for process in found { #expect(process.weights == alone) }
    }
  }

  @Test("with synced batch norm 1, 2 and 4 processes learn what one network alone learns")
  func synced() throws {
    let alone = try together(1) { ($0.replicas, $0.images) = (1, 48) }[0].weights
    for size in [1, 2, 4] {
      let found = try together(size) {
        ($0.replicas, $0.syncBatchNorm, $0.images) = (4, true, 48)
      }
      #expect(found.allSatisfy { $0.error == nil && $0.weights == found[0].weights })
      for (own, wanted) in zip(found[0].weights, alone) {
        let size = wanted.map(abs).max() ?? 0
        #expect(zip(own, wanted).allSatisfy { abs($0 - $1) <= 1e-5 * max(size, 1e-3) })
      }
    }
  }

  @Test("a training that is stopped goes on in another number of processes, in the same order")
  func resumed() throws {
    let change: @Sendable (inout TrainingSettings) -> Void = {
      ($0.accumulate, $0.replicas) = (2, 2)
      $0.images = 160
    }
    let folder = try TemporaryFolder()
    let alone = try together(1, change)[0].weights
    let stopped = try together(4, records: folder.path, stepGuard: { _ in Stop(at: 4) }, change)
    #expect(stopped.allSatisfy { $0.error?.hasPrefix("stopped by SIGTERM; everything is") == true })
    StopSignal.withdraw()
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder.path + "/checkpoints")
        == ["step-00000005.safetensors"])
    let found = try together(2, records: folder.path, change)
    #expect(found[0].weights == alone)
    // One process wrote the table.
    #expect(try folder.read("metrics.csv").split(separator: "\n").count == 11)
  }

  /// Refuses a step.
  private struct Refusing: StepGuard {
    let step: Int
    func refusal(of sums: LossSums, _ optimizer: any Optimizer, step: Int) throws -> String? {
      step == self.step ? "it is the \(step)th" : nil
    }
  }

  @Test("a step that one process refuses is taken by none")
  func refusedByOne() throws {
    let change: @Sendable (inout TrainingSettings) -> Void = {
      ($0.accumulate, $0.replicas, $0.images) = (1, 2, 16)
    }
    let found = try together(2, stepGuard: { Refusing(step: $0) }, change)
    #expect(found[0].weights == found[1].weights)
    // Of the one step there was nothing was learnt.
    #expect(try found[0].weights == weights(job(change)))
  }
}
