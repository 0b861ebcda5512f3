import Files
import Foundation
import ImageData
import Models
import Terminal
import TestSupport
import Testing
import Torch

@testable import Training

/// Grey pictures of 8 × 8 pixels: bright at the left in class 0, at the right in class 1.
struct Halves: ImageDataset {
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
  func job(_ change: (inout TrainingSettings) -> Void = { _ in }) throws -> TrainingJob {
    var settings = TrainingSettings()
    (settings.images, settings.batch, settings.accumulate) = (480, 16, 2)
    (settings.learningRate, settings.warmUpImages) = (0.05, 0)
    settings.schedule = .cosine
    settings.augmentation.crop = .padded
    settings.augmentation.flip = 0
    change(&settings)
    var input = ImageInput()
    (input.size, input.resize, input.channels) = (8, 8, 1)
    (input.mean, input.std) = ([0.4], [0.3])
    let network = try ModelCatalog.make(
      NetworkOptions(model: "resnet8", classCount: 2, inputChannels: 1, stem: .small, width: 8),
      seed: 3)
    return TrainingJob(
      network, on: try Examples(labelled: Halves(count: 96)), settings, input: input,
      validation: try Examples(labelled: Halves(count: 40)), seed: 5)
  }

  func runtime() -> Runtime { Runtime(precision: .float32, workers: 2, batch: 40) }

  func weights(_ job: TrainingJob) throws -> [[Float]] {
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
    let pictures = try ImageTensor(other.input, device: .cpu)
    let statistics = network.weights.buffers.map(\.tensor)
    for step in 0..<2 {
      let before = try statistics.map { try $0.array(of: Float.self) }
      var moved = before.map { $0.map { _ in 0.0 } }
      for round in 0..<2 {
        // From 0 a pass leaves a tenth of its own statistics, of which the first's has a step's decay left.
        for tensor in statistics { try tensor.fill(0) }
        let batch = try #require(try loader.next())
        var rows = [Float](repeating: 0, count: 16)
        for (row, label) in batch.labels.enumerated() { rows[2 * row + (label ?? 0)] = 1 }
        let loss = try network(pictures(batch), .training)
          .softmaxCrossEntropy(Tensor(rows, shape: [8, 2]))
        try loss.scaled(by: 0.5).backward()
        for (place, tensor) in statistics.enumerated() {
          for (index, value) in try tensor.array(of: Float.self).enumerated() {
            moved[place][index] += (round == 0 ? 0.9 : 1) * Double(value)
          }
        }
      }
      // Half a cosine over two steps: 0.05 and 0.025.
      #expect(abs(plan.schedule.rate(atStep: step) - [0.05, 0.025][step]) < 1e-12)
      try optimizer.step(learningRate: [0.05, 0.025][step])
      try optimizer.clearGradients()
      for (place, tensor) in statistics.enumerated() {
        let values = zip(before[place], moved[place]).map { Float(0.9 * 0.9 * Double($0) + $1) }
        try tensor.copy(from: Tensor(values, shape: tensor.shape))
      }
    }
    #expect(try weights(job) == weights(other))
  }

  /// Refuses one step.
  struct Refusal: StepGuard {
    let at: Int
    func refusal(
      of sums: LossSums, _ optimizer: any Optimizer, step: Int
    ) throws -> String? { step == at ? "a test refused it" : nil }
  }

  @Test("with ema the model is the average over the steps that were taken, statistics included")
  func averages() throws {
    try Libtorch.setThreads(1)
    // 16 images a step: the weights after 1, 2 and 3 steps, of which the third is refused.
    let after = try (1...3).map { steps in
      var part = try job { ($0.images, $0.schedule) = (16 * steps, .constant) }
      part.stepGuard = Refusal(at: 3)
      try train(part, runtime())
      return try weights(part)
    }
    #expect(after[1] == after[2])
    var averaged = try job { ($0.images, $0.schedule, $0.ema) = (48, .constant, 0.75) }
    averaged.stepGuard = Refusal(at: 3)
    try train(averaged, runtime())
    // The first step's weights, and then a quarter of the way to the second's.
    for (average, (first, second)) in zip(try weights(averaged), zip(after[0], after[1])) {
      let errors = zip(average, zip(first, second)).map { value, pair -> Float in
        abs(value - (pair.0 + 0.25 * (pair.1 - pair.0)))
      }
      #expect((errors.max() ?? 0) < 1e-6)
    }
  }

