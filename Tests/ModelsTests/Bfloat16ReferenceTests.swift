import Testing
import Torch

@testable import Models

/// PyTorch's own bfloat16 logits lie up to 0.028 from its float32 ones here (the file says so): two
/// roundings of the same network can lie that far from each other too.
@Suite("bfloat16 equals PyTorch's autocast", .disabled(if: !CPU.flags.contains("avx512bw")))
struct Bfloat16ReferenceTests {
  static let tolerance = 0.03

  @Test("training and evaluation", arguments: TinyNetwork.allCases)
  func logits(_ tiny: TinyNetwork) throws {
    let reference = try Reference(tiny.rawValue)
    let halves = try Reference("bfloat16")
    let network = try tiny.make(reference)
    let input = try reference["input"]
    try withoutGradients {
      let training = try network(input, Pass(.training, precision: .bf16))
      try expect(
        training, equals: halves["\(tiny.rawValue).logits"], within: Self.tolerance, "training")
      #expect(try relativeError(training, reference["logits"]) > 1e-5, "it was not bfloat16")
      try tiny.takeStatistics(network, reference)
      let evaluation = try network(input, Pass(.evaluation, precision: .bf16))
      try expect(
        evaluation, equals: halves["\(tiny.rawValue).evaluation.logits"], within: Self.tolerance,
        "evaluation")
    }
  }

  @Test("the last layer is float32: logits are not on bfloat16's grid", arguments: [false, true])
  func lastLayer(folded: Bool) throws {
    let reference = try Reference("small-stem")
    let network = try TinyNetwork.smallStem.make(reference)
    if folded { try network.fold(precision: .bf16) }
    let logits = try withoutGradients {
      try network(reference["input"], Pass(.evaluation, precision: .bf16))
    }
    #expect(logits.dtype == .float32)
    // A bfloat16 number has zeros in the lower half of a float's bits.
    let bits = try logits.array(of: Float.self).map { $0.bitPattern & 0xffff }
    #expect(bits.count { $0 != 0 } > bits.count / 2)
  }

  @Test("gradients are float32, near those without autocast", arguments: TinyNetwork.allCases)
  func gradients(_ tiny: TinyNetwork) throws {
    let reference = try Reference(tiny.rawValue)
    let network = try tiny.make(reference)
    let logits = try network(reference["input"], Pass(.training, precision: .bf16))
    try logits.softmaxCrossEntropy(reference["target"]).backward()
    for (name, tensor) in network.weights.parameters {
      #expect(try tensor.gradient()?.dtype == .float32, "\(name)")
    }
    #expect(try SGD(network.weights.parameters).gradientsAreFinite())
    let last = try #require(network.weights.parameters.first { $0.name == "fc.weight" })
    try expect(last.tensor.gradient(), equals: reference["grad.fc.weight"], within: 0.05)
  }
}
