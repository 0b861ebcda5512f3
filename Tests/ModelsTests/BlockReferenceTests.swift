import Testing
import Torch

@testable import Models

@Suite("Every kind of block equals PyTorch's")
struct BlockReferenceTests {
  @Test(
    "two steps of training: logits, losses, gradients, running statistics, evaluation, weights",
    arguments: TinyNetwork.allCases, Device.available)
  func training(_ tiny: TinyNetwork, _ device: Device) throws {
    let reference = try Reference(tiny.rawValue)
    let network = try tiny.make(reference, device: device)
    let input = try reference["input"].to(device: device)
    let target = try reference["target"].to(device: device)
    // The reference's optimiser: SGD(lr=0.1, momentum=0.9, weight_decay=1e-4).
    let optimizer = try SGD(network.weights.parameters, momentum: 0.9, weightDecay: 1e-4)
    var losses: [Float] = []
    for step in 1...2 {
      let logits = try network(input, .training)
      #expect(logits.dtype == .float32)
      let loss = try logits.softmaxCrossEntropy(target)
      losses.append(Float(try loss.item()))
      try loss.backward()
      if step == 1 {
        try expect(logits, equals: reference["logits"])
        try expect(loss, equals: reference["loss"])
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
        }
      }
      try optimizer.step(learningRate: 0.1)
      try optimizer.clearGradients()
    }
    try expect(Tensor(losses, shape: [2]), equals: reference["losses"])
    for name in reference.names(after: "step2.") {
      let tensor = network.weights.parameters.first { $0.name == name }?.tensor
      try expect(tensor, equals: reference["step2.\(name)"], "step2.\(name)")
    }
  }

  @Test("pictures with the channels last in memory give the same", arguments: TinyNetwork.allCases)
  func channelsLast(_ tiny: TinyNetwork) throws {
    let reference = try Reference(tiny.rawValue)
    let network = try tiny.make(reference)
    let logits = try network(reference["input"].channelsLast(), .training)
    try expect(logits, equals: reference["logits"])
    try logits.softmaxCrossEntropy(reference["target"]).backward()
    let stem = try #require(network.weights.parameters.first)
    try expect(stem.tensor.gradient(), equals: reference["grad.\(stem.name)"])
  }
}