  /// Asks to stop in one step.
  struct Stop: StepGuard {
    let at: Int
    func refusal(
      of sums: LossSums, _ optimizer: any Optimizer, step: Int
    ) throws -> String? {
      if step == at { StopSignal.request() }
      return try FiniteSteps().refusal(of: sums, optimizer, step: step)
    }
  }

  @Test(
    "stopped in the middle, it goes on from its folder to the same weights and rows",
    arguments: [0, 0.9])
  func resumes(ema: Double) throws {
    try Libtorch.setThreads(1)
    defer { StopSignal.withdraw() }
    let folder = try TemporaryFolder()
    func records(_ name: String) -> TrainingRecords {
      var records = TrainingRecords(folder: "\(folder.path)/\(name)")
      records.console = Console(quiet: true)
      return records
    }
    let whole = try job { $0.ema = ema }
    try train(whole, runtime(), records("whole"))

    var stopped = try job { $0.ema = ema }
    stopped.stepGuard = Stop(at: 13)
    #expect(throws: Stopped(signal: SIGTERM)) {
      try train(stopped, runtime(), records("stopped"))
    }
    StopSignal.withdraw()
    let goesOn = try job { $0.ema = ema }
    try train(goesOn, runtime(), records("stopped"))
    #expect(try weights(goesOn) == weights(whole))
    func rows(_ name: String) throws -> [[Double?]] {
      try MetricsTable.rows(of: "\(folder.path)/\(name)/metrics.csv").map {
        [Double($0.step), $0.loss, $0.top1, $0.learningRate, $0.validationTop1]
      }
    }
    #expect(try rows("stopped") == rows("whole"))
    #expect(try rows("whole").count == 30)
  }

  @Test(
    "a folder with another training's checkpoints is refused, and they stay as they are",
    arguments: ["settings", "weights", "labels", "precision"])
  func anothers(what: String) throws {
    try Libtorch.setThreads(1)
    let folder = try TemporaryFolder()
    var records = TrainingRecords(folder: folder.path + "/a", everySteps: 10)
    records.console = Console(quiet: true)
    try train(job(), runtime(), records)
    let names = try FileManager.default.subpathsOfDirectory(atPath: folder.path).sorted()
    let metrics = try folder.read("a/metrics.csv")

    // Shorter than the other: its checkpoints would be older than all of those.
    var other = try job { if what == "settings" { $0.images = 160 } }
    var runtime = runtime()
    if what == "precision" { runtime.precision = .bf16 }
    if what == "weights" { try other.network.weights.parameters[0].tensor.fill(0.5) }
    if what == "labels" {
      let turned = try Relabelled(
        Halves(count: 96), labels: (0..<96).map { Int32(1 - $0 % 2) }, classes: ["left", "right"])
      other.examples = try Examples(labelled: turned)
    }
    let error = #expect(throws: TrainingError.self) { try train(other, runtime, records) }
    #expect(
      error?.description.hasPrefix(
        "\(folder.path)/a/checkpoints/step-00000030.safetensors is of another training") == true)
    #expect(try FileManager.default.subpathsOfDirectory(atPath: folder.path).sorted() == names)
    #expect(try folder.read("a/metrics.csv") == metrics)
  }

  @Test("a checkpoint that cannot be read is passed over, and takes no other one's place")
  func unreadableCheckpoint() throws {
    defer { StopSignal.withdraw() }
    try Libtorch.setThreads(1)
    let folder = try TemporaryFolder()
    var records = TrainingRecords(folder: folder.path, everySteps: 10)
    records.console = Console(quiet: true)
    records.checkpoints?.keep = 1
    try train(job(), runtime(), records)
    try folder.write("torn", to: "checkpoints/step-00000030.safetensors")
    var job = try job()
    job.stepGuard = Stop(at: 15)
    #expect(throws: Stopped.self) { try train(job, runtime(), records) }
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/checkpoints")
    #expect(names.sorted() == ["step-00000015.safetensors", "step-00000030.safetensors"])
  }

  @Test("without records a stop says that nothing was saved")
  func unsaved() throws {
    defer { StopSignal.withdraw() }
    var job = try job()
    job.stepGuard = Stop(at: 2)
    #expect(throws: Stopped(signal: SIGTERM, isSaved: false)) { try train(job, runtime()) }
  }

  /// Refuses every step.
  private struct Never: StepGuard {
    func refusal(
      of sums: LossSums, _ optimizer: any Optimizer, step: Int
    ) throws -> String? { "the moon was full" }
  }

  @Test("a guard of one's own is quoted when it refuses three steps in a row")
  func refused() throws {
    var job = try job()
    job.stepGuard = Never()
    let before = try weights(job)
    let error = #expect(throws: TrainingError.self) { try train(job, runtime()) }
    #expect(
      error?.description.hasPrefix("training: the moon was full in 3 steps in a row") == true)
    #expect(try weights(job) == before)
  }

  /// Halves, of which every fifth cannot be read.
  private struct BrokenHalves: ImageDataset {
    let base = Halves(count: 96)
    var name: String { "broken halves" }
    var classes: [String] { base.classes }
    var count: Int { base.count }
    func key(at index: Int) -> String { base.key(at: index) }
    func label(at index: Int) -> Int? { base.label(at: index) }
    func read(at index: Int) throws -> EncodedImage {
      guard index % 5 > 0 else {
        throw ImageDataError.unreadable(key: key(at: index), reason: "it is torn")
      }
      return try base.read(at: index)
    }
  }

  @Test("pictures that others stood in for are counted and told, with a list or without")
  func unreadable() throws {
    let folder = try TemporaryFolder()
    for path in [nil, folder.path + "/bad-samples.csv"] {
      var job = try job()
      job.examples = try Examples(labelled: BrokenHalves())
      var records = TrainingRecords()
      var text = ""
      records.console = Console(isTerminal: false) { text += $0 }
      records.unreadableLimit = .none
      records.badSamplesPath = path
      #expect(try train(job, runtime(), records).unreadable == 20)
      #expect(text.contains("training: 20 of 96 pictures could not be read, and others stood in"))
      #expect(text.contains(path ?? "(it is torn)"), "\(text)")
    }
    #expect(try folder.read("bad-samples.csv").split(separator: "\n").count == 21)
  }

  /// Two processes that do nothing.
  private struct Pair: ProcessGroup {
    let rank = 1, size = 2
    func average(_ tensors: [Tensor]) {}
  }

  @Test("a group that train knows nothing of is refused")
  func processes() throws {
    var runtime = runtime()
    runtime.group = Pair()
    let error = #expect(throws: TrainingError.self) { try train(try job(), runtime) }
    #expect(
      error?.description.hasPrefix("training: train computes in a DistributedGroup or in one")
        == true)
  }

  /// Moves no weight.
  private final class Still: Optimizer {
    let parameters: [ParameterStore.Named]
    var state: [ParameterStore.Named] { [] }
    init(_ parameters: [ParameterStore.Named]) { self.parameters = parameters }
    func step(learningRate: Double) throws {}
  }

  @Test("an optimiser of one's own moves the weights")
  func ownOptimizer() throws {
    var job = try job()
    job.makeOptimizer = { Still($0) }
    let before = try job.network.weights.parameters.map { try $0.tensor.array(of: Float.self) }
    try train(job, runtime())
    #expect(
      try job.network.weights.parameters.map { try $0.tensor.array(of: Float.self) } == before)
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

  @Test("a network is right about a picture with any of its classes, which may have no names")
  func severalClasses() throws {
    let job = try job { $0.images = 1_600 }
    try train(job, runtime())
    // Every picture is of both classes: whatever the network says is right.
    let both = try Examples(
      dataset: Halves(count: 40).withoutLabels(), classCount: 2,
      offsets: (0...40).map { 2 * Int32($0) }, labels: (0..<80).map { Int32($0 % 2) })
    let result = try evaluate(job.network, on: both, input: job.input, runtime())
    #expect(result.top1 == 100)
    #expect(result.perClass.map(\.name) == ["0", "1"])
    #expect(result.perClass.map(\.count) == [40, 40])
    #expect(result.perClass.map(\.correct).reduce(0, +) == 40)
  }

  @Test("an optimiser that is not there is named with those that are")
  func noOptimizer() throws {
    let job = try job { $0.optimizer = "sdg" }
    let names = Optimizers.names.joined(separator: ", ")
    #expect(names.hasPrefix("sgd, adamw"))
    #expect(throws: TrainingError.usage("no optimiser is named sdg; there are \(names)")) {
      try train(job, runtime())
    }
  }
}
