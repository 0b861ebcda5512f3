import Foundation
import Testing
import Torch

/// What is resident is measured after a warm-up: libtorch, its threads and oneDNN keep caches.
///
/// Tensors this small gain nothing from a second thread, and wait long for one on a busy machine.
@Suite("Memory", .serialized)
final class MemoryTests {
  private let threads = Libtorch.threads

  init() throws { try Libtorch.setThreads(1) }

  deinit { try? Libtorch.setThreads(threads) }

  /// How much resident memory `steps` calls of `body` add, after `warmUp` calls.
  func growth(steps: Int, warmUp: Int, _ body: () throws -> Void) throws -> Int {
    for _ in 0..<warmUp { try body() }
    let before = try processMemory("VmRSS")
    for _ in 0..<steps { try body() }
    return try processMemory("VmRSS") - before
  }

  @Test("10,000 training steps add nothing: the smallest lost tensor a step would be 2 MB")
  func training() throws {
    let store = try ParameterStore(seed: 0)
    let root = store.root
    let stem = try ConvNorm(root / "conv1", root / "bn1", from: 1, to: 4, kernel: 3)
    let block = try ConvNorm(root / "conv2", root / "bn2", from: 4, to: 4, kernel: 3)
    let classifier = try Linear(root / "fc", from: 4, to: 3)
    let optimizer = try SGD(store.parameters)
    let bytes = (0..<2 * 36).map { UInt8($0) }
    let rows: [Float] = [1, 0, 0, 0, 0.5, 0.5]
    let grown = try growth(steps: 10_000, warmUp: 1000) {
      let pictures = try Tensor(bytes, shape: [2, 6, 6, 1]).to(.float32).permuted([0, 3, 1, 2])
        .scaled(by: 1 / 72)
      let x = try stem(pictures, .training)
      let features = try block(x, .training, adding: x).globalAveragePooled(.training)
      let logits = try classifier(features, .training)
      let loss = try logits.softmaxCrossEntropy(Tensor(rows, shape: [2, 3]))
      try loss.backward()
      _ = try loss.item()
      _ = try logits.detached().top(1).indices.array(of: Int64.self)
      if try optimizer.gradientsAreFinite() { try optimizer.step(learningRate: 0.01) }
      try optimizer.clearGradients()
    }
    #expect(grown < 1 << 20)
  }

  @Test("10,000 steps in bfloat16, folded and not, add nothing")
  func evaluation() throws {
    let store = try ParameterStore(seed: 0)
    let layer = try ConvNorm(store.root / "c", store.root / "n", from: 4, to: 4, kernel: 3)
    let x = try Tensor.full([1, 4, 6, 6], 1).channelsLast()
    let pass = Pass(.evaluation, precision: .bf16)
    let grown = try growth(steps: 10_000, warmUp: 1000) {
      layer.unfold()
      _ = try withoutGradients { try withAutocast(.bf16, on: .cpu) { try layer(x, pass) } }
      try layer.fold(precision: .bf16)
      let input = try x.to(.bfloat16)
      _ = try withoutGradients { try layer(input, pass, adding: layer(input, pass)) }
    }
    #expect(grown < 1 << 20)
  }

  @Test("a recorded pass that is never run backward is freed with its output")
  func abandonedGraphs() throws {
    let weight = try Tensor.full([256, 256], 1).leaf()
    // 200 graphs that each keep five activations of 256 KiB would be 250 MiB.
    let grown = try growth(steps: 200, warmUp: 20) {
      var x = weight
      for _ in 0..<5 { x = try x.matrixProduct(weight).relu() }
      _ = try x.sum()
    }
    #expect(grown < 8 << 20)
  }

  @Test("10,000 failed operations add nothing")
  func failures() throws {
    let a = try Tensor.full([2, 3], 1)
    var thrown = 0
    let grown = try growth(steps: 10_000, warmUp: 1000) {
      do { _ = try a.matrixProduct(a) } catch is TorchError { thrown += 1 }
      do { _ = try a.top(9) } catch is TorchError { thrown += 1 }
    }
    #expect(thrown == 2 * 11_000)
    #expect(grown < 1 << 20)
  }
}
