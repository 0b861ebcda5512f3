import Foundation
public import Torch

/// The vision transformers of DINOv3 (Siméoni et al., arXiv:2508.10104), under timm's names: what tells the
/// places of patches are rotations of queries and keys, so that no weight depends on the picture's size.
///
/// As in timm, classes are made of the mean of the patches unless the class token is asked for.
public final class DINOv3: Network {
  /// What distinguishes one of them from another.
  public struct Architecture: Sendable {
    /// The side of a patch, in pixels.
    public var patch = 16
    /// The features of a token; how many blocks; the attentions side by side in each.
    public var width, blocks, heads: Int
    /// How many tokens there are besides those of the patches and of the whole picture.
    public var registers = 4

    /// The network of so many blocks.
    public init(width: Int, blocks: Int, heads: Int) {
      (self.width, self.blocks, self.heads) = (width, blocks, heads)
    }

    var shape: TransformerShape {
      var shape = TransformerShape(width: width, blocks: blocks, heads: heads)
      (shape.hasBias, shape.epsilon) = (false, 1e-5)
      (shape.layerScale, shape.layerScaleNames) = (1e-5, ["gamma_1", "gamma_2"])
      shape.shrinksBranches = true
      return shape
    }
  }

  /// The names of the last layer's weights begin so.
  public static let lastLayer = "head."
  /// What stands for the whole picture.
  public static let undecayed: Set<String> = ["cls_token", "reg_token"]
  /// The weights, under timm's names.
  public let weights: ParameterStore
  private let options: NetworkOptions
  private let architecture: Architecture
  private let pooling: Pooling
  private let classToken, registers: Tensor
  private let patches: PatchEmbedding
  private let rotation: Rotation
  private let blocks: [TransformerBlock]
  private let norm: LayerNorm
  private let classifier: Linear

  /// Makes the network in `weights`, an empty store, for pictures of `options.inputSize`.
  /// - Throws: `TorchError` when these are smaller than a patch.
  public init(
    _ architecture: Architecture, _ options: NetworkOptions, weights: ParameterStore
  ) throws {
    self.weights = weights
    self.architecture = architecture
    self.options = options
    pooling = options.pooling ?? .average
    let root = weights.root
    let width = architecture.width
    guard architecture.heads > 0, width % (4 * architecture.heads) == 0 else {
      throw TorchError(
        options.model,
        message: "\(width) features do not divide into \(architecture.heads) heads of rotated pairs"
      )
    }
    classToken = try root.parameter(
      "cls_token", [1, 1, width], .normal(deviation: 0.02))
    registers = try root.parameter(
      "reg_token", [1, architecture.registers, width], .normal(deviation: 0.02))
    patches = try PatchEmbedding(
      root / "patch_embed", options, patch: architecture.patch, width: width)
    rotation = try Rotation(
      angles: Self.angles(
        grid: patches.grid, features: width / architecture.heads, prefix: 1 + architecture.registers
      ),
      device: weights.device)
    blocks = try (0..<architecture.blocks).map {
      try TransformerBlock(root / "blocks" / $0, architecture.shape, index: $0)
    }
    norm = try LayerNorm(root / "norm", features: width, epsilon: architecture.shape.epsilon)
    classifier = try Linear(
      root / "head", from: width, to: options.classCount, start: .normal(deviation: 0.02 * 0.001))
  }

  /// By which angles each token's features are turned: none for the first `prefix`, those of the others
  /// by their row and then by their column, from -1 to 1, at wavelengths from 1 to 100.
  private static func angles(grid: Int, features: Int, prefix: Int) -> [[Double]] {
    let rates = (0..<features / 4).map { index in
      2 * Double.pi / pow(100, 4 * Double(index) / Double(features))
    }
    let places = (0..<grid).map { 2 * (Double($0) + 0.5) / Double(grid) - 1 }
    let still = [Double](repeating: 0, count: features / 2)
    return [[Double]](repeating: still, count: prefix)
      + places.flatMap { row in
        places.map { column in rates.map { $0 * row } + rates.map { $0 * column } }
      }
  }

  /// 0 for the embeddings, then the blocks', the norm with the last of them, then the last layer's.
  public func depth(of name: String) -> Int {
    transformerDepth(of: name, blocks: architecture.blocks)
  }

  /// The blocks and the last layer.
  public var depth: Int { architecture.blocks + 1 }

  /// [N, C, H, W] normalised pictures → [N, features] float32: what the last layer sees.
  /// - Throws: `TorchError` when the shape does not fit.
  public func features(_ pictures: Tensor, _ pass: Pass) throws -> Tensor {
    try withAutocast(pass.precision, on: weights.device) {
      let cells = try patches(pictures, pass)
      let before = try [classToken, registers].map { try $0.repeated(cells.shape[0]) }
      var x = try Tensor.concatenated(before + [cells], axis: 1)
      for block in blocks { x = try block(x, pass, rotation: rotation) }
      // The norm comes before the mean, as in timm.
      guard pooling != .token else {
        return try norm(x.pooledTokens(after: 0, by: .token, pass), pass)
      }
      return try norm(x, pass)
        .pooledTokens(after: 1 + architecture.registers, by: pooling, pass)
    }.to(.float32)
  }

  /// [N, features] float32 → [N, classes] float32 logits.
  /// - Throws: `TorchError` when the shape does not fit.
  public func classify(_ features: Tensor, _ pass: Pass) throws -> Tensor {
    try classifier(features, pass)
  }

  /// The network once more.
  /// - Throws: `TorchError`.
  public func replica() throws -> (any Network)? {
    try DINOv3(architecture, options, weights: ParameterStore(replicating: weights))
  }
}
