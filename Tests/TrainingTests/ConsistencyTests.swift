import Files
import Foundation
import ImageData
import Models
import Terminal
import TestSupport
import Testing
import Torch

@testable import Training

@Suite("FixMatch's loss")
struct ConsistencyLossTests {
  @Test("the loss, its gradient and the counts are those of PyTorch's FixMatch")
  func loss() throws {
    let path =
      URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().path
      + "/Reference/consistency.safetensors"
    let file = try Safetensors(path: path)
    var settings = ConsistencySettings()
    settings.threshold = try #require(file.metadata["threshold"].flatMap(Double.init))
    settings.weight = try #require(file.metadata["weight"].flatMap(Double.init))
    settings.ratio = 3
    var labelled = [Float](repeating: 0, count: 2 * 5)
    for (row, label) in try file.tensor("labels").array(of: Float.self).enumerated() {
      labelled[5 * row + Int(label)] = 1
    }
    let known = try Tensor(labelled, shape: [2, 5])
    let (rows, counts) = try file.tensor("weak").pseudoLabels(
      thresholds: Tensor.full([5], settings.threshold), truth: file.tensor("truth").to(.int64))
    let mask: [Float] = try file.tensor("mask").array()
    let found: [Float] = try rows.array()
    for row in 0..<6 {
      #expect(found[5 * row..<5 * row + 5].reduce(0, +) == mask[row])
    }
    // Of three one is right, one wrong, and of one the truth is not known.
    #expect(try counts.array(of: Double.self) == [3, 2, 1])

    let logits = try Tensor.concatenated([file.tensor("labelled"), file.tensor("strong")]).copied()
    try logits.setRequiresGradient(true)
    let both = try Targets.Rows(targets: known, members: known).beside(rows, settings)
    let loss = try logits.softmaxCrossEntropy(both.targets)
    try loss.backward()
    #expect(try abs(loss.item() - file.tensor("loss").item()) < 1e-6)
    let expected: [Float] = try file.tensor("grad").array()
    let gradient: [Float] = try #require(try logits.gradient()).array()
    #expect(zip(gradient, expected).allSatisfy { abs($0 - $1) < 1e-6 })
    // Rows of unlabelled pictures are never hits.
    #expect(try logits.hits(in: both.members).item() <= 2)
  }

  @Test("a class whose pictures few have got has a lower threshold, as FlexMatch has it")
  func curriculum() throws {
    var settings = ConsistencySettings()
    (settings.flexible, settings.threshold) = (true, 0.9)
    let curriculum = try Curriculum(settings, pictures: 8, classes: 2, device: .cpu)
    func thresholds(_ of: Curriculum) throws -> [Float] { try of.thresholds.array() }
    // Nothing has a label yet: β = 0 / 8.
    #expect(try thresholds(curriculum) == [0, 0])
    // e³ / (e³ + 1) = 0.953 is sure, e² / (e² + 1) = 0.881 is not.
    let logits = try Tensor([3, 0, 0, 3, 3, 0, 2, 0] as [Float], shape: [4, 2])
    try curriculum.note(logits, of: [5, 6, 7, 1], part: 0)
    try curriculum.advance(taking: false, over: nil)
    #expect(try thresholds(curriculum) == [0, 0])
    try curriculum.note(logits, of: [5, 6, 7, 1], part: 0)
    try curriculum.advance(taking: true, over: nil)
    // Of 8 pictures 5 have none: β = 2/5 and 1/5, and 0.9 · 0.4/1.6 and 0.9 · 0.2/1.8.
    func expect(_ found: [Float], _ wanted: [Float]) {
      #expect(zip(found, wanted).allSatisfy { abs($0 - $1) < 1e-6 }, "\(found)")
    }
    expect(try thresholds(curriculum), [0.225, 0.1])
    // Picture 6 changes its class, and 1 to 4 get one: σ = 7 and 0, u = 1.
    try curriculum.note(
      Tensor(
        [Float](repeating: 0, count: 10).enumerated().map { $0.0 % 2 == 0 ? 4 : 0 }, shape: [5, 2]),
      of: [6, 1, 2, 3, 4], part: 1)
    try curriculum.advance(taking: true, over: nil)
    expect(try thresholds(curriculum), [0.9, 0])
    // What a checkpoint holds is enough to go on from.
    try curriculum.keep()
    let other = try Curriculum(settings, pictures: 8, classes: 2, device: .cpu)
    for (mine, its) in zip(other.state, curriculum.state) { try mine.tensor.copy(from: its.tensor) }
    try other.restore()
    #expect(try thresholds(other) == thresholds(curriculum))
  }

  @Test("counts add up, and are written and read back")
  func counts() throws {
    let one = try #require(PseudoLabels.Counts([8, 4, 2, 1]))
    var sums = try PseudoLabels(one, on: .cpu)
    try sums.add(PseudoLabels(one, on: .cpu))
    let both = try sums.read()
    #expect(both.numbers == [16, 8, 4, 2])
    #expect(both.maskRate == 50 && both.accuracy == 50)
    #expect(PseudoLabels.Counts().maskRate == nil)
    #expect(PseudoLabels.Counts([1, 2, 3]) == nil)
  }
}

