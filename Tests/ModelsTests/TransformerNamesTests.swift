import Files
import TestSupport
import Testing
import Torch

@testable import Models

@Suite("Vision transformers under their authors' names")
struct TransformerNamesTests {
  let folder: TemporaryFolder
  var path: String { folder.path + "/weights.safetensors" }

  init() throws { folder = try TemporaryFolder() }

  /// Writes `state`, loads it into a fresh network of this kind, and expects the reference's logits.
  func expectLogits(
    of tiny: TinyTransformer, from state: [ParameterStore.Named], prefix: String = "",
    note: String? = nil
  ) throws {
    let reference = try Reference(tiny.rawValue)
    let network = try tiny.make(weights: ParameterStore(seed: 1))
    try Safetensors.write(state, to: path)
    let file = try network.adapted(Safetensors(path: path))
    try network.weights.load(file, prefix: prefix)
    try withoutGradients {
      try expect(network(reference["input"], .evaluation), equals: reference["logits"])
    }
    #expect(file.note == note)
  }

  @Test("timm's own names are taken as they are", arguments: TinyTransformer.allCases)
  func timm(_ tiny: TinyTransformer) throws {
    try expectLogits(of: tiny, from: tiny.state(Reference(tiny.rawValue)))
  }

  @Test(
    "DINOv2's registers, gated layers and class token with a place", arguments: ["", "module."])
  func dinoV2(prefix: String) throws {
    let reference = try Reference("vit-registers")
    let place = try Tensor.full([1, 1, 24], 0.25)
    var state = try TinyTransformer.registers.state(reference).map {
      name, tensor -> ParameterStore.Named in
      switch name {
      case "cls_token": (name, try tensor.subtracting(place))
      case "pos_embed": (name, try Tensor.concatenated([place, tensor], axis: 1))
      case "reg_token": ("register_tokens", tensor)
      default:
        (
          name.replacing(".mlp.fc1.", with: ".mlp.w12.").replacing(".mlp.fc2.", with: ".mlp.w3."),
          tensor
        )
      }
    }
    state.append(("mask_token", try Tensor.full([1, 24], 9)))
    try expectLogits(
      of: .registers, from: state.map { (prefix + $0.name, $0.tensor) }, prefix: prefix)
  }

  @Test("DINOv3's storage tokens and factors; masks and wavelengths are left out")
  func dinoV3() throws {
    let reference = try Reference("dinov3")
    var state = try TinyTransformer.dinoV3.state(reference).map { name, tensor in
      (
        name: name.replacing("reg_token", with: "storage_tokens")
          .replacing(".gamma_1", with: ".ls1.gamma").replacing(".gamma_2", with: ".ls2.gamma"),
        tensor: tensor
      )
    }
    for name in ["mask_token", "rope_embed.periods", "blocks.0.attn.qkv.bias_mask"] {
      state.append((name, try Tensor.full([1, 24], 9)))
    }
    // Only the keys' may be anything: they are masked.
    let zeros = try Tensor.full([24], 0)
    let keys = try Tensor.full([24], 3)
    state.append(("blocks.0.attn.qkv.bias", try Tensor.concatenated([zeros, keys, zeros])))
    try expectLogits(of: .dinoV3, from: state)

    state[state.count - 1].tensor = try Tensor.concatenated([zeros, keys, keys])
    let error = #expect(throws: FileError.self) { try expectLogits(of: .dinoV3, from: state) }
    #expect(error?.description.contains("blocks.0.attn.qkv.bias is not 0") == true)
  }

