public import Torch

/// ConvNeXt (Liu et al., arXiv:2201.03545) under timm's names and initialisation: depthwise 7×7
/// convolutions and two linear layers a block, with layer norms.
///
/// Pictures have their channels last in memory, so that norms and linear layers see them as they lie.
public final class ConvNeXt: Network {
  /// What distinguishes one of them from another.
  public struct Architecture: Sendable {
    /// The number of blocks in each stage, and each stage's channels.
    public var blocks, widths: [Int]

    /// The network of so many blocks and channels in each stage.
    public init(blocks: [Int], widths: [Int]) {
      self.blocks = blocks
      self.widths = widths
    }
  }

  /// The names of the last layer's weights begin so.
  public static let lastLayer = "head.fc."
  /// The weights, under timm's names.
  public let weights: ParameterStore
  private let architecture: Architecture
  private let options: NetworkOptions
  private let stem: Conv2d
  private let stemNorm: ChannelNorm
  private let stages: [Stage]
  private let pooling: Pooling
  private let headNorm: LayerNorm
  private let classifier: Linear

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
    var channels = architecture.widths.first ?? 0
    stem = try Conv2d(
      root / "stem" / 0, from: options.inputChannels, to: channels, kernel: 4, stride: 4,
      hasBias: true, start: Self.start)
    stemNorm = try ChannelNorm(root / "stem" / 1, channels: channels)
    let blockCount = architecture.blocks.reduce(0, +)
    var stages: [Stage] = []
    var firstBlock = 0
    for (index, (count, width)) in zip(architecture.blocks, architecture.widths).enumerated() {
      stages.append(
        try Stage(
          root / "stages" / index, from: channels, to: width, halves: index > 0,
          places: (0..<count).map { BlockPlace(firstBlock + $0, of: blockCount) }))
      firstBlock += count
      channels = width
    }
    self.stages = stages
    headNorm = try LayerNorm(root / "head" / "norm", features: channels)
    classifier = try Linear(
      root / "head" / "fc", from: channels, to: options.classCount, start: Self.start)
  }

  /// timm draws these from a normal distribution that it cuts off a hundred deviations away.
  fileprivate static let start = ParameterStore.Start.normal(deviation: 0.02)

  /// `file` under timm's names where it has torchvision's.
  public func adapted(_ file: any WeightsFile) -> any WeightsFile {
    var names = TorchvisionNames(of: "features.0.0.weight")
    names.add("features.0", convolution: "stem.0", norm: "stem.1")
    for (stage, count) in architecture.blocks.enumerated() {
      if stage > 0 {
        names.add("features.\(2 * stage).0", "stages.\(stage).downsample.0")
        names.add("features.\(2 * stage).1", "stages.\(stage).downsample.1")
      }
      for index in 0..<count {
        let theirs = "features.\(2 * stage + 1).\(index)."
        let own = "stages.\(stage).blocks.\(index)."
        names.add(theirs + "layer_scale", own + "gamma")
        for (part, name) in [(0, "conv_dw"), (2, "norm"), (3, "mlp.fc1"), (5, "mlp.fc2")] {
          names.add("\(theirs)block.\(part)", own + name)
        }
      }
    }
    names.add("classifier.0", "head.norm")
    names.add("classifier.2", "head.fc")
    guard let weights = names.adapted(file) else { return file }
    weights.reshape(".gamma") { Array($0.prefix(1)) }
    return weights
  }

  /// 0 for the stem, then the stages', then the last layer's with the norm before it.
  public func depth(of name: String) -> Int {
    if name.hasPrefix("head.") { return depth }
    return stage(of: name, after: "stages.").map { $0 + 1 } ?? 0
  }

  /// The stages and the last layer.
  public var depth: Int { stages.count + 1 }

  /// [N, C, H, W] normalised pictures → [N, features] float32: what the last layer sees.
  /// - Throws: `TorchError` when the shape does not fit.
  public func features(_ pictures: Tensor, _ pass: Pass) throws -> Tensor {
    let pooled = try withAutocast(pass.precision, on: weights.device) {
      var x = try stemNorm(stem(pictures, pass), pass)
      for stage in stages { x = try stage(x, pass) }
      return try x.pooled(by: pooling, pass)
    }
    return try headNorm(pooled.to(.float32), pass)
  }

  /// [N, features] float32 → [N, classes] float32 logits.
  /// - Throws: `TorchError` when the shape does not fit.
  public func classify(_ features: Tensor, _ pass: Pass) throws -> Tensor {
    try classifier(features, pass)
  }

  /// The network once more.
  /// - Throws: `TorchError`.
  public func replica() throws -> (any Network)? {
    try ConvNeXt(architecture, options, weights: ParameterStore(replicating: weights))
  }
}

/// A layer norm over the channels of pictures.
private struct ChannelNorm {
  private let norm: LayerNorm

  init(_ path: Path, channels: Int) throws { norm = try LayerNorm(path, features: channels) }

  func callAsFunction(_ x: Tensor, _ pass: Pass) throws -> Tensor {
    try norm(x.permuted([0, 2, 3, 1]), pass).permuted([0, 3, 1, 2])
  }
}

/// A halving of the picture where there is one, and blocks.
private struct Stage {
  private let halving: (norm: ChannelNorm, convolution: Conv2d)?
  private let blocks: [Block]

  init(
    _ path: Path, from input: Int, to output: Int, halves: Bool, places: [BlockPlace]
  ) throws {
    if halves || input != output {
      let place = path / "downsample"
      let side = halves ? 2 : 1
      halving = (
        try ChannelNorm(place / 0, channels: input),
        try Conv2d(
          place / 1, from: input, to: output, kernel: side, stride: side, hasBias: true,
          start: ConvNeXt.start)
      )
    } else {
      halving = nil
    }
    blocks = try places.enumerated().map { index, place in
      try Block(path / "blocks" / index, channels: output, at: place)
    }
  }

  func callAsFunction(_ x: Tensor, _ pass: Pass) throws -> Tensor {
    var x = try halving.map { try $0.convolution($0.norm(x, pass), pass) } ?? x
    for block in blocks { x = try block(x, pass) }
    return x
  }
}

/// x + gamma · f(x), where f sees 7×7 pixels of each channel and then all channels of each pixel.
private struct Block {
  private let place: BlockPlace
  private let depthwise: Conv2d
  private let norm: LayerNorm
  private let first, second: Linear
  private let scale: LayerScale

  init(_ path: Path, channels: Int, at place: BlockPlace) throws {
    self.place = place
    scale = try LayerScale(path, features: channels, start: 1e-6)
    depthwise = try Conv2d(
      path / "conv_dw", from: channels, to: channels, kernel: 7, padding: 3, groups: channels,
      hasBias: true, start: ConvNeXt.start)
    norm = try LayerNorm(path / "norm", features: channels)
    let mlp = path / "mlp"
    first = try Linear(mlp / "fc1", from: channels, to: 4 * channels, start: ConvNeXt.start)
    second = try Linear(mlp / "fc2", from: 4 * channels, to: channels, start: ConvNeXt.start)
  }

  func callAsFunction(_ x: Tensor, _ pass: Pass) throws -> Tensor {
    let y = try norm(depthwise(x, pass).permuted([0, 2, 3, 1]), pass)
    let branch = try scale(second(first(y, pass).activated(by: .gelu, pass), pass), pass)
      .permuted([0, 3, 1, 2])
    return try x.adding(branch.droppingPath(at: place, pass))
  }
}
