import Files
import Foundation
import ImageData
import Models
import TestSupport
import Testing
import Torch

@testable import Training

/// Grey pictures of 8 × 8 pixels: bright at the left in class 0, at the right in class 1.
private struct Halves: ImageDataset {
  let count: Int
  var name: String { "halves" }
  var classes: [String] { ["left", "right"] }
  func key(at index: Int) -> String { "half-\(index)" }
  func label(at index: Int) -> Int? { index % 2 }
  func read(at index: Int) throws -> EncodedImage {
    var random = SeededGenerator(seed: UInt64(index))
    let pixels = (0..<64).map { place in
      UInt8.random(in: 0..<100, using: &random) + (place % 8 / 4 == index % 2 ? 120 : 0)
    }
    return .pixels(Data(pixels), width: 8, height: 8, channels: 1)
  }
}

@Suite("Training without a recipe", .serialized)
struct OwnTrainingTests {
  private func job(_ change: (inout TrainingSettings) -> Void = { _ in }) throws -> TrainingJob {
    var settings = TrainingSettings()
    (settings.images, settings.batch, settings.accumulate) = (480, 16, 2)
    (settings.learningRate, settings.warmUpImages) = (0.05, 0)
    settings.schedule = .cosine
    settings.augmentation.crop = .padded
    settings.augmentation.flip = 0
    change(&settings)
    var input = PictureInput()
    (input.size, input.resize, input.channels) = (8, 8, 1)
    (input.mean, input.std) = ([0.4], [0.3])
    let network = try ModelCatalog.make(
      NetworkOptions(model: "resnet8", classCount: 2, inputChannels: 1, stem: .small, width: 8),
      seed: 3)
    return TrainingJob(
      network, on: try Examples(labelled: Halves(count: 96)), settings, input: input,
      validation: try Examples(labelled: Halves(count: 40)), seed: 5)
  }

  private func runtime() -> Runtime { Runtime(precision: .float32, workers: 2, batch: 40) }

  private func weights(_ job: TrainingJob) throws -> [[Float]] {
    try job.network.weights.state.map { try $0.tensor.array(of: Float.self) }
  }

  @Test("a network, examples and settings in, a model out that knows the classes")
  func trains() throws {
    try Libtorch.setThreads(1)
    let job = try job { $0.images = 1_600 }
    let result = try train(job, runtime())
    #expect(result.imagesSeen == 1_600)
    let measured = try evaluate(
      job.network, on: Examples(labelled: Halves(count: 40)), input: job.input, runtime())
    #expect(measured.count == 40)
    #expect((measured.top1 ?? 0) > 90)

    let folder = try TemporaryFolder()
    try ModelFolder(
      path: folder.path + "/m",
      options: NetworkOptions(
        model: "resnet8", classCount: 2, inputChannels: 1, stem: .small, width: 8),
      classNames: ["left", "right"], input: job.input
    ).write(job.network)
    let again = try ModelFolder(contentsOf: folder.path + "/m")
    #expect(again.classNames == ["left", "right"])
    let loaded = try again.load(on: .cpu)
    #expect(
      try loaded.weights.state.map { try $0.tensor.array(of: Float.self) } == weights(job))
  }

  @Test(
    "the loop is what one writes by hand: gradients of the parts, one step of SGD, the rate's step")
  func byHand() throws {
    try Libtorch.setThreads(1)
    let job = try job { $0.images = 32 }
    let other = try self.job { $0.images = 32 }
    try train(job, runtime())

    let network = other.network
    let plan = try TrainingPlan(other.settings, imageCount: 96)
    let optimizer = try SGD(network.weights.parameters, momentum: 0.9, weightDecay: 1e-4)
    let order = ShuffledOrder(count: 96, seed: 5)
    let loader = try BatchLoader(
      dataset: Halves(count: 96), order: order, positions: 0..<32, batchSize: 8,
      preset: .train(other.input.trainPreset(other.settings.augmentation)), seed: 5, workers: 1)
    let pictures = try PictureTensor(other.input, device: .cpu)
    for step in 0..<2 {
      for _ in 0..<2 {
        let batch = try #require(try loader.next())
        var rows = [Float](repeating: 0, count: 16)
        for (row, label) in batch.labels.enumerated() { rows[2 * row + (label ?? 0)] = 1 }
        let loss = try network(pictures(batch), .training)
          .softmaxCrossEntropy(Tensor(rows, shape: [8, 2]))
        try loss.scaled(by: 0.5).backward()
      }
      // Half a cosine over two steps: 0.05 and 0.025.
      #expect(abs(plan.schedule.rate(atStep: step) - [0.05, 0.025][step]) < 1e-12)
      try optimizer.step(learningRate: [0.05, 0.025][step])
      try optimizer.clearGradients()
    }
    #expect(try weights(job) == weights(other))
  }

  /// Asks to stop in one step.
  private struct Stop: StepGuard {
    let at: Int
    func accepts(_ sums: LossSums, _ optimizer: any Optimizer, step: Int) throws -> Bool {
      if step == at { StopSignal.request() }
      return try FiniteSteps().accepts(sums, optimizer, step: step)
    }
  }

  @Test("stopped in the middle, it goes on from its folder to the same weights and rows")
  func resumes() throws {
    try Libtorch.setThreads(1)
    defer { StopSignal.withdraw() }
    let folder = try TemporaryFolder()
    func records(_ name: String, _ job: TrainingJob) -> TrainingRecords {
      var records = TrainingRecords(folder: "\(folder.path)/\(name)", for: job)
      records.console = Console(quiet: true)
      return records
    }
    let whole = try job()
    try train(whole, runtime(), records("whole", whole))

    var stopped = try job()
    stopped.stepGuard = Stop(at: 13)
    #expect(throws: Stopped(signal: SIGTERM)) {
      try train(stopped, runtime(), records("stopped", stopped))
    }
    StopSignal.withdraw()
    let goesOn = try job()
    try train(goesOn, runtime(), records("stopped", goesOn))
    #expect(try weights(goesOn) == weights(whole))
    func rows(_ name: String) throws -> [[Double?]] {
      try MetricsTable.rows(of: "\(folder.path)/\(name)/metrics.csv").map {
        [Double($0.step), $0.loss, $0.top1, $0.learningRate, $0.validationTop1]
      }
    }
    #expect(try rows("stopped") == rows("whole"))
    #expect(try rows("whole").count == 30)

    // Another training in the same folder begins anew.
    let other = try job { $0.learningRate = 0.04 }
    try train(other, runtime(), records("stopped", other))
    #expect(try weights(other) != weights(whole))
  }

  @Test("only the last layer moves when the rest is frozen, and its statistics stay")
  func frozen() throws {
    let job = try job { $0.freezeBackbone = true }
    let before = try weights(job)
    try train(job, runtime())
    for (index, (name, tensor)) in job.network.weights.state.enumerated() {
      let same = try tensor.array(of: Float.self) == before[index]
      #expect(same == !name.hasPrefix("fc."), "\(name)")
    }
  }

  @Test("a batch that does not divide into its parts is refused before anything is computed")
  func parts() throws {
    let job = try job { $0.accumulate = 3 }
    #expect(
      throws: TrainingError.usage("a batch of 16 images cannot be computed in 3 equal parts")
    ) {
      try train(job, runtime())
    }
  }

  @Test("an optimiser that is not there is named with those that are")
  func noOptimizer() throws {
    let job = try job { $0.optimizer = "sdg" }
    #expect(throws: TrainingError.usage("no optimiser is named sdg; there are sgd")) {
      try train(job, runtime())
    }
  }
}
