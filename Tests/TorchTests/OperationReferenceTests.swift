import Testing
import Torch

/// Single operations against operations.safetensors, which says of each what PyTorch ran.
@Suite("Operations equal PyTorch's")
struct OperationReferenceTests {
  let reference: Reference

  init() throws { reference = try Reference("operations") }

  /// Runs `operation` on the inputs of `name` and compares the output and every gradient.
  func compare(_ name: String, _ operation: (_ inputs: [String: Tensor]) throws -> Tensor) throws {
    var inputs: [String: Tensor] = [:]
    for part in ["input", "weight", "bias"] where reference.has("\(name).\(part)") {
      inputs[part] = try reference["\(name).\(part)"].leaf()
    }
    let output = try operation(inputs)
    try expect(output, equals: reference["\(name).output"], "\(name).output")
    try output.backward(upstream: reference["\(name).upstream"])
    for (part, tensor) in inputs {
      try expect(
        tensor.gradient(), equals: reference["\(name).grad.\(part)"], "\(name).grad.\(part)")
    }
  }

  struct Convolution: Sendable {
    let name: String
    let stride, padding: [Int]
    var groups = 1
  }

  @Test(
    "convolutions of pictures and clips",
    arguments: [
      Convolution(name: "conv2d", stride: [2, 2], padding: [1, 1]),
      Convolution(name: "conv2d_grouped", stride: [1, 1], padding: [1, 1], groups: 4),
      Convolution(name: "conv3d_spatial", stride: [1, 2, 2], padding: [0, 1, 1]),
      Convolution(name: "conv3d_temporal", stride: [2, 1, 1], padding: [1, 0, 0]),
    ], [false, true])
  func convolution(_ layer: Convolution, channelsLast: Bool) throws {
    try compare(layer.name) { inputs in
      var x = try #require(inputs["input"])
      if channelsLast { x = try x.channelsLast() }
      return try x.convolved(
        with: #require(inputs["weight"]), bias: inputs["bias"], stride: layer.stride,
        padding: layer.padding, groups: layer.groups)
    }
  }

  @Test("the grouped convolution layer", arguments: Device.available)
  func groupedLayer(_ device: Device) throws {
    let store = try ParameterStore(seed: 0, device: device)
    let layer = try Conv2d(store.root / "c", from: 8, to: 12, kernel: 3, padding: 1, groups: 4)
    try layer.weight.copy(from: reference["conv2d_grouped.weight"])
    let x = try reference["conv2d_grouped.input"].to(device: device)
    let y = try layer(x, .training)
    try expect(y, equals: reference["conv2d_grouped.output"])
    try y.backward(upstream: reference["conv2d_grouped.upstream"].to(device: device))
    try expect(layer.weight.gradient(), equals: reference["conv2d_grouped.grad.weight"])
  }

  @Test("the convolution layers of clips", arguments: Device.available)
  func clipLayers(_ device: Device) throws {
    let store = try ParameterStore(seed: 0, device: device)
    let spatial = try Conv3d(
      store.root / "s", from: 3, to: 4, kernel: [1, 3, 3], stride: [1, 2, 2], padding: [0, 1, 1])
    let temporal = try Conv3d(
      store.root / "t", from: 3, to: 4, kernel: [3, 1, 1], stride: [2, 1, 1], padding: [1, 0, 0])
    for (name, layer) in [("conv3d_spatial", spatial), ("conv3d_temporal", temporal)] {
      try layer.weight.copy(from: reference["\(name).weight"])
      let y = try layer(reference["\(name).input"].to(device: device), .training)
      try expect(y, equals: reference["\(name).output"])
      try y.backward(upstream: reference["\(name).upstream"].to(device: device))
      try expect(layer.weight.gradient(), equals: reference["\(name).grad.weight"])
    }
  }

  @Test(
    "batch norm of pictures and clips: output, gradients, running statistics, evaluation",
    arguments: ["batch_norm2d", "batch_norm3d"], [false, true])
  func batchNorm(_ name: String, channelsLast: Bool) throws {
    let store = try ParameterStore(seed: 0)
    let norm = try BatchNorm(store.root / "bn", channels: 3)
    try norm.weight.copy(from: reference["\(name).weight"])
    try norm.bias.copy(from: reference["\(name).bias"])
    try norm.runningMean.copy(from: reference["\(name).running_mean"])
    try norm.runningVariance.copy(from: reference["\(name).running_var"])
    let input = try reference["\(name).input"].leaf()
    let x = channelsLast ? try input.channelsLast() : input
    let y = try norm(x, .training)
    try expect(y, equals: reference["\(name).output"])
    try y.backward(upstream: reference["\(name).upstream"])
    try expect(input.gradient(), equals: reference["\(name).grad.input"])
    try expect(norm.weight.gradient(), equals: reference["\(name).grad.weight"])
    try expect(norm.bias.gradient(), equals: reference["\(name).grad.bias"])
    let after = try reference["\(name).after.running_mean"]
    try expect(norm.runningMean, equals: after)
    try expect(norm.runningVariance, equals: reference["\(name).after.running_var"])
    try expect(norm(x, .evaluation), equals: reference["\(name).evaluation"])
    try expect(norm.runningMean, equals: after, "evaluation leaves the statistics alone")
  }

  @Test("ReLU, new and in place")
  func relu() throws {
    try compare("relu") { try #require($0["input"]).relu() }
    try compare("relu") { inputs in
      // A leaf cannot be written in place, so the layer before makes it one.
      let x = try #require(inputs["input"]).scaled(by: 1)
      try x.reluInPlace()
      return x
    }
  }

  @Test("max pooling")
  func maxPooling() throws {
    try compare("max_pool2d") {
      try #require($0["input"]).maxPooled(kernel: 3, stride: 2, padding: 1, .training)
    }
  }

  @Test("global average pooling of pictures and clips")
  func averagePooling() throws {
    try compare("average_pool2d") {
      try #require($0["input"]).globalAveragePooled(.training).reshaped(to: [2, 3, 1, 1])
    }
    try compare("average_pool3d") {
      try #require($0["input"]).globalAveragePooled(.training).reshaped(to: [2, 3, 1, 1, 1])
    }
  }

  @Test("the fully connected layer", arguments: Device.available)
  func linear(_ device: Device) throws {
    let store = try ParameterStore(seed: 0, device: device)
    let layer = try Linear(store.root / "fc", from: 6, to: 5)
    try layer.weight.copy(from: reference["linear.weight"])
    let bias = try #require(layer.bias)
    try bias.copy(from: reference["linear.bias"])
    let input = try reference["linear.input"].to(device: device).leaf()
    let y = try layer(input, .training)
    try expect(y, equals: reference["linear.output"])
    try y.backward(upstream: reference["linear.upstream"].to(device: device))
    try expect(input.gradient(), equals: reference["linear.grad.input"])
    try expect(layer.weight.gradient(), equals: reference["linear.grad.weight"])
    try expect(bias.gradient(), equals: reference["linear.grad.bias"])
  }
}