/// Trainings on pictures without labels beside those with.
extension OwnTrainingTests {
  /// A training on 32 pictures with labels and 90 without, of which a batch of 16 has 4 and 12.
  private func consistent(
    flexible: Bool = false, _ change: (inout TrainingSettings) -> Void = { _ in }
  ) throws -> TrainingJob {
    var job = try job {
      ($0.images, $0.batch, $0.accumulate) = (320, 16, 1)
      change(&$0)
    }
    job.examples = try Examples(labelled: Halves(count: 32))
    var settings = ConsistencySettings()
    (settings.threshold, settings.ratio, settings.weight) = (0.7, 3, 0.5)
    settings.flexible = flexible
    job.consistency = Consistency(Halves(count: 90), settings)
    job.consistency?.isTruthKnown = true
    return job
  }

  @Test(
    "a step is what one writes by hand: a weak pass without gradients, then labelled and strong views"
  )
  func consistentByHand() throws {
    try Libtorch.setThreads(1)
    let job = try consistent { $0.images = 32 }
    let other = try consistent { $0.images = 32 }
    try train(job, runtime())

    let network = other.network
    let plan = try TrainingPlan(other.settings, imageCount: 32 * 4)
    let optimizer = try SGD(network.weights.parameters, momentum: 0.9, weightDecay: 1e-4)
    func loader(
      _ count: Int, _ each: Int, _ order: UInt64, _ seed: UInt64,
      _ change: (inout TrainingSettings.Augmentation) -> Void = { _ in }
    ) throws -> BatchLoader {
      var augmentation = other.settings.augmentation
      change(&augmentation)
      return try BatchLoader(
        dataset: Halves(count: count), order: ShuffledOrder(count: count, seed: order),
        positions: 0..<2 * each, batchSize: each,
        preset: .train(other.input.trainPreset(augmentation)), seed: seed, workers: 1)
    }
    let labelled = try loader(32, 4, 5, 5)
    let order = Hash.mix(5, 0, 0)
    let weak = try loader(90, 12, order, Hash.mix(5, 1, 0))
    let strong = try loader(90, 12, order, Hash.mix(5, 1, 1)) {
      ($0.autoAugment, $0.erasing) = (.randAugment, 1)
    }
    let pictures = try ImageTensor(other.input, device: .cpu)
    for step in 0..<2 {
      let (x, w, s) = (
        try #require(try labelled.next()), try #require(try weak.next()),
        try #require(try strong.next())
      )
      #expect(w.indices == s.indices)
      let guesses: [Float] = try withoutGradients { try network(pictures(w), .training) }
        .softmax().array()
      // 4 / 16 of the batch has labels: 4 × its mean loss is the mean over them; λ · 16 / 12 likewise.
      var rows = [Float](repeating: 0, count: 2 * 16)
      for (row, label) in x.labels.enumerated() { rows[2 * row + (label ?? 0)] = 4 }
      for row in 0..<12 {
        let side = guesses[2 * row] >= guesses[2 * row + 1] ? 0 : 1
        if guesses[2 * row + side] >= 0.7 { rows[2 * (4 + row) + side] = Float(0.5 * 4.0 / 3) }
      }
      let logits = try network(Tensor.concatenated([pictures(x), pictures(s)]), .training)
      try logits.softmaxCrossEntropy(Tensor(rows, shape: [16, 2])).backward()
      try optimizer.step(learningRate: plan.schedule.rate(atStep: step))
      try optimizer.clearGradients()
    }
    #expect(try weights(job) == weights(other))
  }

