import Testing
import Torch

@testable import Models

@Suite("Folded networks")
struct FoldingTests {
  let tolerance = 1e-5

  @Test(
    "equal PyTorch's evaluation in float32, and the caller's pictures stay as they are",
    arguments: TinyNetwork.allCases, [false, true])
  func float32(_ tiny: TinyNetwork, channelsLast: Bool) throws {
    let reference = try Reference(tiny.rawValue)
    let network = try tiny.make(reference)
    try tiny.takeStatistics(network, reference)
    let rows = try reference["input"]
    let input = channelsLast ? try rows.channelsLast() : rows
    let before: [Float] = try input.array()
    try network.fold(precision: .float32)
    try withoutGradients {
      for _ in 0..<2 {
        try expect(network(input, .evaluation), equals: reference["evaluation.logits"])
      }
      // Another batch size packs the weights anew.
      let first = try input.narrowed(axis: 0, to: 0..<1)
      try expect(
        network(first, .evaluation),
        equals: reference["evaluation.logits"].narrowed(axis: 0, to: 0..<1), within: 2e-5)
    }
    #expect(try input.array() == before)
  }

  @Test(
    "in bfloat16 lie as near to PyTorch's bfloat16 as that lies to float32",
    .disabled(if: !CPU.flags.contains("avx512bw")), arguments: TinyNetwork.allCases)
  func bfloat16(_ tiny: TinyNetwork) throws {
    let reference = try Reference(tiny.rawValue)
    let network = try tiny.make(reference)
    try tiny.takeStatistics(network, reference)
    let input = try reference["input"].to(.bfloat16).to(.float32)
    let before: [Float] = try input.array()
    try network.fold(precision: .bf16)
    let logits = try withoutGradients {
      try network(input, Pass(.evaluation, precision: .bf16))
    }
    let halves = try Reference("bfloat16")
    try expect(logits, equals: halves["\(tiny.rawValue).evaluation.logits"], within: 0.03)
    #expect(try relativeError(logits, reference["evaluation.logits"]) > 1e-5)
    #expect(try input.array() == before)
    // Pictures that are bfloat16 already are no copy of the caller's, and yet are not written to.
    let half = try input.to(.bfloat16)
    _ = try withoutGradients { try network(half, Pass(.evaluation, precision: .bf16)) }
    #expect(try half.to(.float32).array() == before)
  }

  @Test("unfolded, give the very bits they gave before", arguments: TinyNetwork.allCases)
  func unfolding(_ tiny: TinyNetwork) throws {
    let reference = try Reference(tiny.rawValue)
    let network = try tiny.make(reference)
    let input = try reference["input"]
    try withoutGradients {
      let before: [Float] = try network(input, .evaluation).array()
      try network.fold(precision: .bf16)
      #expect(try network(input, .evaluation).array() != before)
      network.unfold()
      #expect(try network(input, .evaluation).array() == before)
    }
  }

  @Test("train on as if they were not folded")
  func training() throws {
    let reference = try Reference("basic-block")
    let network = try TinyNetwork.basicBlock.make(reference)
    try network.fold(precision: .bf16)
    let logits = try network(reference["input"], .training)
    try expect(logits, equals: reference["logits"])
    try logits.sum().backward()
    #expect(try network.weights.parameters.allSatisfy { try $0.tensor.gradient() != nil })
  }

  @Test("an evaluation that is not folded has gradients down to its pictures")
  func inputGradients() throws {
    let reference = try Reference("small-stem")
    let network = try TinyNetwork.smallStem.make(reference)
    let input = try reference["input"].copied()
    try input.setRequiresGradient(true)
    try network(input, .evaluation).sum().backward()
    #expect(try input.gradient() != nil)
  }
}
