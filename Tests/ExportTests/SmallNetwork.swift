import Foundation
import ImageData
import Models
import TestSupport
import Torch
import Training

/// A small network of each family, and of each variant of it that computes something else.
enum SmallNetwork: String, CaseIterable, Sendable {
  case resnet8, cifar_resnet20, resnet26d, seresnext50_32x4d, resnet50
  case grey, maximum, bothMeans
  case convNeXt, efficientNet, mobileNetV3, regNet
  case vit, registers, clip, mean, dinoV3, dinoV3Token

  private static let scaled: Set<Self> = [.resnet8, .resnet26d, .seresnext50_32x4d, .resnet50]

  var options: NetworkOptions {
    var options = NetworkOptions(model: rawValue, classCount: 7, inputSize: 33)
    switch self {
    case _ where Self.scaled.contains(self): (options.stem, options.width) = (.standard, 16)
    case .grey:
      (options.model, options.inputChannels) = ("resnet8", 1)
      (options.stem, options.width) = (.small, 8)
    case .maximum, .bothMeans:
      options.model = "resnet14"
      (options.stem, options.width) = (.strided, 8)
      options.pooling = self == .maximum ? .max : .averageMax
    case .vit, .registers, .clip, .mean, .dinoV3, .dinoV3Token:
      options.inputSize = 32
      options.pooling = self == .mean ? .average : self == .dinoV3 ? nil : .token
    default: break
    }
    return options
  }

  /// The network, whose weights, means and variances are all of a size that tells in the result.
  func make() throws -> any Network {
    let network = try network(ParameterStore(seed: 1))
    let random = try RandomGenerator(seed: 2)
    for (name, tensor) in network.weights.state where tensor.shape.count == 1 {
      if name.hasSuffix("bias") || name.hasSuffix("mean") {
        try tensor.fillUniform(low: -0.3, high: 0.3, from: random)
      } else {
        try tensor.fillUniform(low: 0.5, high: 1.5, from: random)
      }
    }
    return network
  }

  private func network(_ weights: ParameterStore) throws -> any Network {
    switch self {
    case .convNeXt:
      return try ConvNeXt(
        .init(blocks: [1, 2, 1, 1], widths: [4, 6, 8, 12]), options, weights: weights)
    case .efficientNet:
      let stages: [EfficientNet.Architecture.Stage] = [
        .init(blocks: 2, expansion: 1, channels: 8, kernel: 3, stride: 1),
        .init(blocks: 2, expansion: 2, channels: 16, kernel: 5, stride: 2),
      ]
      return try EfficientNet(.init(stem: 8, stages: stages, head: 24), options, weights: weights)
    case .mobileNetV3:
      let stages: [[MobileNetV3.Architecture.Block]] = [
        [.init(3, nil, 8, se: false, hardSwish: false)],
        [
          .init(3, 40, 16, se: true, hardSwish: false, stride: 2),
          .init(5, 32, 16, se: true, hardSwish: true),
        ],
      ]
      return try MobileNetV3(
        .init(stem: 8, stages: stages, last: 24, head: 32), options, weights: weights)
    case .regNet:
      var architecture = RegNet.Architecture(
        blocks: [1, 1, 1, 2], widths: [8, 16, 24, 40], groupWidth: 8)
      architecture.stem = 8
      return try RegNet(architecture, options, weights: weights)
    case .dinoV3, .dinoV3Token:
      var architecture = DINOv3.Architecture(width: 24, blocks: 2, heads: 3)
      architecture.patch = 8
      return try DINOv3(architecture, options, weights: weights)
    case .vit, .registers, .clip, .mean:
      return try VisionTransformer(transformer, options, weights: weights)
    default: return try ModelCatalog.make(options)
    }
  }

  private var transformer: VisionTransformer.Architecture {
    var architecture = VisionTransformer.Architecture(patch: 8, width: 24, blocks: 2, heads: 3)
    switch self {
    case .registers:
      (architecture.registers, architecture.embedsPrefix) = (4, false)
      (architecture.hidden, architecture.activation) = (128, .silu)
      (architecture.isGated, architecture.layerScale) = (true, 1e-5)
    case .clip:
      (architecture.normalizesFirst, architecture.epsilon) = (true, 1e-5)
      architecture.activation = .geluSigmoid
    case .mean: (architecture.hasClassToken, architecture.hasBias) = (false, false)
    default: break
    }
    return architecture
  }
}

/// A network of any size, with what a model folder says of it.
struct Exported {
  let folder: ModelFolder
  let network: any Network

  /// The network that `options` describe, at `path`.
  init(_ network: any Network, _ options: NetworkOptions, at path: String) {
    var input = ImageInput()
    (input.size, input.resize) = (options.inputSize, options.inputSize + 5)
    input.channels = options.inputChannels
    if input.channels == 1 { (input.mean, input.std) = ([0.4], [0.3]) }
    folder = ModelFolder(
      path: path, options: options,
      classNames: (0..<options.classCount).map { "class \($0), \"it\"" }, input: input)
    self.network = network
  }

  init(_ small: SmallNetwork, at path: String) throws {
    self.init(try small.make(), small.options, at: path)
  }

  /// Pictures as the network sees them, with the logits of each: files of little-endian floats in `place`.
  func writeNumbers(_ count: Int, into place: String) throws {
    let input = folder.input
    let shape = [count, input.channels, input.size, input.size]
    let pictures = try Tensor.empty(shape)
    try pictures.fillUniform(low: 0, high: 1, from: RandomGenerator(seed: 3))
    let normalized =
      try pictures
      .subtracting(Tensor(input.mean.map { Float($0) }, shape: [1, input.channels, 1, 1]))
      .divided(by: Tensor(input.std.map { Float($0) }, shape: [1, input.channels, 1, 1]))
    let logits = try withoutGradients { try network(normalized, .evaluation) }
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    for (name, tensor) in [("pictures", pictures), ("normalized", normalized), ("logits", logits)] {
      let values = try tensor.array(of: Float.self)
      let data = values.withUnsafeBytes { Data($0) }
      try data.write(to: URL(fileURLWithPath: "\(place)/\(name).f32"))
    }
  }
}
