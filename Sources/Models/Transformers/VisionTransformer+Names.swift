public import Torch

extension VisionTransformer {
  /// `file` under timm's names: DINOv2's own, OpenAI's, OpenCLIP's and torchvision's are known; its position embeddings
  /// are resampled where they are of another number of patches.
  /// - Throws: `FileError`.
  public func adapted(_ file: any WeightsFile) throws -> any WeightsFile {
    let (weights, prefix) = renamed(file)
    let tokens = architecture.embedsPrefix ? architecture.prefix : 0
    weights.inputSize = weights.grid(ofPositions: prefix + "pos_embed", prefix: tokens)
      .map { $0 * architecture.patch }
    weights.resamplePositions(prefix + "pos_embed", grid: patches.grid, prefix: tokens)
    return weights
  }

  /// `file` under timm's names, and what these begin with.
  private func renamed(_ file: any WeightsFile) -> (AdaptedWeights, prefix: String) {
    if let prefix = file.prefix(before: "visual.class_embedding") {
      return (clip(file, prefix + "visual."), "")
    }
    if let prefix = file.prefix(before: "visual.trunk.pos_embed") {
      return (openCLIP(file, prefix + "visual."), "")
    }
    if let weights = torchvisionNames.adapted(file) {
      return (weights, weights.prefix(before: "patch_embed.proj.weight") ?? "")
    }
    let prefix = file.prefix(before: "patch_embed.proj.weight") ?? ""
    return file.shape(of: prefix + "mask_token") == nil
      ? (AdaptedWeights(file), prefix) : (dinoV2(file, prefix), prefix)
  }

  // MARK: - DINOv2

  private func dinoV2(_ file: any WeightsFile, _ prefix: String) -> AdaptedWeights {
    let weights = AdaptedWeights(file) { name in
      guard name != prefix + "mask_token" else { return nil }
      return name == prefix + "register_tokens"
        ? prefix + "reg_token"
        : name.replacing(".mlp.w12.", with: ".mlp.fc1.").replacing(".mlp.w3.", with: ".mlp.fc2.")
    }
    // Where there are registers, timm's class token has its place in itself.
    let places = prefix + "pos_embed"
    guard file.shape(of: prefix + "register_tokens") != nil,
      let shape = file.shape(of: places), shape.count == 3, shape[1] > 1
    else { return weights }
    weights.replace(prefix + "cls_token", shape: [1, 1, shape[2]]) { token in
      try token.adding(file.tensor(places).narrowed(axis: 1, to: 0..<1))
    }
    weights.replace(places, shape: [1, shape[1] - 1, shape[2]]) { tensor in
      try tensor.narrowed(axis: 1, to: 1..<shape[1])
    }
    return weights
  }

  // MARK: - torchvision

  private var torchvisionNames: TorchvisionNames {
    var names = TorchvisionNames(of: "encoder.pos_embedding")
    names.add("class_token", "cls_token")
    names.add("conv_proj", "patch_embed.proj")
    names.add("encoder.pos_embedding", "pos_embed")
    for index in 0..<architecture.blocks {
      let theirs = "encoder.layers.encoder_layer_\(index)."
      let own = "blocks.\(index)."
      names.add(theirs + "ln_1", own + "norm1")
      names.add(theirs + "self_attention.in_proj_weight", own + "attn.qkv.weight")
      names.add(theirs + "self_attention.in_proj_bias", own + "attn.qkv.bias")
      names.add(theirs + "self_attention.out_proj", own + "attn.proj")
      names.add(theirs + "ln_2", own + "norm2")
      // Its first weights call the two layers otherwise.
      for (layer, name) in [
        ("mlp.0", "fc1"), ("mlp.3", "fc2"), ("mlp.linear_1", "fc1"), ("mlp.linear_2", "fc2"),
      ] {
        names.add(theirs + layer, own + "mlp." + name)
      }
    }
    names.add("encoder.ln", "norm")
    names.add("heads.head", "head")
    return names
  }

  // MARK: - CLIP

  /// What OpenAI calls the parts of a name, and what timm does; in this order.
  private static let clipParts = [
    ("conv1", "patch_embed.proj"), ("positional_embedding", "pos_embed"),
    ("class_embedding", "cls_token"), ("transformer.resblocks.", "blocks."),
    ("ln_pre", "norm_pre"), ("ln_post", "norm"), ("ln_", "norm"), ("in_proj_", "qkv."),
    ("out_proj", "proj"), ("mlp.c_fc", "mlp.fc1"), ("mlp.c_proj", "mlp.fc2"),
  ]

  /// The image tower, whose last layer is CLIP's projection.
  private func clip(_ file: any WeightsFile, _ prefix: String) -> AdaptedWeights {
    let weights = AdaptedWeights(file) { name in
      guard name.hasPrefix(prefix) else { return nil }
      let own = String(name.dropFirst(prefix.count))
      return own == "proj"
        ? "head.weight" : Self.clipParts.reduce(own) { $0.replacing($1.0, with: $1.1) }
    }
    if let shape = weights.shape(of: "cls_token"), shape.count == 1 {
      weights.replace("cls_token", shape: [1, 1] + shape) { try $0.reshaped(to: [1, 1] + shape) }
    }
    if let shape = weights.shape(of: "pos_embed"), shape.count == 2 {
      weights.replace("pos_embed", shape: [1] + shape) { try $0.reshaped(to: [1] + shape) }
    }
    if let shape = weights.shape(of: "head.weight"), shape.count == 2 {
      weights.replace("head.weight", shape: shape.reversed()) { try $0.permuted([1, 0]) }
      weights.add("head.bias", shape: [shape[1]]) { try Tensor.full([shape[1]], 0) }
    }
    weights.say("CLIP's image tower, \(prefix)…, is taken")
    return weights
  }

  /// OpenCLIP's image tower where it is one of timm's.
  private func openCLIP(_ file: any WeightsFile, _ prefix: String) -> AdaptedWeights {
    let trunk = prefix + "trunk."
    let projection = prefix + "head.proj.weight"
    let weights = AdaptedWeights(file) { name in
      name == projection
        ? "head.weight" : name.hasPrefix(trunk) ? String(name.dropFirst(trunk.count)) : nil
    }
    if let shape = file.shape(of: projection), shape.count == 2 {
      weights.add("head.bias", shape: [shape[0]]) { try Tensor.full([shape[0]], 0) }
    }
    weights.say("CLIP's image tower, \(trunk)…, is taken")
    return weights
  }
}
