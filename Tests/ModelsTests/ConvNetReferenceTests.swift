import Testing
import Torch

@testable import Models

@Suite("timm's convolutional networks")
struct ConvNetReferenceTests {
  @Test(
    "a step of training: logits, loss, gradients, running statistics and what they evaluate to",
    arguments: TinyConvNet.allCases, Device.available)
  func training(_ tiny: TinyConvNet, _ device: Device) throws {
    let reference = try Reference(tiny.rawValue)
    for channelsLast in [false, true] {
      let network = try tiny.make(reference, device: device)
      let rows = try reference["input"].to(device: device)
      let input = channelsLast ? try rows.channelsLast() : rows
      let logits = try network(input, .training)
      let loss = try logits.softmaxCrossEntropy(reference["target"].to(device: device))
      try expect(logits, equals: reference["logits"])
      try expect(loss, equals: reference["loss"])
      try loss.backward()
      for name in reference.names(after: "grad.") {
        let tensor = network.weights.parameters.first { $0.name == name }?.tensor
        try expect(tensor?.gradient(), equals: reference["grad.\(name)"], "grad.\(name)")
      }
      for name in reference.names(after: "after.") {
        let tensor = network.weights.buffers.first { $0.name == name }?.tensor
        try expect(tensor, equals: reference["after.\(name)"], "after.\(name)")
      }
      try withoutGradients {
        try expect(network(input, .evaluation), equals: reference["evaluation.logits"])
        let before: [Float] = try input.array()
        try network.fold(precision: .float32)
        for _ in 0..<2 {
          try expect(network(input, .evaluation), equals: reference["evaluation.logits"])
          try expect(
            network.features(input, .evaluation), equals: reference["evaluation.features"])
        }
        #expect(try input.array() == before)
      }
    }
  }

  @Test(
    "bfloat16 lies near float32, folded or not, trained or evaluated, and the last layer is float32",
    arguments: TinyConvNet.allCases)
  func bfloat16(_ tiny: TinyConvNet) throws {
    let reference = try Reference(tiny.rawValue)
    let network = try tiny.make(reference)
    let input = try reference["input"]
    let training = try network(input, Pass(.training, precision: .bf16))
    #expect(training.dtype == .float32)
    try expect(training, equals: reference["logits"], within: 0.06)
    try training.softmaxCrossEntropy(reference["target"]).backward()
    for (name, tensor) in network.weights.parameters {
      #expect(try tensor.gradient()?.dtype == .float32, "\(name)")
    }
    for (name, tensor) in network.weights.buffers {
      try tensor.copy(from: reference["after.\(name)"])
    }
    try withoutGradients {
      let pass = Pass(.evaluation, precision: .bf16)
      for _ in 0..<2 {
        let logits = try network(input, pass)
        #expect(logits.dtype == .float32)
        try expect(logits, equals: reference["evaluation.logits"], within: 0.06)
        #expect(try relativeError(logits, reference["evaluation.logits"]) > 1e-5)
        try network.fold(precision: .bf16)
      }
    }
  }

  @Test(
    "drop path of rate 0 changes nothing, and of another rate the logits",
    arguments: TinyConvNet.allCases)
  func dropPath(_ tiny: TinyConvNet) throws {
    let reference = try Reference(tiny.rawValue)
    let input = try reference["input"]
    func logits(_ rate: Double?) throws -> Tensor {
      try withoutGradients {
        let drop = rate.map { DropPath(rate: $0, seed: 3) }
        let network = try tiny.make(reference)
        return try network(input, Pass(.training, dropPath: drop))
      }
    }
    let all = try logits(nil)
    try expect(logits(0), equals: all, within: 1e-5)
    #expect(try relativeError(logits(0.9), all) > 1e-3)
  }

  @Test(
    "each stage lies deeper than the one before, from the stem to the last layer",
    arguments: TinyConvNet.allCases)
  func depths(_ tiny: TinyConvNet) throws {
    let network = try tiny.make(ParameterStore(seed: 0, device: .meta))
    let names = network.weights.parameters.map(\.name)
    let last = type(of: network).lastLayer
    let depths = names.map(network.depth)
    #expect(Set(depths) == Set(0...network.depth))
    #expect(depths == depths.sorted())
    #expect(
      names.filter { $0.hasPrefix(last) }.allSatisfy { network.depth(of: $0) == network.depth })
  }
}
