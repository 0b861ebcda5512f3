import Testing

@testable import Torch

/// Against sgd.safetensors: three steps of three parameters with given gradients.
@Suite("SGD equals PyTorch's")
struct SGDTests {
  let reference: Reference

  init() throws { reference = try Reference("sgd") }

  struct Variant: Sendable {
    let name: String
    var momentum = 0.9
    var weightDecay = 0.0
    var nesterov = false
    var rates = [0.1, 0.1, 0.1]
  }

  static let variants = [
    Variant(name: "plain", momentum: 0),
    Variant(name: "momentum"),
    Variant(name: "nesterov", nesterov: true),
    Variant(name: "weight_decay", weightDecay: 0.01),
    Variant(name: "nesterov_weight_decay", weightDecay: 0.01, nesterov: true),
    Variant(name: "schedule", weightDecay: 0.01, rates: [0.1, 0.05, 0.2]),
  ]

  @Test("parameters and momenta after each of three steps", arguments: variants)
  func steps(_ variant: Variant) throws {
    let parameters: [ParameterStore.Named] = try (0..<3).map {
      ("\($0)", try reference["initial.\($0)"].leaf())
    }
    let optimizer = try SGD(
      parameters, momentum: variant.momentum, weightDecay: variant.weightDecay,
      nesterov: variant.nesterov)
    for step in 1...3 {
      for (name, tensor) in parameters {
        // The gradient of Σ w·g is g.
        try tensor.backward(upstream: reference["gradient.\(step).\(name)"])
      }
      try optimizer.step(learningRate: variant.rates[step - 1])
      try optimizer.clearGradients()
      for (index, (name, tensor)) in parameters.enumerated() {
        let place = "\(variant.name).\(step)"
        try expect(tensor, equals: reference["\(place).parameter.\(name)"], "\(place) \(name)")
        guard variant.momentum != 0 else { continue }
        #expect(optimizer.state[index].name == "momentum.\(name)")
        try expect(
          optimizer.state[index].tensor, equals: reference["\(place).momentum.\(name)"],
          "momentum of \(place) \(name)")
      }
    }
  }

  @Test("weights, gradients and momenta of different memory layouts go together")
  func layouts() throws {
    // One step from zero momentum: w − 0.1·g, wherever the elements lie.
    let values = (0..<24).map(Float.init)
    let weight = try Tensor(values, shape: [2, 3, 2, 2]).channelsLast().leaf()
    #expect(weight.isChannelsLast)
    let gradient = try Tensor(values.map { 100 - $0 }, shape: [2, 3, 2, 2])
    let optimizer = try SGD([("w", weight)], momentum: 0.9, weightDecay: 0)
    try weight.backward(upstream: gradient)
    try optimizer.step(learningRate: 0.1)
    try expect(weight, equals: Tensor(values.map { $0 - 0.1 * (100 - $0) }, shape: [2, 3, 2, 2]))
    #expect(weight.isChannelsLast)
  }

  @Test("a parameter without a gradient stays as it is")
  func missingGradient() throws {
    let moved = try Tensor.full([2], 1).leaf()
    let still = try Tensor.full([2], 1).leaf()
    let optimizer = try SGD([("a", moved), ("b", still)], momentum: 0, weightDecay: 0.1)
    try moved.sum().backward()
    try optimizer.step(learningRate: 1)
    // 1 − (1 + 0.1·1) = −0.1
    try expect(moved, equals: Tensor([-0.1, -0.1] as [Float], shape: [2]))
    #expect(try still.array() == [1, 1] as [Float])
    try SGD([]).step(learningRate: 1)
  }

  @Test("gradients add up until they are cleared")
  func accumulation() throws {
    let weight = try Tensor.full([2], 1).leaf()
    let optimizer = try SGD([("w", weight)])
    for _ in 0..<3 { try weight.sum().backward() }
    #expect(try weight.gradient()?.array() == [3, 3] as [Float])
    try optimizer.clearGradients()
    #expect(try weight.gradient() == nil)
  }
}
