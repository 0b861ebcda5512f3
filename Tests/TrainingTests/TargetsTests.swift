import Foundation
import ImageData
import Models
import TestSupport
import Testing
import Torch

@testable import Training

/// Pictures of one pixel each, without labels of their own.
struct DotPictures: ImageDataset {
  let count: Int
  var name: String { "dots" }
  var classes: [String] { [] }
  func key(at index: Int) -> String { "dot-\(index)" }
  func label(at index: Int) -> Int? { nil }
  func read(at index: Int) throws -> EncodedImage {
    .pixels(Data([UInt8(index % 256)]), width: 1, height: 1, channels: 1)
  }
}

@Suite("Targets")
struct TargetsTests {
  /// Four pictures: of class 1, of 0 and 2, of all three, of 2.
  private let examples: Examples

  init() throws {
    examples = try Examples(
      dataset: DotPictures(count: 4), classCount: 3, offsets: [0, 1, 3, 6, 7],
      labels: [1, 0, 2, 0, 1, 2, 2])
  }

  private func rows(
    _ loss: TrainingSettings.Loss, pass: Int = 0, of other: Examples? = nil, smoothing: Double = 0,
    threshold: Double? = nil
  ) throws -> [[Float]] {
    let examples = other ?? examples
    let order = SequentialOrder(offset: 0)
    let loader = try BatchLoader(
      dataset: examples.dataset, order: Repeated(base: order, count: 4),
      positions: 4 * pass..<4 * pass + 4, batchSize: 4,
      preset: .evaluation(EvaluationPreset(resize: 1, crop: 1, channels: 1)), seed: 0, workers: 1)
    let batch = try #require(try loader.next())
    let targets = Targets(
      examples, loss: loss, smoothing: smoothing, threshold: threshold,
      order: Repeated(base: order, count: 4), seed: 7)
    let values = try targets.rows(for: batch).targets.array(of: Float.self)
    return (0..<4).map { Array(values[$0 * 3..<$0 * 3 + 3]) }
  }

  /// An order that goes over `count` pictures again and again.
  private struct Repeated: SampleOrder {
    let base: SequentialOrder
    let count: Int
    func sample(at position: Int) -> (pass: Int, index: Int) {
      (position / count, base.sample(at: position % count).index)
    }
  }

  @Test("softmax puts 1/m on each of m labels")
  func softmax() throws {
    let third = Float(1) / 3
    #expect(try rows(.softmax) == [[0, 1, 0], [0.5, 0, 0.5], [third, third, third], [0, 0, 1]])
  }

  @Test("sigmoid puts 1 on each label")
  func sigmoid() throws {
    #expect(try rows(.sigmoid) == [[0, 1, 0], [1, 0, 1], [1, 1, 1], [0, 0, 1]])
  }

