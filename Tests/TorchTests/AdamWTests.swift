import Testing

@testable import Torch

/// Against adamw.safetensors: three steps of three parameters with given gradients.
@Suite("AdamW equals PyTorch's")
struct AdamWTests {
  let reference: Reference

  init() throws { reference = try Reference("adamw") }

  @Test("parameters and moments after each of three steps, of groups that are moved apart")
  func steps() throws {
    let parameters: [ParameterStore.Named] = try (0..<3).map {
      ("\($0)", try reference["initial.\($0)"].leaf())
    }
    let optimizer = try AdamW([
      .init(Array(parameters[1...]), weightDecay: 0.05),
      .init([parameters[0]], weightDecay: 0, rateFactor: 0.5),
    ])
    for (step, rate) in zip(1...3, [0.1, 0.05, 0.2]) {
      for (name, tensor) in parameters {
        // The gradient of Σ w·g is g.
        try tensor.backward(upstream: reference["gradient.\(step).\(name)"])
      }
      try optimizer.step(learningRate: rate)
      try optimizer.clearGradients()
      for (name, tensor) in parameters {
        try expect(tensor, equals: reference["\(step).parameter.\(name)"], "\(step) \(name)")
        for kind in ["mean", "square"] {
          let moment = optimizer.state.first { $0.name == "\(kind).\(name)" }?.tensor
          try expect(moment, equals: reference["\(step).\(kind).\(name)"], "\(step) \(name)")
        }
      }
    }
    #expect(try optimizer.state.first?.tensor.array() == [3] as [Int64])
  }

  @Test("one that takes over the state of another goes on as it")
  func resumed() throws {
    func optimizer() throws -> (AdamW, Tensor) {
      let weight = try Tensor([1, -2] as [Float], shape: [2]).leaf()
      return (try AdamW([.init([("w", weight)], weightDecay: 0.1)]), weight)
    }
    func step(_ optimizer: AdamW, _ weight: Tensor, _ gradient: [Float]) throws {
      try weight.backward(upstream: Tensor(gradient, shape: [2]))
      try optimizer.step(learningRate: 0.1)
      try optimizer.clearGradients()
    }
    let (first, weight) = try optimizer()
    try step(first, weight, [0.5, 0.25])
    let (second, copy) = try optimizer()
    try withoutGradients { try copy.copy(from: weight) }
    for (mine, other) in zip(second.state, first.state) { try mine.tensor.copy(from: other.tensor) }
    try step(first, weight, [-1, 2])
    try step(second, copy, [-1, 2])
    #expect(try weight.array() as [Float] == copy.array())
  }
}