  @Test("it learns what few labels do not tell, and says how many guesses it took and were right")
  func consistentLearns() throws {
    try Libtorch.setThreads(1)
    let folder = try TemporaryFolder()
    var records = TrainingRecords(folder: folder.path)
    var told: [String] = []
    records.console = Console(isTerminal: false) { told.append($0) }
    records.log = (try EventLog(path: folder.path + "/log.jsonl"), "t")
    let job = try consistent { $0.images = 1_600 }
    try train(job, runtime(), records)
    let last = try #require(
      try folder.read("log.jsonl").split(separator: "\n").last { $0.contains("mask_rate") })
    let event = try #require(
      try JSONSerialization.jsonObject(with: Data(last.utf8)) as? [String: Any])
    let (rate, accuracy) = (
      try #require(event["mask_rate"] as? Double),
      try #require(event["pseudo_label_accuracy"] as? Double)
    )
    #expect(rate > 50 && rate <= 100)
    #expect(accuracy > 90)
    #expect(
      told.contains {
        $0.contains("of the unlabelled pictures got a pseudo-label, of which ")
      })
    let measured = try evaluate(
      job.network, on: Examples(labelled: Halves(count: 40)), input: job.input, runtime())
    #expect((measured.top1 ?? 0) > 90)
  }

  @Test(
    "replicas on any number of threads learn the same, and as processes do",
    arguments: [false, true])
  func consistentReplicas(flexible: Bool) throws {
    func learned(threads: Int) throws -> [[Float]] {
      try Libtorch.setThreads(threads)
      defer { try? Libtorch.setThreads(1) }
      let job = try consistent(flexible: flexible) { ($0.replicas, $0.images) = (4, 160) }
      var runtime = runtime()
      runtime.threads = .count(threads)
      try train(job, runtime)
      return try weights(job)
    }
    let one = try learned(threads: 1)
    #expect(try learned(threads: 3) == one)
    for size in [2, 4] {
      let found = try together(size) {
        try self.consistent(flexible: flexible) { ($0.replicas, $0.images) = (4, 160) }
      }
      for process in found { #expect(process == one) }
    }
  }

  /// What each of `size` processes has learnt of the training that `job` makes.
  private func together(
    _ size: Int, _ job: @escaping @Sendable () throws -> TrainingJob
  ) throws -> [[[Float]]] {
    let port = try FreePort.find()
    return try Members.results(size) { rank in
      try? Libtorch.setThreads(1)
      let job = try job()
      var runtime = self.runtime()
      runtime.threads = .count(1)
      let group = try DistributedGroup(
        Rendezvous(rank: rank, size: size, port: port), timeout: 30)
      runtime.group = group
      defer { group.leave() }
      try train(job, runtime)
      return try self.weights(job)
    }
  }

  @Test(
    "with synced batch norm, weak and strong views too are normalised as in one network alone",
    arguments: [false, true])
  func consistentSynced(flexible: Bool) throws {
    try Libtorch.setThreads(1)
    let job = try consistent(flexible: flexible) { $0.images = 64 }
    try train(job, runtime())
    let alone = try weights(job)
    for size in [2, 4] {
      let found = try together(size) {
        try self.consistent(flexible: flexible) {
          ($0.replicas, $0.syncBatchNorm, $0.images) = (4, true, 64)
        }
      }
      #expect(found.allSatisfy { $0 == found[0] })
      for (own, wanted) in zip(found[0], alone) {
        let most = wanted.map(abs).max() ?? 0
        #expect(zip(own, wanted).allSatisfy { abs($0 - $1) <= 1e-5 * max(most, 1e-3) })
      }
    }
  }

  @Test(
    "stopped in the middle, it goes on to the same weights and counts",
    arguments: [(1, true), (2, false)])
  func consistentResumes(replicas: Int, flexible: Bool) throws {
    try Libtorch.setThreads(1)
    let change: (inout TrainingSettings) -> Void = {
      ($0.replicas, $0.ema) = (replicas, 0.9)
      $0.images = 320
    }
    func records(_ folder: TemporaryFolder) throws -> TrainingRecords {
      var records = TrainingRecords(folder: folder.path)
      records.log = (try EventLog(path: folder.path + "/log.jsonl"), "t")
      records.console = Console(quiet: true)
      return records
    }
    func rates(_ folder: TemporaryFolder) throws -> [String] {
      try folder.read("log.jsonl").split(separator: "\n").compactMap {
        let event = try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
        return event?["mask_rate"].map { "\($0) \(event?["pseudo_label_accuracy"] ?? "")" }
      }
    }
    let (first, second) = (try TemporaryFolder(), try TemporaryFolder())
    let whole = try consistent(flexible: flexible, change)
    try train(whole, runtime(), records(first))
    var stopped = try consistent(flexible: flexible, change)
    stopped.stepGuard = Stop(at: 11)
    #expect(throws: Stopped.self) { try train(stopped, runtime(), records(second)) }
    StopSignal.withdraw()
    let resumed = try consistent(flexible: flexible, change)
    try train(resumed, runtime(), records(second))
    #expect(try weights(resumed) == weights(whole))
    #expect(try rates(first) == rates(second))
    // Another threshold is another training.
    var other = try consistent(change)
    other.consistency?.settings.threshold = 0.8
    #expect(throws: TrainingError.self) { try train(other, runtime(), records(second)) }
  }

  @Test(
    "a refused step is kept with the strong views and their targets, and is computed again alike")
  func consistentCapture() throws {
    try Libtorch.setThreads(1)
    let folder = try TemporaryFolder()
    var job = try consistent { ($0.images, $0.replicas) = (64, 2) }
    job.stepGuard = Refusal(at: 3)
    try train(job, runtime(), TrainingRecords(folder: folder.path))
    let name = try #require(try StepCapture.files(in: folder.path + "/refused").first)
    let capture = try StepCapture(contentsOf: folder.path + "/refused/" + name)
    let replayed = try capture.replay(on: consistent().network, job.input)
    #expect(replayed.count == 2)
    #expect(replayed.allSatisfy { $0.loss.isFinite && $0.loss > 0 && $0.notFinite == nil })
  }

  @Test("parts that do not divide into labelled and unlabelled pictures are refused")
  func consistentParts() throws {
    let job = try consistent { ($0.batch, $0.replicas) = (12, 2) }
    #expect(
      throws: TrainingError.usage(
        "training: of 4 pictures of a batch one has a label, but a part of a batch has 6; give it a multiple of 4"
      )
    ) { try train(job, runtime()) }
  }
}