  @Test("oneOfM puts 1 on one label, drawn anew in each pass and evenly")
  func oneOfM() throws {
    var counts = [[Float]](repeating: [0, 0, 0], count: 4)
    for pass in 0..<300 {
      let drawn = try rows(.oneOfM, pass: pass)
      #expect(try drawn == rows(.oneOfM, pass: pass))
      for (row, values) in drawn.enumerated() {
        #expect(values.reduce(0, +) == 1)
        counts[row] = zip(counts[row], values).map(+)
      }
    }
    #expect(counts[0] == [0, 300, 0])
    #expect(counts[3] == [0, 0, 300])
    // 300 draws of two: 150 ± 5 standard deviations of 8.7; of three: 100 ± 5 of 8.2.
    #expect(counts[1][1] == 0)
    #expect(abs(counts[1][0] - 150) < 44)
    for count in counts[2] { #expect(abs(count - 100) < 41) }
  }

  @Test("label smoothing gives every class ε / L and takes ε of what the labels have")
  func smoothing() throws {
    // PyTorch's CrossEntropyLoss(label_smoothing=0.3): 0.7 t + 0.1 of three classes.
    let expected: [[Float]] = [
      [0.1, 0.8, 0.1], [0.45, 0.1, 0.45], [1, 1, 1].map { $0 / 3 }, [0.1, 0.1, 0.8],
    ]
    for (row, values) in zip(try rows(.softmax, smoothing: 0.3), expected) {
      for (a, b) in zip(row, values) { #expect(abs(a - b) < 1e-6) }
    }
  }

  @Test("labels with weights are targets as they are, and oneOfM draws by them")
  func weights() throws {
    let soft = try Examples(
      dataset: DotPictures(count: 4), classCount: 3, offsets: [0, 2, 4, 5, 7],
      labels: [0, 2, 1, 2, 1, 0, 1], weights: [0.75, 0.25, 0.5, 0.5, 1, 0.1, 0.9])
    let expected: [[Float]] = [[0.75, 0, 0.25], [0, 0.5, 0.5], [0, 1, 0], [0.1, 0.9, 0]]
    #expect(try rows(.softmax, of: soft) == expected)
    #expect(try rows(.sigmoid, of: soft) == expected)
    #expect(
      try rows(.sigmoid, of: soft, threshold: 0.2) == [
        [1, 0, 1], [0, 1, 1], [0, 1, 0], [0, 1, 0],
      ])
    var first = 0
    for pass in 0..<400 where try rows(.oneOfM, pass: pass, of: soft)[0][0] == 1 { first += 1 }
    // 400 draws of 3/4: 300 ± 5 standard deviations of 8.7.
    #expect(abs(first - 300) < 44)
  }

  @Test(
    "mixed and smoothed targets and their losses are timm's; its binary one is a mean over classes, ours a sum"
  )
  func timm() throws {
    // timm 1.0.20: m = mixup_target(tensor([1, 2, 0, 2]), 3, lam=0.7, smoothing=0.1), which mixes each row with
    // that at the other end, and of x below SoftTargetCrossEntropy()(x, m),
    // BinaryCrossEntropy(target_threshold=None)(x, m) and BinaryCrossEntropy(target_threshold=0.2)(x, m).
    let mixed = try Examples(
      dataset: DotPictures(count: 4), classCount: 3, offsets: [0, 2, 4, 6, 8],
      labels: [1, 2, 0, 2, 0, 2, 1, 2], weights: [0.7, 0.3, 0.3, 0.7, 0.7, 0.3, 0.3, 0.7])
    let x: [Float] = [1, 2, 0.5, -1, 0, 3, 0.2, -0.4, 1.5, 2, 1, -3]
    let smooth: [[Double]] = [
      [0.0333333, 0.6633333, 0.3033333], [0.3033333, 0.0333333, 0.6633333],
      [0.6633333, 0.0333333, 0.3033333], [0.0333333, 0.3033333, 0.6633333],
    ]
    let losses: [(TrainingSettings.Loss, Double?, Double)] = [
      (.softmax, nil, 1.8869740962982178), (.sigmoid, nil, 3 * 1.0681616067886353),
      (.sigmoid, 0.2, 3 * 0.8975507616996765),
    ]
    for (loss, threshold, expected) in losses {
      let targets = Targets(
        mixed, loss: loss, smoothing: 0.1, threshold: threshold, order: SequentialOrder())
      let rows = try targets.rows(for: batch(of: mixed, count: 4))
      let values = try rows.targets.array(of: Float.self)
      for (value, target) in zip(values, smooth.joined()) {
        #expect(abs(Double(value) - (threshold.map { target > $0 ? 1 : 0 } ?? target)) < 1e-6)
      }
      let computed = try targets.loss(Tensor(x, shape: [4, 3]), rows).item()
      #expect(abs(computed - expected) < 1e-5, "\(loss)")
    }
  }

  @Test("of labels with weights the greatest is right, of several alike any")
  func softHits() throws {
    let soft = try Examples(
      dataset: DotPictures(count: 2), classCount: 3, offsets: [0, 2, 4], labels: [0, 2, 1, 2],
      weights: [0.75, 0.25, 0.5, 0.5])
    let batch = try batch(of: soft, count: 2)
    let targets = Targets(soft, order: SequentialOrder())
    let rows = try targets.rows(for: batch)
    for (logits, hits) in [
      ([9, 0, 0, 0, 9, 0], 2.0), ([0, 0, 9, 0, 0, 9], 1), ([0, 9, 0, 9, 0, 0], 0),
    ] {
      let tensor = try Tensor(logits.map(Float.init), shape: [2, 3])
      #expect(try targets.hits(tensor, rows).item() == hits)
    }
  }

  @Test(
    "two mixed pictures have both targets by their shares, and the greater share's label is right")
  func mixed() throws {
    let batch = try batch(of: examples, count: 4, mixing: PairMixing(cutmix: 1))
    let own = try rows(.softmax)
    let targets = Targets(examples, order: SequentialOrder())
    let rows = try targets.rows(for: batch)
    let values = try rows.targets.array(of: Float.self)
    let members = try rows.members.array(of: Float.self)
    for row in 0..<4 {
      let share = batch.mixed[row].share
      for label in 0..<3 {
        let expected = share * own[row][label] + (1 - share) * own[row ^ 1][label]
        #expect(abs(values[row * 3 + label] - expected) < 1e-6)
        let greater = own[share >= 0.5 ? row : row ^ 1][label]
        #expect(members[row * 3 + label] == (greater > 0 ? 1 : 0))
      }
    }
  }

  /// The first pictures of `examples`, 8 × 8.
  private func batch(
    of examples: Examples, count: Int, mixing: PairMixing? = nil
  ) throws -> ImageBatch {
    let loader = try BatchLoader(
      dataset: examples.dataset, order: SequentialOrder(), positions: 0..<count, batchSize: count,
      preset: .evaluation(EvaluationPreset(resize: 8, crop: 8, channels: 1)), mixing: mixing,
      seed: 2,
      workers: 1)
    return try #require(try loader.next())
  }

  @Test("the losses are the formulas: -Σ t log softmax, and Σ of binary cross-entropies")
  func losses() throws {
    let logits: [Float] = [1, 2, 0.5, -1, 0, 3]
    let tensor = try Tensor(logits, shape: [2, 3])
    for loss in [TrainingSettings.Loss.softmax, .sigmoid] {
      let targets: [Float] = loss == .softmax ? [0.5, 0, 0.5, 0, 0, 1] : [1, 0, 1, 0, 0, 1]
      let rows = try Tensor(targets, shape: [2, 3])
      let computed = try Targets(examples, loss: loss, order: SequentialOrder())
        .loss(tensor, Targets.Rows(targets: rows, members: rows)).item()
      var expected = 0.0
      for row in 0..<2 {
        let x = logits[row * 3..<row * 3 + 3].map(Double.init)
        let t = targets[row * 3..<row * 3 + 3].map(Double.init)
        let logSum = log(x.map(exp).reduce(0, +))
        for (x, t) in zip(x, t) {
          expected += loss == .softmax ? t * (logSum - x) : log(1 + exp(x)) - t * x
        }
      }
      #expect(abs(computed - expected / 2) < 1e-6, "\(loss)")
    }
  }

  @Test("a guess is right when it is any of the picture's labels")
  func correct() throws {
    let loader = try BatchLoader(
      dataset: examples.dataset, order: SequentialOrder(), positions: 0..<4, batchSize: 4,
      preset: .evaluation(EvaluationPreset(resize: 1, crop: 1, channels: 1)), seed: 0, workers: 1)
    let batch = try #require(try loader.next())
    // Guesses 0 (wrong), 2 (one of two), 1 (one of three), 0 (wrong).
    let logits = try Tensor(
      [3, 1, 2, 0, 1, 2, 0, 5, 1, 9, 0, 8] as [Float], shape: [4, 3])
    for loss in TrainingSettings.Loss.allCases {
      let targets = Targets(examples, loss: loss, order: SequentialOrder())
      #expect(try targets.hits(logits, targets.rows(for: batch)).item() == 2, "\(loss)")
    }
  }

  @Test("the mean loss of equal parts of a batch, each over their number, is the whole batch's")
  func parts() throws {
    var random = SeededGenerator(seed: 5)
    let logits = (0..<24).map { _ in Float.random(in: -3...3, using: &random) }
    let labels = (0..<8).flatMap { row in (0..<3).map { Float($0 == row % 3 ? 1 : 0) } }
    let targets = Targets(examples, order: SequentialOrder())
    func gradient(parts: Int) throws -> [Float] {
      let tensor = try Tensor(logits, shape: [8, 3])
      try tensor.setRequiresGradient(true)
      let size = 8 / parts
      for part in 0..<parts {
        let range = part * size..<(part + 1) * size
        let rows = Array(labels[range.lowerBound * 3..<range.upperBound * 3])
        let part = try Tensor(rows, shape: [size, 3])
        try targets.loss(
          tensor.narrowed(axis: 0, to: range), Targets.Rows(targets: part, members: part)
        ).scaled(by: 1 / Double(parts)).backward()
      }
      return try #require(try tensor.gradient()).array(of: Float.self)
    }
    for (whole, part) in zip(try gradient(parts: 1), try gradient(parts: 4)) {
      #expect(abs(whole - part) < 1e-7)
    }
  }
}

@Suite("Examples")
struct ExamplesTests {
  @Test(
    "offsets and labels that do not fit the pictures are refused",
    arguments: [
      ([0, 1], [0]), ([0, 1, 1], [0]), ([0, 2, 1], [0, 0]), ([1, 2, 3], [0, 0, 0]),
      ([0, 1, 3], [0, 1]), ([0, 1, 2], [0, 3]), ([0, 1, 2], [0, -1]), ([], []),
    ] as [([Int32], [Int32])])
  func misfits(offsets: [Int32], labels: [Int32]) {
    #expect(throws: TrainingError.self) {
      try Examples(
        dataset: DotPictures(count: 2), classCount: 3, offsets: offsets, labels: labels)
    }
  }
}

