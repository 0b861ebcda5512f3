import Testing
import Torch

@testable import Models

@Suite("Every kind of vision transformer equals timm's")
struct TransformerReferenceTests {
  @Test(
    "logits, loss, every gradient, and evaluation", arguments: TinyTransformer.allCases,
    Device.available)
  func training(_ tiny: TinyTransformer, _ device: Device) throws {
    let reference = try Reference(tiny.rawValue)
    let network = try tiny.make(reference, device: device)
    let input = try reference["input"].to(device: device)
    let logits = try network(input, .training)
    let loss = try logits.softmaxCrossEntropy(reference["target"].to(device: device))
    try loss.backward()
    #expect(logits.dtype == .float32)
    try expect(logits, equals: reference["logits"])
    try expect(loss, equals: reference["loss"])
    for (name, tensor) in network.weights.parameters {
      try expect(tensor.gradient(), equals: reference["grad.\(name)"], "grad.\(name)")
    }
    try withoutGradients {
      try expect(network(input, .evaluation), equals: reference["evaluation.logits"])
      try expect(network(input.channelsLast(), .evaluation), equals: reference["evaluation.logits"])
      try expect(network.features(input, .evaluation), equals: reference["evaluation.features"])
    }
  }

  @Test(
    "bfloat16 lies near PyTorch's autocast, and logits are float32",
    arguments: TinyTransformer.allCases)
  func bfloat16(_ tiny: TinyTransformer) throws {
    let reference = try Reference(tiny.rawValue)
    let network = try tiny.make(reference)
    try network.fold(precision: .bf16)
    let logits = try withoutGradients {
      try network(reference["input"], Pass(.evaluation, precision: .bf16))
    }
    #expect(logits.dtype == .float32)
    try expect(
      logits, equals: Reference("bfloat16")["\(tiny.rawValue).evaluation.logits"],
      within: 0.05)  // Both lie up to 0.025 from float32.
    #expect(try relativeError(logits, reference["logits"]) > 1e-5, "it was not bfloat16")
  }

  @Test("gradients of a bfloat16 pass are float32", arguments: TinyTransformer.allCases)
  func bfloat16Gradients(_ tiny: TinyTransformer) throws {
    let reference = try Reference(tiny.rawValue)
    let network = try tiny.make(reference)
    let logits = try network(reference["input"], Pass(.training, precision: .bf16))
    try logits.softmaxCrossEntropy(reference["target"]).backward()
    for (name, tensor) in network.weights.parameters {
      #expect(try tensor.gradient()?.dtype == .float32, "\(name)")
    }
    let last = try #require(network.weights.parameters.last { $0.name == "head.weight" })
    try expect(last.tensor.gradient(), equals: reference["grad.head.weight"], within: 0.06)
  }

  @Test(
    "pictures of another size are an error that names both", arguments: TinyTransformer.allCases)
  func otherSizes(_ tiny: TinyTransformer) throws {
    let network = try tiny.make(weights: ParameterStore(seed: 0))
    for shape in [[1, 3, 40, 40], [1, 3, 32, 40], [3, 32, 32]] {
      let pictures = try Tensor.full(shape, 0)
      let error = #expect(throws: TorchError.self) { try network(pictures, .evaluation) }
      #expect(error?.description.contains("32 × 32") == true)
      #expect(error?.description.contains("\(shape)") == true)
    }
    #expect(throws: TorchError.self) {
      try tiny.make(weights: ParameterStore(seed: 0), inputSize: 7)
    }
  }

  @Test("a branch that is dropped for all pictures leaves the tokens as they are")
  func dropPath() throws {
    // With a rate of 1 the last block adds nothing; with 0 both blocks add all.
    let reference = try Reference("vit")
    let network = try TinyTransformer.vit.make(reference)
    let input = try reference["input"]
    func logits(_ rate: Double, seed: UInt64) throws -> Tensor {
      try network(input, Pass(.training, dropPath: DropPath(rate: rate, seed: seed)))
    }
    try withoutGradients {
      try expect(logits(0, seed: 1), equals: reference["logits"])
      let without = try logits(0.9999999, seed: 1)
      try expect(without, equals: logits(0.9999999, seed: 2), within: 0)
      for (name, tensor) in network.weights.parameters where name.hasPrefix("blocks.1.") {
        if name.contains("proj") || name.contains("fc2") { try tensor.detached().fill(0) }
      }
      try expect(logits(0, seed: 1), equals: without)
    }
  }

  @Test("depths and what does not decay are timm's param_groups_layer_decay")
  func depths() throws {
    let vit = try TinyTransformer.registers.make(weights: ParameterStore(seed: 0))
    let mean = try TinyTransformer.mean.make(weights: ParameterStore(seed: 0))
    let clip = try TinyTransformer.clip.make(weights: ParameterStore(seed: 0))
    #expect(vit.depth == 3)
    for (name, depth) in [
      ("cls_token", 0), ("reg_token", 0), ("pos_embed", 0), ("patch_embed.proj.weight", 0),
      ("blocks.0.ls1.gamma", 1), ("blocks.1.mlp.fc2.bias", 2), ("norm.weight", 2),
      ("head.weight", 3),
    ] {
      #expect(vit.depth(of: name) == depth, "\(name)")
    }
    #expect(clip.depth(of: "norm_pre.weight") == 0)
    #expect(mean.depth(of: "fc_norm.weight") == 3)
    #expect(VisionTransformer.undecayed == ["pos_embed", "cls_token", "reg_token"])
  }

  @Test("fresh weights begin as timm's: small, biases and factors as said")
  func fresh() throws {
    let network = try TinyTransformer.dinoV3.make(weights: ParameterStore(seed: 3))
    func values(_ name: String) throws -> [Float] {
      try #require(network.weights.parameters.first { $0.name == name }).tensor.detached().array()
    }
    #expect(try values("blocks.1.gamma_2").allSatisfy { $0 == 1e-5 })
    #expect(try values("head.bias").allSatisfy { $0 == 0 })
    func deviation(_ name: String) throws -> Float {
      let values = try values(name)
      return (values.reduce(0) { $0 + $1 * $1 } / Float(values.count)).squareRoot()
    }
    // Of n values within 5 / √(2 n) of the distribution's: a tenth at 1,152 of them, a third at 120.
    #expect(try abs(deviation("head.weight") / (0.02 * 0.001) - 1) < 0.35)
    // 0.02 / √(2 · 2) in the second block.
    #expect(try abs(deviation("blocks.1.mlp.fc2.weight") / 0.01 - 1) < 0.11)
    #expect(try abs(deviation("blocks.1.mlp.fc1.weight") / 0.02 - 1) < 0.11)
    // 1 / √(3 · 8 · 8)
    let patches = try values("patch_embed.proj.weight")
    #expect(patches.allSatisfy { abs($0) <= 0.0722 } && patches.contains { abs($0) > 0.07 })
  }
}
