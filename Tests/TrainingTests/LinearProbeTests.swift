import Foundation
import Testing
import Torch

@testable import Training

@Suite("A linear layer on frozen features")
struct LinearProbeTests {
  private static let reference =
    URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().path + "/Reference/probe.safetensors"

  private func data() throws -> (file: Safetensors, features: Tensor, classes: [Int]) {
    let file = try Safetensors(path: Self.reference)
    let classes = try file.tensor("labels").array(of: Float.self).map { Int($0) }
    return (file, try file.tensor("features"), classes)
  }

  @Test(
    "it reaches the optimum that PyTorch's L-BFGS reaches, features that never change and all",
    arguments: [1, 0.01, 0.0001])
  func optimum(_ weightDecay: Double) throws {
    let (file, features, classes) = try data()
    let layer = try SoftmaxRegression(features, classes: classes, classCount: 3)
      .layer(weightDecay: weightDecay)
    #expect(layer.isOptimal)
    let name = weightDecay == 1 ? "1.0" : "\(weightDecay)"
    #expect(try abs(layer.objective - file.tensor("\(name).loss").item()) < 1e-6)
    for (part, tensor) in [("weight", layer.weight), ("bias", layer.bias)] {
      let found: [Float] = try tensor.array()
      let expected: [Float] = try file.tensor("\(name).\(part)").array()
      let largest = expected.map(abs).max() ?? 1
      #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 2e-3 * largest }, "\(part)")
    }
  }

  @Test("from another start it is the same optimum, and twice the same bits")
  func starts() throws {
    let (_, features, classes) = try data()
    let regression = try SoftmaxRegression(features, classes: classes, classCount: 3)
    let cold = try regression.layer(weightDecay: 0.01)
    let warm = try regression.layer(
      weightDecay: 0.01, from: regression.layer(weightDecay: 1))
    #expect(abs(cold.objective - warm.objective) < 1e-9)
    #expect(
      try regression.layer(weightDecay: 0.01).weight.array(of: Float.self)
        == cold.weight.array(of: Float.self))
  }

  @Test("of each class one picture after the other is held out, each class from another part on")
  func folds() {
    #expect(
      LinearProbe.folds(of: [0, 0, 1, 0, 1, 2, 0, 0, 0], classCount: 3)
        == [0, 1, 1, 2, 2, 2, 3, 4, 0])
  }

  @Test("the weight decay is the one that is right most often on what is held out")
  func choice() throws {
    let (_, features, classes) = try data()
    let probe = try LinearProbe(features, classes: classes, classCount: 3)
    #expect(probe.trials.map(\.weightDecay) == LinearProbe.weightDecays)
    #expect(probe.trials.allSatisfy { $0.count == 60 })
    let most = probe.trials.map(\.correct).max()
    let chosen = try #require(probe.trials.first { $0.weightDecay == probe.weightDecay })
    #expect(chosen.correct == most)
    let others = probe.trials.filter { $0.correct == most }
    #expect(others.allSatisfy { $0.loss >= chosen.loss })
    #expect(probe.heldOutTop1 == 100 * Double(chosen.correct) / 60)
    // Not by chance: 20 of 60.
    #expect(chosen.correct > 30)
  }

  @Test("one picture of each class is enough for a layer, of which nothing is known then")
  func single() throws {
    let features = try Tensor([1, 0, 0, 1] as [Float], shape: [2, 2])
    let probe = try LinearProbe(features, classes: [0, 1], classCount: 2)
    let weight: [Float] = try probe.layer.weight.array()
    #expect(weight[0] > weight[1] && weight[3] > weight[2])
  }

  @Test("parts that were held out before are not held out again, and give the same layer")
  func resuming() throws {
    let (_, features, classes) = try data()
    let decays = [0.1, 0.001]
    var parts: [[LinearProbe.Trial]] = []
    let whole = try LinearProbe(
      features, classes: classes, classCount: 3, weightDecays: decays, keep: { parts.append($0) })
    #expect(parts.count == 5 && LinearProbe.partCount(of: classes.count) == 5)
    #expect(whole.trials.map(\.weightDecay) == decays)
    #expect(whole.trials[0].correct == parts.reduce(0) { $0 + $1[0].correct })
    var (kept, steps) = (0, 0)
    let resumed = try LinearProbe(
      features, classes: classes, classCount: 3, weightDecays: decays,
      done: Array(parts.prefix(3)), keep: { _ in kept += 1 }, step: { steps += 1 })
    // Two parts with two decays each, and the layer in the end.
    #expect(kept == 2 && steps == 5)
    #expect(resumed.trials == whole.trials && resumed.weightDecay == whole.weightDecay)
    #expect(
      try resumed.layer.weight.array(of: Float.self) == whole.layer.weight.array(of: Float.self))
  }
}