@Suite("Examples beside others")
struct BesideTests {
  @Test("the share of what is seen is of the second set, evenly, each in its own order")
  func share() throws {
    let first = try Examples(
      dataset: DotPictures(count: 50), classCount: 2, offsets: (0...50).map(Int32.init),
      labels: [Int32](repeating: 0, count: 50))
    let second = try Examples(
      dataset: DotPictures(count: 10), classCount: 2, offsets: (0...10).map(Int32.init),
      labels: [Int32](repeating: 1, count: 10))
    let both = try first.beside(second, share: 0.3)
    #expect(both.countPerClass == [50, 10])
    let network = try ModelCatalog.make(
      NetworkOptions(model: "resnet8", classCount: 2, inputChannels: 1, stem: .small, width: 8),
      seed: 0)
    var input = ImageInput()
    (input.size, input.resize, input.channels, input.mean, input.std) = (8, 8, 1, [0.5], [0.5])
    for order in TrainingSettings.Order.allCases {
      var settings = TrainingSettings()
      settings.order = order
      let job = TrainingJob(network, on: both, settings, input: input, seed: 3)
      let seen = (0..<1000).map { job.order.sample(at: $0) }
      for start in stride(from: 0, to: 1000, by: 20) {
        let others = seen[start..<start + 20].count { $0.index >= 50 }
        #expect(5...7 ~= others)
      }
      #expect(seen.count { $0.index >= 50 } == 300)
      // No crop is drawn twice.
      #expect(Set(seen.map { "\($0.pass) \($0.index)" }).count == 1000)
      // Whole passes over both: 700 and 300 pictures.
      guard order == .uniform else { continue }
      for index in 0..<60 { #expect(seen.count { $0.index == index } == (index < 50 ? 14 : 30)) }
    }
  }

  @Test("labels with weights stand beside others, which have 1")
  func weights() throws {
    let soft = try Examples(
      dataset: DotPictures(count: 1), classCount: 2, offsets: [0, 2], labels: [0, 1],
      weights: [0.25, 0.75])
    let hard = try Examples(
      dataset: DotPictures(count: 2), classCount: 2, offsets: [0, 1, 3], labels: [1, 0, 1])
    let both = try soft.beside(hard, share: 0.5)
    #expect(
      (0..<3).map { both.weights(at: $0).map(Array.init) } == [[0.25, 0.75], [1], [0.5, 0.5]])
    #expect((0..<3).map { Array(both.classes(at: $0)) } == [[0, 1], [1], [0, 1]])
    #expect(throws: TrainingError.self) { try both.beside(hard, share: 0.5) }
  }

