import Foundation
import ImageData
import Models
import TestSupport
import Testing
import Torch

@testable import Training

/// Trainings whose targets are what a teacher says of each view.
extension OwnTrainingTests {
  private func taught(_ change: (inout TrainingSettings) -> Void = { _ in }) throws -> TrainingJob {
    var job = try job {
      ($0.images, $0.batch, $0.accumulate) = (32, 16, 1)
      change(&$0)
    }
    // Batch norms whose statistics are not those of a fresh network.
    let teacher = try self.job { $0.images = 160 }
    try train(teacher, runtime())
    job.teaching = Teaching(from: teacher.network, temperature: 2)
    return job
  }

  @Test(
    "a step with a teacher is what one writes by hand: its softmax of the very views, flattened")
  func taughtByHand() throws {
    try Libtorch.setThreads(1)
    let (job, other) = (try taught(), try taught())
    try train(job, runtime())

    let (network, teacher) = (other.network, try #require(other.teaching?.teacher))
    let plan = try TrainingPlan(other.settings, imageCount: 96)
    let optimizer = try SGD(network.weights.parameters, momentum: 0.9, weightDecay: 1e-4)
    let loader = try BatchLoader(
      dataset: Halves(count: 96), order: ShuffledOrder(count: 96, seed: 5), positions: 0..<32,
      batchSize: 16, preset: .train(other.input.trainPreset(other.settings.augmentation)), seed: 5,
      workers: 1)
    let pictures = try ImageTensor(other.input, device: .cpu)
    for step in 0..<2 {
      let images = try pictures(try #require(try loader.next()))
      let said: [Float] = try withoutGradients { try teacher(images, .evaluation).array() }
      let rows = stride(from: 0, to: said.count, by: 2).flatMap { place -> [Float] in
        let left = 1 / (1 + exp((said[place + 1] - said[place]) / 2))
        return [left, 1 - left]
      }
      let loss = try network(images, .training)
        .softmaxCrossEntropy(Tensor(rows, shape: [16, 2]))
      try loss.backward()
      try optimizer.step(learningRate: plan.schedule.rate(atStep: step))
      try optimizer.clearGradients()
    }
    for (mine, its) in zip(try weights(job), try weights(other)) {
      #expect(zip(mine, its).allSatisfy { abs($0 - $1) < 1e-5 })
    }
  }

  @Test("a teacher stays as it is, and replicas on one thread or two learn the same of it")
  func taughtReplicas() throws {
    func trained(
      _ threads: Int, _ change: (inout TrainingJob) -> Void = { _ in }
    ) throws -> [[Float]] {
      try Libtorch.setThreads(threads)
      var job = try taught { $0.replicas = 2 }
      change(&job)
      let teacher = job.teaching?.teacher
      func state() throws -> [[Float]]? {
        try teacher?.weights.state.map { try $0.tensor.array(of: Float.self) }
      }
      let before = try state()
      var runtime = runtime()
      runtime.threads = .count(threads)
      try train(job, runtime)
      #expect(try state() == before)
      return try weights(job)
    }
    let one = try trained(1)
    #expect(try trained(2) == one)
    #expect(try trained(1) { $0.teaching?.temperature = 4 } != one)
    #expect(try trained(1) { $0.teaching = nil } != one)
    try Libtorch.setThreads(1)
  }
}
