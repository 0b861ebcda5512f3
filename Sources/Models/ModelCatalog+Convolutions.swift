extension ModelCatalog {
  /// The convolutional networks of timm's, with what its weights see.
  static let convolutions: [Entry] = [
    laterResNet("resnet26d", [2, 2, 2, 2], isD: true),
    laterResNet("resnet34d", [3, 4, 6, 3], isD: true, bottleneck: false),
    laterResNet("resnet50d", [3, 4, 6, 3], isD: true),
    laterResNet("resnet101d", [3, 4, 23, 3], isD: true, timms(256, part: 0.95)),
    laterResNet("seresnet50", [3, 4, 6, 3], isExcited: true, timms(part: 0.95)),
    laterResNet("seresnext50_32x4d", [3, 4, 6, 3], isExcited: true, groups: 32, widthPerGroup: 4),
    regNet(
      "regnety_004", [1, 3, 6, 6], [48, 104, 208, 440], groups: 8, part: 0.965,
      torchvisions: torchvisions()),
    regNet("regnety_006", [1, 3, 7, 4], [48, 112, 256, 608], groups: 16),
    regNet("regnety_008", [1, 3, 8, 2], [64, 128, 320, 768], groups: 16),
    regNet(
      "regnety_008_tv", [1, 3, 8, 2], [64, 144, 320, 784], groups: 16, part: 0.965,
      torchvisions: torchvisions()),
    regNet(
      "regnety_016", [2, 6, 17, 2], [48, 120, 336, 888], groups: 24, part: 0.965,
      torchvisions: torchvisions()),
    regNet(
      "regnety_032", [2, 5, 13, 1], [72, 216, 576, 1512], groups: 24, part: 0.95,
      torchvisions: torchvisions()),
    regNet("regnety_040", [2, 6, 12, 2], [128, 192, 512, 1088], groups: 64, part: 0.95),
    regNet("regnety_064", [2, 7, 14, 2], [144, 288, 576, 1296], groups: 72, part: 0.95),
    regNet("regnety_080", [2, 4, 10, 1], [168, 448, 896, 2016], groups: 56, part: 0.95),
    regNet(
      "regnety_080_tv", [2, 4, 10, 1], [224, 448, 896, 2016], groups: 56, part: 0.965,
      torchvisions: torchvisions()),
    convNeXt("convnext_tiny", [3, 3, 9, 3], width: 96, part: 0.95, torchvisions(resize: 236)),
    convNeXt("convnext_small", [3, 3, 27, 3], width: 96, part: 0.95, torchvisions(resize: 230)),
    convNeXt("convnext_base", [3, 3, 27, 3], width: 128, torchvisions(resize: 232)),
    efficientNet(
      "efficientnet_b0", width: 1, depth: 1, timms(), torchvisions(interpolation: .bicubic)),
    efficientNet(
      "efficientnet_b1", width: 1, depth: 1.1, timms(240, part: 0.9, isCentred: true),
      torchvisions(240, resize: 256, interpolation: .bicubic)),
    efficientNet(
      "efficientnet_b2", width: 1.1, depth: 1.2, timms(256),
      torchvisions(288, resize: 288, interpolation: .bicubic)),
    efficientNet(
      "efficientnet_b3", width: 1.2, depth: 1.4, timms(288),
      torchvisions(300, resize: 320, interpolation: .bicubic)),
    efficientNet(
      "efficientnet_b4", width: 1.4, depth: 1.8, timms(320),
      torchvisions(380, resize: 384, interpolation: .bicubic)),
    Entry(name: "mobilenetv3_large_100", input: timms(), torchvisions: torchvisions()) {
      try MobileNetV3(.large, $0, weights: $1)
    },
    Entry(name: "mobilenetv3_small_100", input: timms(), torchvisions: torchvisions()) {
      try MobileNetV3(.small, $0, weights: $1)
    },
  ]

  /// What timm's weights see: the middle `part` of pictures that are resized by cubic convolution.
  /// Centred ones are between -1 and 1, the others have ImageNet's mean and deviation.
  private static func timms(
    _ size: Int = 224, part: Double = 0.875, isCentred: Bool = false
  ) -> ImageInput {
    var input = ImageInput()
    (input.size, input.resize) = (size, Int(Double(size) / part))
    input.interpolation = .bicubic
    if isCentred { (input.mean, input.std) = ([0.5, 0.5, 0.5], [0.5, 0.5, 0.5]) }
    return input
  }

  /// What torchvision's first ImageNet weights of a network see, those it calls IMAGENET1K_V1.
  static func torchvisions(
    _ size: Int = 224, resize: Int = 256, interpolation: ImageInput.Interpolation = .bilinear
  ) -> ImageInput {
    var input = ImageInput()
    (input.size, input.resize, input.interpolation) = (size, resize, interpolation)
    return input
  }

  private static func laterResNet(
    _ name: String, _ blocks: [Int], isD: Bool = false, isExcited: Bool = false,
    bottleneck: Bool = true, groups: Int = 1, widthPerGroup: Int = 64,
    _ input: ImageInput = timms()
  ) -> Entry {
    let architecture = ResNet.Architecture(
      bottleneck: bottleneck, blocks: blocks, groups: groups, widthPerGroup: widthPerGroup,
      isD: isD, isExcited: isExcited, beginsAsShortcut: true)
    return Entry(name: name, input: input, isScalable: true) {
      try ResNet(architecture, $0, weights: $1)
    }
  }

  private static func regNet(
    _ name: String, _ blocks: [Int], _ widths: [Int], groups: Int, part: Double = 0.875,
    torchvisions: ImageInput? = nil
  ) -> Entry {
    Entry(name: name, input: timms(part: part), torchvisions: torchvisions) {
      try RegNet(.init(blocks: blocks, widths: widths, groupWidth: groups), $0, weights: $1)
    }
  }

  private static func convNeXt(
    _ name: String, _ blocks: [Int], width: Int, part: Double = 0.875, _ torchvisions: ImageInput
  ) -> Entry {
    Entry(name: name, input: timms(part: part), torchvisions: torchvisions) {
      let widths = [width, 2 * width, 4 * width, 8 * width]
      return try ConvNeXt(.init(blocks: blocks, widths: widths), $0, weights: $1)
    }
  }

  private static func efficientNet(
    _ name: String, width: Double, depth: Double, _ input: ImageInput,
    _ torchvisions: ImageInput
  ) -> Entry {
    Entry(name: name, input: input, torchvisions: torchvisions) {
      try EfficientNet(.scaled(width: width, depth: depth), $0, weights: $1)
    }
  }
}
