public import Torch

/// MobileNetV3 (Howard et al., arXiv:1905.02244) under timm's names and initialisation.
public final class MobileNetV3: Network {
  /// What distinguishes one of them from another.
  public struct Architecture: Sendable {
    /// One block, as a line of the paper's tables.
    public struct Block: Sendable {
      /// The channels of its depthwise convolution; nil where no convolution widens the input.
      public var expanded: Int?
      /// The channels that come out.
      public var channels: Int
      /// The side and the step of the depthwise convolution's windows.
      public var kernel, stride: Int
      /// Whether it has squeeze and excitation.
      public var isExcited: Bool
      /// Whether its function is h-swish, or ReLU.
      public var isHardSwish: Bool

      /// A block in the order of the paper's columns.
      public init(
        _ kernel: Int, _ expanded: Int?, _ channels: Int, se: Bool, hardSwish: Bool, stride: Int = 1
      ) {
        self.kernel = kernel
        self.expanded = expanded
        self.channels = channels
        isExcited = se
        isHardSwish = hardSwish
        self.stride = stride
      }
    }

    /// The channels of the stem, of the last convolution of pictures, and of that of features.
    public var stem, last, head: Int
    /// The blocks of each stage.
    public var stages: [[Block]]

    /// The network of these stages.
    public init(stem: Int = 16, stages: [[Block]], last: Int, head: Int) {
      self.stem = stem
      self.stages = stages
      self.last = last
      self.head = head
    }

    /// MobileNetV3-Large.
    public static let large = Architecture(
      stages: [
        [.init(3, nil, 16, se: false, hardSwish: false)],
        [
          .init(3, 64, 24, se: false, hardSwish: false, stride: 2),
          .init(3, 72, 24, se: false, hardSwish: false),
        ],
        [
          .init(5, 72, 40, se: true, hardSwish: false, stride: 2),
          .init(5, 120, 40, se: true, hardSwish: false),
          .init(5, 120, 40, se: true, hardSwish: false),
        ],
        [
          .init(3, 240, 80, se: false, hardSwish: true, stride: 2),
          .init(3, 200, 80, se: false, hardSwish: true),
          .init(3, 184, 80, se: false, hardSwish: true),
          .init(3, 184, 80, se: false, hardSwish: true),
        ],
        [
          .init(3, 480, 112, se: true, hardSwish: true),
          .init(3, 672, 112, se: true, hardSwish: true),
        ],
        [
          .init(5, 672, 160, se: true, hardSwish: true, stride: 2),
          .init(5, 960, 160, se: true, hardSwish: true),
          .init(5, 960, 160, se: true, hardSwish: true),
        ],
      ], last: 960, head: 1280)

    /// MobileNetV3-Small.
    public static let small = Architecture(
      stages: [
        [.init(3, nil, 16, se: true, hardSwish: false, stride: 2)],
        [
          .init(3, 72, 24, se: false, hardSwish: false, stride: 2),
          .init(3, 88, 24, se: false, hardSwish: false),
        ],
        [
          .init(5, 96, 40, se: true, hardSwish: true, stride: 2),
          .init(5, 240, 40, se: true, hardSwish: true),
          .init(5, 240, 40, se: true, hardSwish: true),
        ],
        [
          .init(5, 120, 48, se: true, hardSwish: true),
          .init(5, 144, 48, se: true, hardSwish: true),
        ],
        [
          .init(5, 288, 96, se: true, hardSwish: true, stride: 2),
          .init(5, 576, 96, se: true, hardSwish: true),
          .init(5, 576, 96, se: true, hardSwish: true),
        ],
      ], last: 576, head: 1024)
  }

