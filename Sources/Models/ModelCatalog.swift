public import Files
public import Foundation
public import Torch

/// The networks there are, by torchvision's names or timm's.
///
/// A new one is one file and one line. Copy `ResNet.swift` under your network's name: it is all that a
/// network needs. Its initialiser makes layers below `weights.root`, so that a layer's path is its
/// tensors' name in a file; its call runs them, inside `withAutocast` all but the last. Then add a line
/// to `entries`:
///
/// ```swift
/// Entry(name: "mynet") { try MyNet($0, weights: $1) },
/// ```
///
/// Recipes, `halcyon models`, counting, training and the tests that go over all names then know it.
public enum ModelCatalog {
  /// A network's name, what it sees of a picture unless told otherwise, and how it is made.
  struct Entry {
    let name: String
    var input = PictureInput()
    /// Whether the options' stem and width are its own to choose; others have them fixed.
    var isScalable = false
    let make: @Sendable (NetworkOptions, ParameterStore) throws -> any Network
  }

  static let entries: [Entry] = [
    // Three stages, for pictures of 28-64 px: with the small stem and width 16 the paper's CIFAR nets.
    resNet("resnet8", .init(bottleneck: false, blocks: [1, 1, 1])),
    resNet("resnet14", .init(bottleneck: false, blocks: [2, 2, 2])),
    resNet("resnet20", .init(bottleneck: false, blocks: [3, 3, 3])),
    // He et al.'s own for CIFAR-10.
    cifarResNet("cifar_resnet20", 3), cifarResNet("cifar_resnet32", 5),
    cifarResNet("cifar_resnet44", 7), cifarResNet("cifar_resnet56", 9),
    cifarResNet("cifar_resnet110", 18),
    resNet("resnet18", .init(bottleneck: false, blocks: [2, 2, 2, 2])),
    resNet("resnet34", .init(bottleneck: false, blocks: [3, 4, 6, 3])),
    resNet("resnet50", .init(bottleneck: true, blocks: [3, 4, 6, 3])),
    resNet("resnet101", .init(bottleneck: true, blocks: [3, 4, 23, 3])),
    resNeXt("resnext50_32x4d", [3, 4, 6, 3], widthPerGroup: 4),
    resNeXt("resnext101_32x4d", [3, 4, 23, 3], widthPerGroup: 4),
    resNeXt("resnext101_32x8d", [3, 4, 23, 3], widthPerGroup: 8),
    resNeXt("resnext101_32x16d", [3, 4, 23, 3], widthPerGroup: 16),
    resNeXt("resnext101_32x48d", [3, 4, 23, 3], widthPerGroup: 48),
    laterResNet("resnet26d", [2, 2, 2, 2], isD: true),
    laterResNet("resnet34d", [3, 4, 6, 3], isD: true, bottleneck: false),
    laterResNet("resnet50d", [3, 4, 6, 3], isD: true),
    laterResNet("resnet101d", [3, 4, 23, 3], isD: true, timms(256, part: 0.95)),
    laterResNet("seresnet50", [3, 4, 6, 3], isExcited: true, timms(part: 0.95)),
    laterResNet("seresnext50_32x4d", [3, 4, 6, 3], isExcited: true, groups: 32, widthPerGroup: 4),
    regNet("regnety_004", [1, 3, 6, 6], [48, 104, 208, 440], groups: 8, part: 0.965),
    regNet("regnety_006", [1, 3, 7, 4], [48, 112, 256, 608], groups: 16),
    regNet("regnety_008", [1, 3, 8, 2], [64, 128, 320, 768], groups: 16),
    regNet("regnety_016", [2, 6, 17, 2], [48, 120, 336, 888], groups: 24, part: 0.965),
    regNet("regnety_032", [2, 5, 13, 1], [72, 216, 576, 1512], groups: 24, part: 0.95),
    regNet("regnety_040", [2, 6, 12, 2], [128, 192, 512, 1088], groups: 64, part: 0.95),
    regNet("regnety_064", [2, 7, 14, 2], [144, 288, 576, 1296], groups: 72, part: 0.95),
    regNet("regnety_080", [2, 4, 10, 1], [168, 448, 896, 2016], groups: 56, part: 0.95),
    convNeXt("convnext_tiny", [3, 3, 9, 3], width: 96, part: 0.95),
    convNeXt("convnext_small", [3, 3, 27, 3], width: 96, part: 0.95),
    convNeXt("convnext_base", [3, 3, 27, 3], width: 128),
    efficientNet("efficientnet_b0", width: 1, depth: 1, timms()),
    efficientNet("efficientnet_b1", width: 1, depth: 1.1, timms(240, part: 0.9, isCentred: true)),
    efficientNet("efficientnet_b2", width: 1.1, depth: 1.2, timms(256)),
    efficientNet("efficientnet_b3", width: 1.2, depth: 1.4, timms(288)),
    efficientNet("efficientnet_b4", width: 1.4, depth: 1.8, timms(320)),
    Entry(name: "mobilenetv3_large_100", input: timms()) {
      try MobileNetV3(.large, $0, weights: $1)
    },
    Entry(name: "mobilenetv3_small_100", input: timms()) {
      try MobileNetV3(.small, $0, weights: $1)
    },
  ]

  /// What timm's weights see: the middle `part` of pictures that are resized by cubic convolution.
  /// Centred ones are between -1 and 1, the others have ImageNet's mean and deviation.
  private static func timms(
    _ size: Int = 224, part: Double = 0.875, isCentred: Bool = false
  ) -> PictureInput {
    var input = PictureInput()
    (input.size, input.resize) = (size, Int(Double(size) / part))
    input.interpolation = .bicubic
    if isCentred { (input.mean, input.std) = ([0.5, 0.5, 0.5], [0.5, 0.5, 0.5]) }
    return input
  }

