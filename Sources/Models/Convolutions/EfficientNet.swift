public import Torch

/// EfficientNet (Tan and Le, arXiv:1905.11946) under timm's names and initialisation.
public final class EfficientNet: Network {
  /// What distinguishes one of them from another.
  public struct Architecture: Sendable {
    /// Blocks of one shape, the first of which may halve the picture.
    public struct Stage: Sendable {
      /// How many.
      public var blocks: Int
      /// How many times as many channels the depthwise convolution has as come in; 1 in the first stage.
      public var expansion: Int
      /// The channels that come out.
      public var channels: Int
      /// The side of the depthwise convolution's windows, and their step in the first block.
      public var kernel, stride: Int

      /// A stage of so many blocks.
      public init(blocks: Int, expansion: Int, channels: Int, kernel: Int, stride: Int) {
        self.blocks = blocks
        self.expansion = expansion
        self.channels = channels
        self.kernel = kernel
        self.stride = stride
      }
    }

    /// The channels of the stem, and of the convolution before the last layer.
    public var stem, head: Int
    /// The stages between them.
    public var stages: [Stage]

    /// The network of these stages.
    public init(stem: Int, stages: [Stage], head: Int) {
      self.stem = stem
      self.stages = stages
      self.head = head
    }

    /// B0 with so many times its channels and so many times its blocks: the scaling of the paper.
    public static func scaled(width: Double = 1, depth: Double = 1) -> Architecture {
      let stages: [Stage] = [
        .init(blocks: 1, expansion: 1, channels: 16, kernel: 3, stride: 1),
        .init(blocks: 2, expansion: 6, channels: 24, kernel: 3, stride: 2),
        .init(blocks: 2, expansion: 6, channels: 40, kernel: 5, stride: 2),
        .init(blocks: 3, expansion: 6, channels: 80, kernel: 3, stride: 2),
        .init(blocks: 3, expansion: 6, channels: 112, kernel: 5, stride: 1),
        .init(blocks: 4, expansion: 6, channels: 192, kernel: 5, stride: 2),
        .init(blocks: 1, expansion: 6, channels: 320, kernel: 3, stride: 1),
      ]
      func wide(_ channels: Int) -> Int { roundedChannels(Double(channels) * width) }
      return Architecture(
        stem: wide(32),
        stages: stages.map { stage in
          var stage = stage
          stage.channels = wide(stage.channels)
          stage.blocks = Int((Double(stage.blocks) * depth).rounded(.up))
          return stage
        }, head: wide(1280))
    }
  }

  /// The names of the last layer's weights begin so.
  public static let lastLayer = "classifier."
  /// The weights, under timm's names.
  public let weights: ParameterStore
  /// Its convolutions.
  public var foldable: FoldableLayers? { layers }
  private let architecture: Architecture
  private let options: NetworkOptions
  private let stem, head: ConvNorm
  private let stages: InvertedResiduals
  private let stageCount: Int
  private let pooling: Pooling
  private let classifier: Linear
  private let layers: FoldableLayers

  /// Makes the network in `weights`, an empty store.
  /// - Throws: `TorchError`.
  public init(
    _ architecture: Architecture, _ options: NetworkOptions, weights: ParameterStore
  ) throws {
    self.weights = weights
    self.architecture = architecture
    self.options = options
    let root = weights.root
    pooling = options.pooling ?? .average
    stageCount = architecture.stages.count
    stem = try ConvNorm(
      root / "conv_stem", root / "bn1", from: options.inputChannels, to: architecture.stem,
      kernel: 3, stride: 2)
    stages = try InvertedResiduals(
      root / "blocks", Self.shapes(architecture), from: architecture.stem)
    head = try ConvNorm(
      root / "conv_head", root / "bn2", from: stages.channels, to: architecture.head, kernel: 1)
    classifier = try Linear(
      root / "classifier", from: architecture.head, to: options.classCount,
      start: .uniform(bound: 1 / Double(options.classCount).squareRoot()))
    layers = FoldableLayers([stem, head] + stages.layers)
  }

  private static func shapes(_ architecture: Architecture) -> [[InvertedResidual.Shape]] {
    var channels = architecture.stem
    return architecture.stages.map { stage in
      (0..<stage.blocks).map { index in
        let input = channels
        channels = stage.channels
        return InvertedResidual.Shape(
          expanded: stage.expansion == 1 ? nil : input * stage.expansion, output: stage.channels,
          kernel: stage.kernel, stride: index == 0 ? stage.stride : 1, activation: .silu,
          reduced: input / 4, reducedActivation: .silu)
      }
    }
  }

  /// `file` under timm's names where it has torchvision's.
  public func adapted(_ file: any WeightsFile) -> any WeightsFile {
    var names = TorchvisionNames(of: "features.0.0.weight")
    names.add("features.0", convolution: "conv_stem", norm: "bn1")
    names.add(Self.shapes(architecture)) { "features.\($0 + 1).\($1)" }
    names.add("features.\(stageCount + 1)", convolution: "conv_head", norm: "bn2")
    names.add("classifier.1", "classifier")
    return names.adapted(file) ?? file
  }

  /// 0 for the stem, then the stages', the convolution behind them with the last, then the last layer's.
  public func depth(of name: String) -> Int {
    if name.hasPrefix(Self.lastLayer) { return depth }
    if name.hasPrefix("conv_head.") || name.hasPrefix("bn2.") { return stageCount }
    return stage(of: name, after: "blocks.").map { $0 + 1 } ?? 0
  }

  /// The stages and the last layer.
  public var depth: Int { stageCount + 1 }

  /// [N, C, H, W] normalised pictures → [N, features] float32: what the last layer sees.
  /// - Throws: `TorchError` when the shape does not fit.
  public func features(_ pictures: Tensor, _ pass: Pass) throws -> Tensor {
    try layers.features(of: pictures, pass, on: weights.device) { pictures in
      let x = try stages(stem(pictures, pass, activation: .silu), pass)
      return try head(x, pass, activation: .silu).pooled(by: pooling, pass)
    }
  }

  /// [N, features] float32 → [N, classes] float32 logits.
  /// - Throws: `TorchError` when the shape does not fit.
  public func classify(_ features: Tensor, _ pass: Pass) throws -> Tensor {
    try classifier(features, pass)
  }

  /// The network once more.
  /// - Throws: `TorchError`.
  public func replica() throws -> (any Network)? {
    try EfficientNet(architecture, options, weights: ParameterStore(replicating: weights))
  }
}
