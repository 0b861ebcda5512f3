public import Torch

/// The residual networks of He et al. (arXiv:1512.03385) and, with more than one group, the
/// ResNeXt of Xie et al. (arXiv:1611.05431), under torchvision's names and initialisation.
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

    /// The network of so many blocks in each stage.
    public init(bottleneck: Bool, blocks: [Int], groups: Int = 1, widthPerGroup: Int = 64) {
      self.bottleneck = bottleneck
      self.blocks = blocks
      self.groups = groups
      self.widthPerGroup = widthPerGroup
    }
  }

  /// The names of the last layer's weights begin so.
  public static let lastLayer = "fc."
  /// The weights, under torchvision's names.
  public let weights: ParameterStore
  private let stem: ConvNorm
  private let pools: Bool
  private let stageCount: Int
  private let pooling: Pooling
  private let blocks: [ResidualBlock]
  private let classifier: Linear
  private var foldedPrecision: Precision?

  /// Makes the network in `weights`, an empty store.
  /// - Throws: `TorchError` when widths do not divide into groups.
  public init(
    _ architecture: Architecture, _ options: NetworkOptions, weights: ParameterStore
  ) throws {
    self.weights = weights
    let root = weights.root
    let standard = options.stem == .standard
    stem = try ConvNorm(
      root / "conv1", root / "bn1", from: options.inputChannels, to: options.width,
      kernel: standard ? 7 : 3, stride: options.stem == .small ? 1 : 2)
    pools = standard
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
  }

  /// 0 for the stem, then the stages', then the last layer's.
  public func depth(of name: String) -> Int {
    if name.hasPrefix(Self.lastLayer) { return depth }
    guard name.hasPrefix("layer") else { return 0 }
    return name.dropFirst("layer".count).first?.wholeNumberValue ?? 0
  }

  /// The stages and the last layer.
  public var depth: Int { stageCount + 1 }

  /// [N, C, H, W] normalised pictures → [N, classes] float32 logits.
  /// - Throws: `TorchError` when the shape does not fit.
  public func callAsFunction(_ pictures: Tensor, _ pass: Pass) throws -> Tensor {
    let folded = pass.mode == .evaluation && pass.trace == nil && foldedPrecision != nil
    let features = try withAutocast(folded ? .float32 : pass.precision, on: weights.device) {
      var x = folded && foldedPrecision == .bf16 ? try pictures.to(.bfloat16) : pictures
      x = try stem(x, pass)
      if pools { x = try x.maxPooled(kernel: 3, stride: 2, padding: 1, pass) }
      for block in blocks { x = try block(x, pass) }
      return try pooled(x, pass)
    }
    return try classifier(features.to(.float32), pass)
  }

  private func pooled(_ x: Tensor, _ pass: Pass) throws -> Tensor {
    switch pooling {
    case .average: try x.globalAveragePooled(pass)
    case .max: try x.globalMaxPooled(pass)
    case .token:
      throw TorchError("pooling", message: "a residual network has no class token")
    case .averageMax:
      try x.globalAveragePooled(pass).adding(x.globalMaxPooled(pass)).scaled(by: 0.5)
    }
  }

  /// Prepares evaluation passes in `precision`.
  /// - Throws: `TorchError`.
  public func fold(precision: Precision) throws {
    foldedPrecision = nil
    try layers.fold(precision: precision)
    foldedPrecision = precision
  }

  /// Goes back to the separate layers.
  public func unfold() {
    layers.unfold()
    foldedPrecision = nil
  }

  private var layers: [ConvNorm] { [stem] + blocks.flatMap(\.layers) }
}

/// relu(x + f(x)), where f is two or three convolutions.
private struct ResidualBlock {
  let channels: Int
  private let place: BlockPlace
  private let main: [ConvNorm]
  private let downsample: ConvNorm?

  init(
    _ path: Path, _ architecture: ResNet.Architecture, at place: BlockPlace, from input: Int,
    planes: Int, stride: Int
  ) throws {
    self.place = place
    if architecture.bottleneck {
      let inner = planes * architecture.widthPerGroup / 64 * architecture.groups
      channels = planes * 4
      main = [
        try ConvNorm(path / "conv1", path / "bn1", from: input, to: inner, kernel: 1),
        try ConvNorm(
          path / "conv2", path / "bn2", from: inner, to: inner, kernel: 3, stride: stride,
          groups: architecture.groups),
        try ConvNorm(path / "conv3", path / "bn3", from: inner, to: channels, kernel: 1),
      ]
    } else {
      channels = planes
      main = [
        try ConvNorm(
          path / "conv1", path / "bn1", from: input, to: planes, kernel: 3, stride: stride),
        try ConvNorm(path / "conv2", path / "bn2", from: planes, to: planes, kernel: 3),
      ]
    }
    let place = path / "downsample"
    downsample =
      stride != 1 || input != channels
      ? try ConvNorm(place / 0, place / 1, from: input, to: channels, kernel: 1, stride: stride)
      : nil
  }

  var layers: [ConvNorm] { main + (downsample.map { [$0] } ?? []) }

  func callAsFunction(_ x: Tensor, _ pass: Pass) throws -> Tensor {
    var y = x
    for layer in main.dropLast() { y = try layer(y, pass) }
    let shortcut = try downsample?(x, pass, activation: nil) ?? x
    return try main[main.count - 1].endBranch(y, addedTo: shortcut, at: place, pass)
  }
}