  /// The names of the last layer's weights begin so.
  public static let lastLayer = "classifier."
  /// The weights, under timm's names.
  public let weights: ParameterStore
  /// Its convolutions.
  public var foldable: FoldableLayers? { layers }
  private let architecture: Architecture
  private let options: NetworkOptions
  private let stem, last: ConvNorm
  private let stages: InvertedResiduals
  private let stageCount: Int
  private let pooling: Pooling
  private let head: Conv2d
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
    // timm counts the last convolution of pictures as a stage of one block.
    stageCount = architecture.stages.count + 1
    stem = try ConvNorm(
      root / "conv_stem", root / "bn1", from: options.inputChannels, to: architecture.stem,
      kernel: 3, stride: 2)
    stages = try InvertedResiduals(
      root / "blocks", Self.shapes(architecture), from: architecture.stem, others: 1)
    let place = root / "blocks" / architecture.stages.count / 0
    last = try ConvNorm(
      place / "conv", place / "bn1", from: stages.channels, to: architecture.last, kernel: 1)
    head = try Conv2d(
      root / "conv_head", from: architecture.last, to: architecture.head, kernel: 1, hasBias: true)
    classifier = try Linear(
      root / "classifier", from: architecture.head, to: options.classCount,
      start: .uniform(bound: 1 / Double(options.classCount).squareRoot()))
    layers = FoldableLayers([stem, last] + stages.layers)
  }

  private static func shapes(_ architecture: Architecture) -> [[InvertedResidual.Shape]] {
    var channels = architecture.stem
    return architecture.stages.map { stage in
      stage.map { block in
        let middle = block.expanded ?? channels
        channels = block.channels
        return InvertedResidual.Shape(
          expanded: block.expanded, output: block.channels, kernel: block.kernel,
          stride: block.stride, activation: block.isHardSwish ? .hardSwish : .relu,
          reduced: block.isExcited ? roundedChannels(Double(middle) / 4) : nil,
          reducedActivation: .relu, gate: .hardSigmoid)
      }
    }
  }

  /// `file` under timm's names where it has torchvision's, whose norms add more to a variance: the
  /// difference is put into the running variances.
  public func adapted(_ file: any WeightsFile) -> any WeightsFile {
    let stages = Self.shapes(architecture)
    var names = TorchvisionNames(of: "features.0.0.weight")
    names.add("features.0", convolution: "conv_stem", norm: "bn1")
    // They count blocks without regard to stages.
    let firsts = stages.indices.map { stages[..<$0].reduce(1) { $0 + $1.count } }
    names.add(stages) { "features.\(firsts[$0] + $1)" }
    let last = "blocks.\(stages.count).0."
    names.add(
      "features.\(stages.reduce(1) { $0 + $1.count })", convolution: last + "conv",
      norm: last + "bn1")
    names.add("classifier.0", "conv_head")
    names.add("classifier.3", "classifier")
    guard let weights = names.adapted(file) else { return file }
    weights.reshape("conv_head.weight") { $0.count == 2 ? $0 + [1, 1] : $0 }
    for name in weights.names where name.hasSuffix(".running_var") {
      weights.replace(name, shape: weights.shape(of: name) ?? []) {
        try $0.to(.float32).scaled(by: 1, plus: 1e-3 - 1e-5)
      }
    }
    weights.say("its norms add 0.001 to a variance and these 0.00001: the variances have the rest")
    return weights
  }

  /// 0 for the stem, then the stages', then the last layer's with the convolution before it.
  public func depth(of name: String) -> Int {
    if name.hasPrefix(Self.lastLayer) || name.hasPrefix("conv_head.") { return depth }
    return stage(of: name, after: "blocks.").map { $0 + 1 } ?? 0
  }

  /// The stages and the last layer.
  public var depth: Int { stageCount + 1 }

  /// [N, C, H, W] normalised pictures → [N, features] float32: what the last layer sees.
  /// - Throws: `TorchError` when the shape does not fit.
  public func features(_ pictures: Tensor, _ pass: Pass) throws -> Tensor {
    try layers.features(of: pictures, pass, on: weights.device) { pictures in
      let x = try stages(stem(pictures, pass, activation: .hardSwish), pass)
      let pooled = try last(x, pass, activation: .hardSwish).pooled(by: pooling, pass)
      let shape = pooled.shape
      let y = try head(pooled.reshaped(to: shape + [1, 1]), pass)
        .activated(by: .hardSwish, pass)
      return try y.reshaped(to: [shape[0], y.shape[1]])
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
    try MobileNetV3(architecture, options, weights: ParameterStore(replicating: weights))
  }
}
