public import Torch

/// The vision transformers of Dosovitskiy et al. (arXiv:2010.11929), and what became of them: DeiT, DINOv2
/// with its registers (Darcet et al., arXiv:2309.16588), and CLIP's image tower; under timm's names.
public final class VisionTransformer: Network {
  /// What distinguishes one vision transformer from another.
  public struct Architecture: Sendable {
    /// The side of a patch, in pixels.
    public var patch: Int
    /// The features of a token; how many blocks; the attentions side by side in each.
    public var width, blocks, heads: Int
    /// The hidden features of a block's second branch; nil has four times the width.
    public var hidden: Int?
    /// Between the layers of that branch.
    public var activation = Activation.gelu
    /// Whether half of its hidden features is multiplied by the activated other half.
    public var isGated = false
    /// Whether there is a token that stands for the whole picture.
    public var hasClassToken = true
    /// How many tokens there are besides, for what is of no patch.
    public var registers = 0
    /// Whether class token and registers have embeddings of position too.
    public var embedsPrefix = true
    /// What the branches of each block begin with; nil multiplies them by nothing.
    public var layerScale: Double?
    /// Whether tokens are normalised before the first block.
    public var normalizesFirst = false
    /// Whether queries, keys and values have biases.
    public var hasBias = true
    /// Of the normalisations.
    public var epsilon = 1e-6

    /// The network of so many blocks.
    public init(patch: Int, width: Int, blocks: Int, heads: Int) {
      (self.patch, self.width, self.blocks, self.heads) = (patch, width, blocks, heads)
    }

    /// The tokens before those of the patches.
    var prefix: Int { (hasClassToken ? 1 : 0) + registers }

    var shape: TransformerShape {
      var shape = TransformerShape(width: width, blocks: blocks, heads: heads, hidden: hidden)
      (shape.activation, shape.isGated, shape.hasBias) = (activation, isGated, hasBias)
      (shape.layerScale, shape.epsilon) = (layerScale, epsilon)
      return shape
    }
  }

  /// The names of the last layer's weights begin so.
  public static let lastLayer = "head."
  /// What stands for places and for the whole picture.
  public static let undecayed: Set<String> = ["pos_embed", "cls_token", "reg_token"]
  /// The weights, under timm's names.
  public let weights: ParameterStore
  private let options: NetworkOptions
  let architecture: Architecture
  private let pooling: Pooling
  private let classToken, registers: Tensor?
  private let positions: Tensor
  let patches: PatchEmbedding
  private let firstNorm: LayerNorm?
  private let blocks: [TransformerBlock]
  private let norm: LayerNorm
  private let classifier: Linear

  /// Makes the network in `weights`, an empty store, for pictures of `options.inputSize`.
  /// - Throws: `TorchError` when these are smaller than a patch, or the class token is asked for and there
  ///   is none.
  public init(
    _ architecture: Architecture, _ options: NetworkOptions, weights: ParameterStore
  ) throws {
    self.weights = weights
    self.architecture = architecture
    self.options = options
    pooling = options.pooling ?? (architecture.hasClassToken ? .token : .average)
    guard pooling != .token || architecture.hasClassToken else {
      throw TorchError(options.model, message: "there is no class token to make classes of")
    }
    let root = weights.root
    let width = architecture.width
    classToken =
      architecture.hasClassToken
      ? try root.parameter("cls_token", [1, 1, width], .normal(deviation: 1e-6)) : nil
    registers =
      architecture.registers > 0
      ? try root.parameter(
        "reg_token", [1, architecture.registers, width], .normal(deviation: 1e-6)) : nil
    let grid = options.inputSize / architecture.patch
    positions = try root.parameter(
      "pos_embed", [1, grid * grid + (architecture.embedsPrefix ? architecture.prefix : 0), width],
      .normal(deviation: 0.02))
    // What is normalised first needs no bias.
    patches = try PatchEmbedding(
      root / "patch_embed", options, patch: architecture.patch, width: width,
      hasBias: !architecture.normalizesFirst)
    firstNorm =
      architecture.normalizesFirst
      ? try LayerNorm(root / "norm_pre", features: width, epsilon: architecture.epsilon) : nil
    blocks = try (0..<architecture.blocks).map {
      try TransformerBlock(root / "blocks" / $0, architecture.shape, index: $0)
    }
    norm = try LayerNorm(
      root / (pooling == .token ? "norm" : "fc_norm"), features: width,
      epsilon: architecture.epsilon)
    classifier = try Linear(
      root / "head", from: width, to: options.classCount, start: .normal(deviation: 0.02))
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
      var x = try embedded(patches(pictures, pass))
      x = try firstNorm?(x, pass) ?? x
      for block in blocks { x = try block(x, pass) }
      // Each token is normalised alone: of the class token it is enough to do so with it.
      return try norm(x.pooledTokens(after: architecture.prefix, by: pooling, pass), pass)
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
    try VisionTransformer(architecture, options, weights: ParameterStore(replicating: weights))
  }

  /// Class token, registers and patches, with what tells their places.
  private func embedded(_ patches: Tensor) throws -> Tensor {
    let count = patches.shape[0]
    let before = try [classToken, registers].compactMap { try $0?.repeated(count) }
    guard architecture.embedsPrefix else {
      return try Tensor.concatenated(before + [patches.adding(positions)], axis: 1)
    }
    return try Tensor.concatenated(before + [patches], axis: 1).adding(positions)
  }
}

/// The depth of the weight `name` of a transformer of so many blocks, as timm counts it.
func transformerDepth(of name: String, blocks: Int) -> Int {
  let parts = name.split(separator: ".")
  switch parts.first {
  case "blocks": return (parts.count > 1 ? Int(parts[1]) ?? 0 : 0) + 1
  case "norm": return blocks
  case "head", "fc_norm": return blocks + 1
  default: return 0
  }
}

extension Tensor {
  /// One row of features for each picture, of the tokens after the first `prefix`.
  func pooledTokens(after prefix: Int, by pooling: Pooling, _ pass: Pass) throws -> Tensor {
    let shape = self.shape
    let patches = try narrowed(axis: 1, to: prefix..<shape[1]).permuted([0, 2, 1])
    switch pooling {
    case .token: return try narrowed(axis: 1, to: 0..<1).reshaped(to: [shape[0], shape[2]])
    case .average: return try patches.globalAveragePooled(pass)
    case .max: return try patches.globalMaxPooled(pass)
    case .averageMax:
      return try patches.globalAveragePooled(pass).adding(patches.globalMaxPooled(pass))
        .scaled(by: 0.5)
    }
  }
}
