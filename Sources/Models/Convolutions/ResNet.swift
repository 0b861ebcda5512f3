public import Torch

/// The residual networks of He et al. (arXiv:1512.03385) and, with more than one group, the
/// ResNeXt of Xie et al. (arXiv:1611.05431), under torchvision's names and initialisation; and the later
/// variants that timm has weights of, under timm's.
///
/// As in torchvision, a bottleneck strides in its 3×3 convolution.
public final class ResNet: Network {
  /// What distinguishes one residual network from another.
  public struct Architecture: Sendable {
    /// Whether a block has two 3×3 convolutions, or 1×1, 3×3 and 1×1 around a narrow middle.
    public var bottleneck: Bool
    /// The number of blocks in each stage.
    public var blocks: [Int]
    /// The groups of a bottleneck's 3×3 convolution: ResNeXt's cardinality.
    public var groups: Int
    /// The channels of one group in the first stage, at width 64.
    public var widthPerGroup: Int
    /// ResNet-D (He et al., arXiv:1812.01187): three 3×3 convolutions begin it, and where a stage halves
    /// the picture its shortcut pools means.
    public var isD: Bool
    /// Squeeze and excitation at the end of each block (Hu et al., arXiv:1709.01507).
    public var isExcited: Bool
    /// Whether each block's last norm begins at 0, so that the block begins as its shortcut: timm's way.
    public var beginsAsShortcut: Bool

    /// The network of so many blocks in each stage.
    public init(
      bottleneck: Bool, blocks: [Int], groups: Int = 1, widthPerGroup: Int = 64, isD: Bool = false,
      isExcited: Bool = false, beginsAsShortcut: Bool = false
    ) {
      self.bottleneck = bottleneck
      self.blocks = blocks
      self.groups = groups
      self.widthPerGroup = widthPerGroup
      self.isD = isD
      self.isExcited = isExcited
      self.beginsAsShortcut = beginsAsShortcut
    }
  }

  /// The names of the last layer's weights begin so.
  public static let lastLayer = "fc."
  /// The weights, under torchvision's names.
  public let weights: ParameterStore
  /// Its convolutions.
  public var foldable: FoldableLayers? { layers }
  let architecture: Architecture
  let options: NetworkOptions
  private let stem: [ConvNorm]
  private let pools: Bool
  private let stageCount: Int
  private let pooling: Pooling
  private let blocks: [ResidualBlock]
  private let classifier: Linear
  private let layers: FoldableLayers

  /// Makes the network in `weights`, an empty store.
  /// - Throws: `TorchError` when widths do not divide into groups.
  public init(
    _ architecture: Architecture, _ options: NetworkOptions, weights: ParameterStore
  ) throws {
    self.weights = weights
    (self.architecture, self.options) = (architecture, options)
    let root = weights.root
    stem = try Self.stem(architecture, options, root)
    pools = options.stem == .standard
    stageCount = architecture.blocks.count
    pooling = options.pooling ?? .average
    var blocks: [ResidualBlock] = []
    var channels = options.width
    let blockCount = architecture.blocks.reduce(0, +)
    for (stage, count) in architecture.blocks.enumerated() {
      let planes = options.width << stage
      for index in 0..<count {
        let block = try ResidualBlock(
          root / "layer\(stage + 1)" / index, architecture,
          at: BlockPlace(blocks.count, of: blockCount), from: channels, planes: planes,
          stride: stage > 0 && index == 0 ? 2 : 1)
        channels = block.channels
        blocks.append(block)
      }
    }
    self.blocks = blocks
    classifier = try Linear(root / "fc", from: channels, to: options.classCount)
    layers = FoldableLayers(stem + blocks.flatMap(\.layers))
  }

  private static func stem(
    _ architecture: Architecture, _ options: NetworkOptions, _ root: Path
  ) throws -> [ConvNorm] {
    let stride = options.stem == .small ? 1 : 2
    guard architecture.isD else {
      return [
        try ConvNorm(
          root / "conv1", root / "bn1", from: options.inputChannels, to: options.width,
          kernel: options.stem == .standard ? 7 : 3, stride: stride)
      ]
    }
    let place = root / "conv1"
    let half = options.width / 2
    return [
      try ConvNorm(
        place / 0, place / 1, from: options.inputChannels, to: half, kernel: 3, stride: stride),
      try ConvNorm(place / 3, place / 4, from: half, to: half, kernel: 3),
      try ConvNorm(place / 6, root / "bn1", from: half, to: options.width, kernel: 3),
    ]
  }