  private static func laterResNet(
    _ name: String, _ blocks: [Int], isD: Bool = false, isExcited: Bool = false,
    bottleneck: Bool = true, groups: Int = 1, widthPerGroup: Int = 64,
    _ input: PictureInput = timms()
  ) -> Entry {
    let architecture = ResNet.Architecture(
      bottleneck: bottleneck, blocks: blocks, groups: groups, widthPerGroup: widthPerGroup,
      isD: isD, isExcited: isExcited, beginsAsShortcut: true)
    return Entry(name: name, input: input, isScalable: true) {
      try ResNet(architecture, $0, weights: $1)
    }
  }

  private static func regNet(
    _ name: String, _ blocks: [Int], _ widths: [Int], groups: Int, part: Double = 0.875
  ) -> Entry {
    Entry(name: name, input: timms(part: part)) {
      try RegNet(.init(blocks: blocks, widths: widths, groupWidth: groups), $0, weights: $1)
    }
  }

  private static func convNeXt(
    _ name: String, _ blocks: [Int], width: Int, part: Double = 0.875
  ) -> Entry {
    Entry(name: name, input: timms(part: part)) {
      let widths = [width, 2 * width, 4 * width, 8 * width]
      return try ConvNeXt(.init(blocks: blocks, widths: widths), $0, weights: $1)
    }
  }

  private static func efficientNet(
    _ name: String, width: Double, depth: Double, _ input: PictureInput
  ) -> Entry {
    Entry(name: name, input: input) {
      try EfficientNet(.scaled(width: width, depth: depth), $0, weights: $1)
    }
  }

  private static func resNet(_ name: String, _ architecture: ResNet.Architecture) -> Entry {
    Entry(name: name, isScalable: true) { try ResNet(architecture, $0, weights: $1) }
  }

  private static func cifarResNet(_ name: String, _ blocksPerStage: Int) -> Entry {
    var input = PictureInput()
    (input.size, input.resize) = (32, 32)
    return Entry(name: name, input: input) {
      try CIFARResNet(blocksPerStage: blocksPerStage, $0, weights: $1)
    }
  }

  private static func resNeXt(_ name: String, _ blocks: [Int], widthPerGroup: Int) -> Entry {
    resNet(
      name, .init(bottleneck: true, blocks: blocks, groups: 32, widthPerGroup: widthPerGroup))
  }

  private static func entry(_ name: String) throws -> Entry {
    guard let entry = entries.first(where: { $0.name == name }) else {
      throw ModelError(unknown: name)
    }
    return entry
  }

  /// What the network `name` sees of a picture where nothing else is said, such as 32 px for CIFAR's.
  /// - Throws: `ModelError` when no network has the name.
  public static func input(of name: String) throws -> PictureInput { try entry(name).input }

  /// Whether the network `name` has a stem and a width to choose.
  public static func isScalable(_ name: String) -> Bool {
    (try? entry(name).isScalable) ?? false
  }

  /// The names of the networks there are.
  public static var names: [String] { entries.map(\.name) }

  /// Makes a network with fresh weights drawn from `seed`.
  /// - Throws: `ModelError` when no network has the name, `TorchError` when it does not fit.
  public static func make(
    _ options: NetworkOptions, seed: UInt64 = 0, device: Device = .cpu
  ) throws -> any Network {
    let entry = try entry(options.model)
    guard entry.isScalable || options.width == 64 && options.stem == .standard else {
      throw ModelError(
        options.model,
        "\(options.model) has a stem and a width of its own; leave stem and width out")
    }
    return try entry.make(options, ParameterStore(seed: seed, device: device))
  }

  /// Counts a network's weights and work on pictures of `size` × `size`, allocating no memory.
  /// - Throws: `ModelError` when no network has the name, `TorchError` when it does not fit.
  public static func cost(_ options: NetworkOptions, size: Int) throws -> NetworkCost {
    let network = try make(options, device: .meta)
    let trace = Trace()
    let picture = try Tensor.empty([1, options.inputChannels, size, size], device: .meta)
    _ = try network(picture, Pass(.training, trace: trace))
    return NetworkCost(
      parameters: network.weights.parameterCount, multiplyAdds: trace.multiplyAdds,
      savedElements: trace.savedElements, largestActivation: trace.largestActivation)
  }
}

/// What one picture costs a network.
public struct NetworkCost: Sendable, Equatable {
  /// The number of weights.
  public let parameters: Int
  /// Multiply-adds of the forward pass.
  public let multiplyAdds: Int
  /// Elements of the activations that a backward pass needs.
  public let savedElements: Int
  /// Elements of the largest activation.
  public let largestActivation: Int

  /// Multiply-adds of the forward pass, in units of 10⁹.
  public var gmac: Double { Double(multiplyAdds) / 1e9 }
}

/// A network that does not exist, or not so.
public struct ModelError: LocalizedError, ExitCoded, CustomStringConvertible {
  /// The name that was asked for.
  public let model: String

  /// What is wrong, in a line; of a name that is not there, with those that are.
  public let description: String

  init(unknown model: String) {
    self.init(
      model,
      "no model is named \(model); there are \(ModelCatalog.names.joined(separator: ", "))")
  }

  init(_ model: String, _ description: String) {
    self.model = model
    self.description = description
  }

  /// The exit code of `sysexits.h`.
  public var exitCode: Int32 { 64 }

  /// The description, for those who ask for `localizedDescription`.
  public var errorDescription: String? { description }
}
