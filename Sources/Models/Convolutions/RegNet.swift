public import Torch

/// RegNetY (Radosavovic et al., arXiv:2003.13678) under timm's names and initialisation: bottlenecks
/// without a narrow middle, in groups of one width, with squeeze and excitation.
public final class RegNet: Network {
  /// What distinguishes one of them from another.
  public struct Architecture: Sendable {
    /// The number of blocks in each stage, and each stage's channels.
    public var blocks, widths: [Int]
    /// The channels of one group of a block's 3×3 convolution.
    public var groupWidth: Int
    /// The channels of the stem.
    public var stem = 32

    /// The network of so many blocks and channels in each stage.
    public init(blocks: [Int], widths: [Int], groupWidth: Int) {
      self.blocks = blocks
      self.widths = widths
      self.groupWidth = groupWidth
    }
  }

  /// The names of the last layer's weights begin so.
  public static let lastLayer = "head.fc."
  /// The weights, under timm's names.
  public let weights: ParameterStore
  /// Its convolutions.
  public var foldable: FoldableLayers? { layers }
  private let architecture: Architecture
  private let options: NetworkOptions
  private let stem: ConvNorm
  private let blocks: [RegNetBlock]
  private let stageCount: Int
  private let pooling: Pooling
  private let classifier: Linear
  private let layers: FoldableLayers

  /// Makes the network in `weights`, an empty store.
  /// - Throws: `TorchError` when widths do not divide into groups.
  public init(
    _ architecture: Architecture, _ options: NetworkOptions, weights: ParameterStore
  ) throws {
    self.weights = weights
    self.architecture = architecture
    self.options = options
    let root = weights.root
    pooling = options.pooling ?? .average
    stageCount = architecture.blocks.count
    stem = try ConvNorm(
      root / "stem" / "conv", root / "stem" / "bn", from: options.inputChannels,
      to: architecture.stem, kernel: 3, stride: 2)
    var blocks: [RegNetBlock] = []
    var channels = architecture.stem
    let blockCount = architecture.blocks.reduce(0, +)
    for (stage, (count, width)) in zip(architecture.blocks, architecture.widths).enumerated() {
      for index in 0..<count {
        blocks.append(
          try RegNetBlock(
            root / "s\(stage + 1)" / "b\(index + 1)",
            at: BlockPlace(blocks.count, of: blockCount), from: channels, to: width,
            groupWidth: min(architecture.groupWidth, width), stride: index == 0 ? 2 : 1))
        channels = width
      }
    }
    self.blocks = blocks
    classifier = try Linear(
      root / "head" / "fc", from: channels, to: options.classCount,
      start: .normal(deviation: 0.01))
    layers = FoldableLayers([stem] + blocks.flatMap(\.layers))
  }

  /// `file` under timm's names where it has torchvision's.
  public func adapted(_ file: any WeightsFile) -> any WeightsFile {
    var names = TorchvisionNames(of: "trunk_output.block1.block1-0.f.a.0.weight")
    names.add("stem", convolution: "stem.conv", norm: "stem.bn")
    for (stage, count) in zip(1..., architecture.blocks) {
      for index in 0..<count {
        let theirs = "trunk_output.block\(stage).block\(stage)-\(index)."
        let own = "s\(stage).b\(index + 1)."
        for (part, name) in [
          ("proj", "downsample"), ("f.a", "conv1"), ("f.b", "conv2"), ("f.c", "conv3"),
        ] {
          names.add(theirs + part, convolution: own + name + ".conv", norm: own + name + ".bn")
        }
        names.add(theirs + "f.se.fc1", own + "se.fc1")
        names.add(theirs + "f.se.fc2", own + "se.fc2")
      }
    }
    names.add("fc", "head.fc")
    return names.adapted(file) ?? file
  }

  /// 0 for the stem, then the stages', then the last layer's.
  public func depth(of name: String) -> Int {
    if name.hasPrefix(Self.lastLayer) { return depth }
    return stage(of: name, after: "s") ?? 0
  }

  /// The stages and the last layer.
  public var depth: Int { stageCount + 1 }

  /// [N, C, H, W] normalised pictures → [N, features] float32: what the last layer sees.
  /// - Throws: `TorchError` when the shape does not fit.
  public func features(_ pictures: Tensor, _ pass: Pass) throws -> Tensor {
    try layers.features(of: pictures, pass, on: weights.device) { pictures in
      var x = try stem(pictures, pass)
      for block in blocks { x = try block(x, pass) }
      return try x.pooled(by: pooling, pass)
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
    try RegNet(architecture, options, weights: ParameterStore(replicating: weights))
  }
}

/// relu(x + f(x)), where f is three convolutions with squeeze and excitation before the last.
private struct RegNetBlock {
  private let place: BlockPlace
  private let first, second, third: ConvNorm
  private let excitation: SqueezeExcitation
  private let downsample: ConvNorm?

  init(
    _ path: Path, at place: BlockPlace, from input: Int, to output: Int, groupWidth: Int,
    stride: Int
  ) throws {
    self.place = place
    func layer(
      _ name: String, from: Int, kernel: Int = 1, stride: Int = 1, groups: Int = 1,
      scale: Double = 1
    ) throws -> ConvNorm {
      // He initialisation over the outputs of one group.
      let outputs = Double(kernel * kernel * output / groups)
      return try ConvNorm(
        path / name / "conv", path / name / "bn", from: from, to: output, kernel: kernel,
        stride: stride, groups: groups, scale: scale,
        start: .normal(deviation: (2 / outputs).squareRoot()))
    }
    first = try layer("conv1", from: input)
    second = try layer(
      "conv2", from: output, kernel: 3, stride: stride, groups: output / groupWidth)
    excitation = try SqueezeExcitation(
      path / "se" / "fc1", path / "se" / "fc2", channels: output, reduced: input / 4)
    third = try layer("conv3", from: output, scale: 0)
    downsample =
      stride != 1 || input != output ? try layer("downsample", from: input, stride: stride) : nil
  }

  var layers: [ConvNorm] { [first, second, third] + (downsample.map { [$0] } ?? []) }

  func callAsFunction(_ x: Tensor, _ pass: Pass) throws -> Tensor {
    let y = try excitation(second(first(x, pass), pass), pass)
    let shortcut = try downsample?(x, pass, activation: nil) ?? x
    return try third.endBranch(y, addedTo: shortcut, at: place, pass)
  }
}
