import Torch

extension ModelCatalog {
  /// The vision transformers, with what timm says that their first weights saw.
  static let transformers: [Entry] = [
    vit("vit_tiny_patch16_224", 16, .tiny), vit("vit_small_patch16_224", 16, .small),
    vit("vit_base_patch16_224", 16, .base, torchvisions: torchvisions()),
    vit("vit_base_patch32_224", 32, .base, torchvisions: torchvisions()),
    vit("vit_large_patch16_224", 16, .large, torchvisions: torchvisions(resize: 242)),
    vit("deit_tiny_patch16_224", 16, .tiny, .imageNet),
    vit("deit_small_patch16_224", 16, .small, .imageNet),
    vit("deit_base_patch16_224", 16, .base, .imageNet),
    dinoV2("vit_small_patch14_dinov2", .small), dinoV2("vit_base_patch14_dinov2", .base),
    dinoV2("vit_large_patch14_dinov2", .large), dinoV2("vit_giant_patch14_dinov2", .giant),
    dinoV2("vit_small_patch14_reg4_dinov2", .small, registers: 4),
    dinoV2("vit_base_patch14_reg4_dinov2", .base, registers: 4),
    dinoV2("vit_large_patch14_reg4_dinov2", .large, registers: 4),
    dinoV2("vit_giant_patch14_reg4_dinov2", .giant, registers: 4),
    clip("vit_base_patch32_clip_224", 32, .base),
    clip("vit_base_patch16_clip_224", 16, .base, crop: 0.95),
    clip("vit_large_patch14_clip_224", 14, .large, crop: 1),
    clip("vit_base_patch32_clip_quickgelu_224", 32, .base, isQuick: true),
    clip("vit_base_patch16_clip_quickgelu_224", 16, .base, isQuick: true, crop: 1),
    clip("vit_large_patch14_clip_quickgelu_224", 14, .large, isQuick: true, crop: 1),
    dinoV3("vit_small_patch16_dinov3", .small), dinoV3("vit_base_patch16_dinov3", .base),
    dinoV3("vit_large_patch16_dinov3", .large),
  ]

  /// How large: the features of a token, the blocks, the attentions side by side.
  private enum Size {
    case tiny, small, base, large, giant

    var numbers: (width: Int, blocks: Int, heads: Int) {
      switch self {
      case .tiny: (192, 12, 3)
      case .small: (384, 12, 6)
      case .base: (768, 12, 12)
      case .large: (1024, 24, 16)
      case .giant: (1536, 40, 24)
      }
    }
  }

  /// What pictures' values are normalised by.
  private enum Values {
    case half, imageNet, clip
  }

  private static func architecture(_ patch: Int, _ size: Size) -> VisionTransformer.Architecture {
    let (width, blocks, heads) = size.numbers
    return .init(patch: patch, width: width, blocks: blocks, heads: heads)
  }

  private static func input(_ size: Int, crop: Double, _ values: Values) -> ImageInput {
    var input = ImageInput()
    (input.size, input.resize) = (size, Int(Double(size) / crop))
    input.interpolation = .bicubic
    switch values {
    case .half: (input.mean, input.std) = ([0.5, 0.5, 0.5], [0.5, 0.5, 0.5])
    case .imageNet: break
    case .clip:
      input.mean = [0.48145466, 0.4578275, 0.40821073]
      input.std = [0.26862954, 0.26130258, 0.27577711]
    }
    return input
  }

  private static func entry(
    _ name: String, _ input: ImageInput, _ architecture: VisionTransformer.Architecture,
    torchvisions: ImageInput? = nil
  ) -> Entry {
    Entry(name: name, input: input, torchvisions: torchvisions, pooling: .token) {
      try VisionTransformer(architecture, $0, weights: $1)
    }
  }

  private static func vit(
    _ name: String, _ patch: Int, _ size: Size, _ values: Values = .half,
    torchvisions: ImageInput? = nil
  ) -> Entry {
    entry(
      name, input(224, crop: 0.9, values), architecture(patch, size), torchvisions: torchvisions)
  }

  private static func dinoV2(_ name: String, _ size: Size, registers: Int = 0) -> Entry {
    var architecture = architecture(14, size)
    architecture.layerScale = 1e-5
    (architecture.registers, architecture.embedsPrefix) = (registers, registers == 0)
    if size == .giant {
      // Two halves of 4 · 1536 · 2/3 = 4096 each.
      (architecture.hidden, architecture.activation) = (8192, .silu)
      architecture.isGated = true
    }
    return entry(name, input(518, crop: 1, .imageNet), architecture)
  }

  private static func clip(
    _ name: String, _ patch: Int, _ size: Size, isQuick: Bool = false, crop: Double = 0.9
  ) -> Entry {
    var architecture = architecture(patch, size)
    (architecture.normalizesFirst, architecture.epsilon) = (true, 1e-5)
    if isQuick { architecture.activation = .geluSigmoid }
    return entry(name, input(224, crop: crop, .clip), architecture)
  }

  private static func dinoV3(_ name: String, _ size: Size) -> Entry {
    let (width, blocks, heads) = size.numbers
    return Entry(name: name, input: input(256, crop: 1, .imageNet)) {
      try DINOv3(.init(width: width, blocks: blocks, heads: heads), $0, weights: $1)
    }
  }
}
