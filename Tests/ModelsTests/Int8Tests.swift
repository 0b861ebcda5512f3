import Testing
import Torch

@testable import Models

@Suite("Networks in int8", .enabled(if: CPU.multipliesBytes))
struct Int8Tests {
  /// Logits in float32 and in int8, once the layers' ranges were observed on the same pictures.
  private func logits(
    of network: any Network, on pictures: Tensor
  ) throws -> (float32: Tensor, int8: Tensor, ranges: ActivationRanges) {
    try withoutGradients {
      let expected = try network(pictures, .evaluation)
      let layers = try #require(network.foldable)
      try layers.observe()
      _ = try network(pictures, Pass(.evaluation, precision: .int8))
      let ranges = try layers.observedRanges()
      try layers.fold(to: ranges)
      let made = try network(pictures, Pass(.evaluation, precision: .int8))
      layers.unfold()
      // As if nothing had been.
      #expect(try network(pictures, .evaluation).array(of: Float.self) == expected.array())
      return (expected, made, ranges)
    }
  }

  @Test("lie near float32", arguments: TinyNetwork.allCases)
  func residual(_ tiny: TinyNetwork) throws {
    let reference = try Reference(tiny.rawValue)
    let network = try tiny.make(reference)
    try tiny.takeStatistics(network, reference)
    let (expected, made, ranges) = try logits(of: network, on: reference["input"].channelsLast())
    #expect(made.dtype == .float32)
    try expect(made, equals: expected, within: 0.05)
    #expect(try relativeError(made, expected) > 1e-4)
    // Only the first layer sees numbers: all others' inputs come in bytes.
    #expect(ranges.layers.filter { $0.value.input != nil }.map(\.key) == ["conv1"])
  }

  @Test(
    "of timm's lie near float32, through excitation, depthwise convolutions and other activations",
    arguments: TinyConvNet.allCases.filter { $0 != .convNeXt })
  func others(_ tiny: TinyConvNet) throws {
    let reference = try Reference(tiny.rawValue)
    let network = try tiny.make(reference)
    for (name, tensor) in network.weights.buffers {
      try tensor.copy(from: reference["after.\(name)"])
    }
    let (expected, made, _) = try logits(of: network, on: reference["input"].channelsLast())
    try expect(made, equals: expected, within: 0.12)
  }

  @Test("give the same bits with any number of threads, and observe the same ranges")
  func threads() throws {
    let reference = try Reference(TinyNetwork.bottleneck.rawValue)
    let input = try reference["input"].channelsLast()
    var found: [(ActivationRanges, [Float])] = []
    let threads = Libtorch.threads
    defer { try? Libtorch.setThreads(threads) }
    for count in [1, 2] {
      try Libtorch.setThreads(count)
      let network = try TinyNetwork.bottleneck.make(reference)
      let (_, made, ranges) = try logits(of: network, on: input)
      found.append((ranges, try made.array()))
    }
    #expect(found[0].0 == found[1].0)
    #expect(found[0].1 == found[1].1)
  }

  @Test("are not made of a network without batch norms")
  func withoutNorms() throws {
    let network = try TinyConvNet.convNeXt.make(Reference(TinyConvNet.convNeXt.rawValue))
    #expect(network.foldable == nil)
  }
}