  @Test("CLIP's image tower, whose projection is the last layer")
  func clip() throws {
    let reference = try Reference("vit-clip")
    let theirs = [
      ("patch_embed.proj", "conv1"), ("pos_embed", "positional_embedding"),
      ("cls_token", "class_embedding"), ("blocks.", "transformer.resblocks."),
      ("norm_pre", "ln_pre"), ("norm1", "ln_1"), ("norm2", "ln_2"), ("qkv.", "in_proj_"),
      ("attn.proj", "attn.out_proj"), ("mlp.fc1", "mlp.c_fc"), ("mlp.fc2", "mlp.c_proj"),
    ]
    var state = try TinyTransformer.clip.state(reference).compactMap {
      name, tensor -> ParameterStore.Named? in
      switch name {
      case "cls_token": ("visual.class_embedding", try tensor.reshaped(to: [24]))
      case "pos_embed": ("visual.positional_embedding", try tensor.reshaped(to: [17, 24]))
      case "head.weight": ("visual.proj", try tensor.permuted([1, 0]))
      case "head.bias": nil
      case "norm.weight", "norm.bias": ("visual.ln_post" + name.dropFirst(4), tensor)
      default: ("visual." + theirs.reduce(name) { $0.replacing($1.0, with: $1.1) }, tensor)
      }
    }
    state.append(("token_embedding.weight", try Tensor.full([5, 7], 1)))
    state.append(("ln_final.weight", try Tensor.full([7], 1)))
    // CLIP's projection has no bias.
    let network = try TinyTransformer.clip.make(weights: ParameterStore(seed: 1))
    try Safetensors.write(state, to: path)
    let file = try network.adapted(Safetensors(path: path))
    #expect(file.note == "CLIP's image tower, visual.…, is taken")
    try network.weights.load(file)
    try withoutGradients {
      let bias = try reference["weights.head.bias"]
      try expect(
        network(reference["input"], .evaluation).adding(bias), equals: reference["logits"])
    }

    // OpenCLIP keeps timm's tower below visual.trunk.
    let timms = try TinyTransformer.clip.state(reference).filter { !$0.name.hasPrefix("head.") }
    try Safetensors.write(
      timms.map { ("visual.trunk." + $0.name, $0.tensor) }
        + [
          ("visual.head.proj.weight", reference["weights.head.weight"]),
          ("text.ln_final.weight", Tensor.full([7], 1)),
        ], to: path)
    let copy = try TinyTransformer.clip.make(weights: ParameterStore(seed: 2))
    try copy.weights.load(copy.adapted(Safetensors(path: path)))
    try withoutGradients {
      try expect(
        copy(reference["input"], .evaluation),
        equals: network(reference["input"], .evaluation), within: 0)
    }
  }

  @Test("position embeddings of another grid are timm's resampled ones", arguments: [3, 5, 8])
  func positions(side: Int) throws {
    let reference = try Reference("positions")
    let all = try reference["embeddings"]
    try Safetensors.write(
      [("a", all), ("b", try all.narrowed(axis: 1, to: 1..<26))], to: path)
    let file = try AdaptedWeights(Safetensors(path: path))
    file.resamplePositions("a", grid: side, prefix: 1)
    file.resamplePositions("b", grid: side, prefix: 0)
    #expect(file.shape(of: "a") == [1, 1 + side * side, 6])
    try expect(file.tensor("a"), equals: reference["resampled.\(side)"], within: 1e-6)
    try expect(file.tensor("b"), equals: reference["resampled.\(side).without"], within: 1e-6)
    let line = "its position embeddings of 5 × 5 patches are resampled to \(side) × \(side)"
    #expect(file.note == (side == 5 ? nil : "\(line); \(line)"))
  }

  @Test("a network of larger pictures takes smaller ones' weights; what is no square does not fit")
  func otherGrid() throws {
    let state = try TinyTransformer.vit.state(Reference("vit"))
    try Safetensors.write(state, to: path)
    let network = try TinyTransformer.vit.make(weights: ParameterStore(seed: 1), inputSize: 48)
    try network.weights.load(network.adapted(Safetensors(path: path)))
    let places = try #require(network.weights.parameters.first { $0.name == "pos_embed" }).tensor
    #expect(places.shape == [1, 37, 24])
    try expect(
      places.detached().narrowed(axis: 1, to: 0..<1),
      equals: Reference("vit")["weights.pos_embed"].narrowed(axis: 1, to: 0..<1), within: 0)

    let odd = try state.map { name, tensor in
      (name, name == "pos_embed" ? try tensor.narrowed(axis: 1, to: 0..<16) : tensor)
    }
    try Safetensors.write(odd, to: path)
    let error = #expect(throws: FileError.self) {
      try network.weights.load(network.adapted(Safetensors(path: path)))
    }
    #expect(error?.description.contains("pos_embed has the shape [1, 16, 24]") == true)
  }

  @Test("weights without a last layer fit where that is new")
  func withoutHead() throws {
    let state = try TinyTransformer.vit.state(Reference("vit"))
      .filter { !$0.name.hasPrefix("head.") }
    try Safetensors.write(state, to: path)
    let network = try TinyTransformer.vit.make(weights: ParameterStore(seed: 1), classCount: 4)
    let file = try network.adapted(Safetensors(path: path))
    #expect(throws: FileError.self) { try network.weights.load(file) }
    try network.weights.load(file) { $0.hasPrefix(VisionTransformer.lastLayer) }
  }
}