  /// 0 for the stem, then the stages', then the last layer's.
  public func depth(of name: String) -> Int {
    if name.hasPrefix(Self.lastLayer) { return depth }
    return stage(of: name, after: "layer") ?? 0
  }

  /// The stages and the last layer.
  public var depth: Int { stageCount + 1 }

  /// [N, C, H, W] normalised pictures → [N, features] float32: what the last layer sees.
  /// - Throws: `TorchError` when the shape does not fit.
  public func features(_ pictures: Tensor, _ pass: Pass) throws -> Tensor {
    try layers.features(of: pictures, pass, on: weights.device) { pictures in
      var x = try stem.reduce(pictures) { try $1($0, pass) }
      if pools { x = try x.maxPooled(kernel: 3, stride: 2, padding: 1, pass) }
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
    try ResNet(architecture, options, weights: ParameterStore(replicating: weights))
  }
}

/// relu(x + f(x)), where f is two or three convolutions, and squeeze and excitation where there is one.
private struct ResidualBlock {
  let channels: Int
  private let place: BlockPlace
  private let main: [ConvNorm]
  private let excitation: SqueezeExcitation?
  /// Whether the shortcut sees the means of 2×2 pixels.
  private let poolsShortcut: Bool
  private let downsample: ConvNorm?

  init(
    _ path: Path, _ architecture: ResNet.Architecture, at place: BlockPlace, from input: Int,
    planes: Int, stride: Int
  ) throws {
    self.place = place
    let scale = architecture.beginsAsShortcut ? 0.0 : 1
    if architecture.bottleneck {
      let inner = planes * architecture.widthPerGroup / 64 * architecture.groups
      channels = planes * 4
      main = [
        try ConvNorm(path / "conv1", path / "bn1", from: input, to: inner, kernel: 1),
        try ConvNorm(
          path / "conv2", path / "bn2", from: inner, to: inner, kernel: 3, stride: stride,
          groups: architecture.groups),
        try ConvNorm(
          path / "conv3", path / "bn3", from: inner, to: channels, kernel: 1, scale: scale),
      ]
    } else {
      channels = planes
      main = [
        try ConvNorm(
          path / "conv1", path / "bn1", from: input, to: planes, kernel: 3, stride: stride),
        try ConvNorm(
          path / "conv2", path / "bn2", from: planes, to: planes, kernel: 3, scale: scale),
      ]
    }
    // A sixteenth of the channels, in multiples of 8.
    excitation =
      architecture.isExcited
      ? try SqueezeExcitation(
        path / "se" / "fc1", path / "se" / "fc2", channels: channels,
        reduced: max(8, (channels / 16 + 4) / 8 * 8), biasesAsPyTorch: true) : nil
    poolsShortcut = architecture.isD && stride != 1
    let place = path / "downsample"
    // The pooling is the first of three layers.
    let first = architecture.isD ? 1 : 0
    downsample =
      stride != 1 || input != channels
      ? try ConvNorm(
        place / first, place / (first + 1), from: input, to: channels, kernel: 1,
        stride: poolsShortcut ? 1 : stride) : nil
  }

  var layers: [ConvNorm] { main + (downsample.map { [$0] } ?? []) }

  func callAsFunction(_ x: Tensor, _ pass: Pass) throws -> Tensor {
    var y = x
    for layer in main.dropLast() { y = try layer(y, pass) }
    let pooled = poolsShortcut ? try x.averagePooled(kernel: 2, stride: 2, pass) : x
    let shortcut = try downsample?(pooled, pass, activation: nil) ?? x
    let last = main[main.count - 1]
    guard let excitation else {
      return try last.endBranch(y, addedTo: shortcut, at: place, pass)
    }
    let branch = try excitation(last(y, pass, activation: nil), pass)
    return try shortcut.adding(branch.droppingPath(at: place, pass)).activated(by: .relu, pass)
  }
}
