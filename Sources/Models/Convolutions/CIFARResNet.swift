public import Torch

/// The residual networks that He et al. (arXiv:1512.03385, section 4.2) trained on CIFAR-10: three stages
/// of basic blocks, 16, 32 and 64 channels wide, whose shortcuts have no weights.
///
/// Where a stage halves the picture and doubles the channels, the shortcut takes every second pixel and
/// fills the new channels with zeros, half of them before the others and half behind. Names are those of
/// the usual PyTorch version, whose last layer is `linear`.
public final class CIFARResNet: Network {
  /// The names of the last layer's weights begin so.
  public static let lastLayer = "linear."
  /// The weights, under torchvision's names but for the last layer.
  public let weights: ParameterStore
  /// Its convolutions.
  public var foldable: FoldableLayers? { layers }
  let blocksPerStage: Int
  let options: NetworkOptions
  private let stem: ConvNorm
  private let blocks: [ZeroPaddedBlock]
  private let classifier: Linear
  private let layers: FoldableLayers

  /// Makes the network of 6 × `blocksPerStage` + 2 layers in `weights`, an empty store.
  /// - Throws: `TorchError`.
  public init(blocksPerStage: Int, _ options: NetworkOptions, weights: ParameterStore) throws {
    self.weights = weights
    self.blocksPerStage = blocksPerStage
    self.options = options
    let root = weights.root
    stem = try ConvNorm(
      root / "conv1", root / "bn1", from: options.inputChannels, to: 16, kernel: 3)
    var blocks: [ZeroPaddedBlock] = []
    var channels = 16
    for stage in 0..<3 {
      for index in 0..<blocksPerStage {
        let block = try ZeroPaddedBlock(
          root / "layer\(stage + 1)" / index,
          at: BlockPlace(blocks.count, of: 3 * blocksPerStage), from: channels, to: 16 << stage)
        channels = 16 << stage
        blocks.append(block)
      }
    }
    self.blocks = blocks
    classifier = try Linear(root / "linear", from: channels, to: options.classCount)
    layers = FoldableLayers([stem] + blocks.flatMap { [$0.first, $0.second] })
  }

  /// 0 for the stem, then the stages', then the last layer's.
  public func depth(of name: String) -> Int {
    if name.hasPrefix(Self.lastLayer) { return depth }
    return stage(of: name, after: "layer") ?? 0
  }

  /// Three stages and the last layer.
  public var depth: Int { 4 }

  /// [N, C, H, W] normalised pictures → [N, features] float32: what the last layer sees.
  /// - Throws: `TorchError` when the shape does not fit.
  public func features(_ pictures: Tensor, _ pass: Pass) throws -> Tensor {
    try layers.features(of: pictures, pass, on: weights.device) { pictures in
      var x = try stem(pictures, pass)
      for block in blocks { x = try block(x, pass) }
      return try x.pooled(by: options.pooling ?? .average, pass)
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
    try CIFARResNet(
      blocksPerStage: blocksPerStage, options, weights: ParameterStore(replicating: weights))
  }
}

/// relu(shortcut(x) + f(x)), where f is two convolutions.
private struct ZeroPaddedBlock {
  let first, second: ConvNorm
  private let place: BlockPlace
  /// How many channels are new.
  private let newChannels: Int

  init(_ path: Path, at place: BlockPlace, from input: Int, to output: Int) throws {
    self.place = place
    newChannels = output - input
    first = try ConvNorm(
      path / "conv1", path / "bn1", from: input, to: output, kernel: 3,
      stride: input == output ? 1 : 2)
    second = try ConvNorm(path / "conv2", path / "bn2", from: output, to: output, kernel: 3)
  }

  func callAsFunction(_ x: Tensor, _ pass: Pass) throws -> Tensor {
    var shortcut = x
    if newChannels > 0 {
      shortcut = try x.every(2, axis: 2).every(2, axis: 3)
        .padded(axis: 1, before: newChannels / 2, after: newChannels - newChannels / 2)
    }
    return try second.endBranch(first(x, pass), addedTo: shortcut, at: place, pass)
  }
}