  @Test(
    "weights that are none of 0 to 1, or too few, are refused",
    arguments: [[0.5], [2, -1], [.nan, 1]])
  func misfits(weights: [Float]) {
    #expect(throws: TrainingError.self) {
      try Examples(
        dataset: DotPictures(count: 1), classCount: 2, offsets: [0, 2], labels: [0, 1],
        weights: weights)
    }
  }
}

@Suite("ClassBalancedOrder")
struct ClassBalancedOrderTests {
  /// 90 pictures of class 0, 9 of class 1, one of class 3, and class 2 without any.
  private let examples: Examples

  init() throws {
    examples = try Examples(
      dataset: DotPictures(count: 100), classCount: 4, offsets: (0...100).map(Int32.init),
      labels: [Int32](repeating: 0, count: 90) + [Int32](repeating: 1, count: 9) + [3])
  }

  @Test("each class that has pictures comes as often as any other")
  func balanced() {
    let order = ClassBalancedOrder(examples, seed: 3)
    var counts = [0, 0, 0, 0]
    var seen: Set<Int> = []
    for position in 0..<6000 {
      let index = order.sample(at: position).index
      counts[Int(examples.classes(at: index).first ?? 2)] += 1
      seen.insert(index)
    }
    // 6,000 draws of three classes: 2,000 ± 5 standard deviations of 36.5.
    #expect(counts[2] == 0)
    for label in [0, 1, 3] { #expect(abs(counts[label] - 2000) < 183) }
    #expect(seen.count == 100)
  }

  @Test("in the square-root order a class comes in proportion to the root of its pictures")
  func squareRoot() {
    let order = ClassBalancedOrder(examples, exponent: 0.5, seed: 3)
    var counts = [0.0, 0, 0, 0]
    for position in 0..<6000 {
      counts[Int(examples.classes(at: order.sample(at: position).index).first ?? 2)] += 1
    }
    // The roots of 90, 9 and 1 are 9.487, 3 and 1, of 13.487 in all; within 5 standard deviations.
    #expect(counts[2] == 0)
    for (label, root) in [(0, 90.0.squareRoot()), (1, 3), (3, 1)] {
      let share = root / (90.0.squareRoot() + 4)
      let deviation = (6000 * share * (1 - share)).squareRoot()
      #expect(abs(counts[label] - 6000 * share) < 5 * deviation)
    }
  }

  @Test("the order is a function of the seed and the position, and repeats are varied anew")
  func function() {
    let order = ClassBalancedOrder(examples, seed: 3)
    let again = ClassBalancedOrder(examples, seed: 3)
    let other = ClassBalancedOrder(examples, seed: 4)
    let picks = (0..<200).map { order.sample(at: $0).index }
    #expect(picks == (0..<200).map { again.sample(at: $0).index })
    #expect(picks != (0..<200).map { other.sample(at: $0).index })
    // What keys the augmentation is another number at every position.
    #expect(Set((0..<200).map { order.sample(at: $0).pass }).count == 200)
  }
}
