import Foundation
import Torch

/// What the blocks of a transformer are made of.
struct TransformerShape: Sendable {
  /// The features of a token, and how many blocks there are.
  var width, blocks: Int
  /// The attentions side by side, each of width / heads features.
  var heads: Int
  /// The features between the two layers of a block's second branch; of a gated one those that
  /// are multiplied with each other, together.
  var hidden: Int
  /// Between these two layers.
  var activation = Activation.gelu
  /// Whether half of the hidden features is multiplied by the activated other half (Shazeer,
  /// arXiv:2002.05202).
  var isGated = false
  /// Whether queries, keys and values have biases.
  var hasBias = true
  /// What a branch is multiplied by at the beginning, a factor a feature (Touvron et al.,
  /// arXiv:2103.17239); nil has no such factors.
  var layerScale: Double?
  /// The factors' names in the two branches.
  var layerScaleNames = ["ls1.gamma", "ls2.gamma"]
  /// Of the normalisations.
  var epsilon = 1e-6
  /// Whether the last layers of a block's branches begin the smaller the deeper it lies.
  var shrinksBranches = false

  init(width: Int, blocks: Int, heads: Int, hidden: Int? = nil) {
    (self.width, self.blocks, self.heads) = (width, blocks, heads)
    self.hidden = hidden ?? 4 * width
  }
}

/// x + scale · attention(norm(x)), then x + scale · mlp(norm(x)), on tokens [N, tokens, width].
struct TransformerBlock {
  private let place: (attention: BlockPlace, mlp: BlockPlace)
  private let norm1, norm2: LayerNorm
  private let attention: SelfAttention
  private let mlp: TransformerMLP
  private let scale1, scale2: Tensor?

  init(_ path: Path, _ shape: TransformerShape, index: Int) throws {
    place = (
      BlockPlace(index, of: shape.blocks), BlockPlace(index, of: shape.blocks, branch: 1)
    )
    let deviation = 0.02 / (shape.shrinksBranches ? (2 * Double(index + 1)).squareRoot() : 1)
    norm1 = try LayerNorm(path / "norm1", features: shape.width, epsilon: shape.epsilon)
    attention = try SelfAttention(path / "attn", shape, lastDeviation: deviation)
    scale1 = try Self.scale(path, shape, branch: 0)
    norm2 = try LayerNorm(path / "norm2", features: shape.width, epsilon: shape.epsilon)
    mlp = try TransformerMLP(path / "mlp", shape, lastDeviation: deviation)
    scale2 = try Self.scale(path, shape, branch: 1)
  }

  private static func scale(
    _ path: Path, _ shape: TransformerShape, branch: Int
  ) throws -> Tensor? {
    try shape.layerScale.map {
      try path.parameter(shape.layerScaleNames[branch], [shape.width], .constant($0))
    }
  }

  func callAsFunction(_ x: Tensor, _ pass: Pass, rotation: Rotation? = nil) throws -> Tensor {
    var branch = try attention(norm1(x, pass), pass, rotation: rotation)
    branch = try scale1?.multiplied(by: branch) ?? branch
    let y = try x.adding(branch.droppingPath(at: place.attention, pass))
    branch = try mlp(norm2(y, pass), pass)
    branch = try scale2?.multiplied(by: branch) ?? branch
    return try y.adding(branch.droppingPath(at: place.mlp, pass))
  }
}

/// Every token sees every token: Vaswani et al., arXiv:1706.03762.
private struct SelfAttention {
  private let heads: Int
  private let qkv, last: Linear

  init(_ path: Path, _ shape: TransformerShape, lastDeviation: Double) throws {
    guard shape.heads > 0, shape.width % shape.heads == 0 else {
      throw TorchError(
        "attention", message: "\(shape.width) features do not divide into \(shape.heads) heads")
    }
    heads = shape.heads
    qkv = try Linear(
      path / "qkv", from: shape.width, to: 3 * shape.width, hasBias: shape.hasBias,
      start: .normal(deviation: 0.02))
    last = try Linear(
      path / "proj", from: shape.width, to: shape.width, start: .normal(deviation: lastDeviation))
  }

  func callAsFunction(_ x: Tensor, _ pass: Pass, rotation: Rotation?) throws -> Tensor {
    let shape = x.shape
    let (pictures, tokens, width) = (shape[0], shape[1], shape[2])
    let all = try qkv(x, pass)
      .reshaped(to: [pictures, tokens, 3, heads, width / heads]).permuted([2, 0, 3, 1, 4])
    let parts = try (0..<3).map { part in
      try all.narrowed(axis: 0, to: part..<part + 1)
        .reshaped(to: [pictures, heads, tokens, width / heads])
    }
    let (q, k, v) = (parts[0], parts[1], parts[2])
    let seen = try attention(rotation?(q) ?? q, rotation?(k) ?? k, v, pass)
    return try last(seen.permuted([0, 2, 1, 3]).reshaped(to: shape), pass)
  }
}

/// Two layers with an activation between, for each token alone.
private struct TransformerMLP {
  private let first, last: Linear
  private let activation: Activation
  private let isGated: Bool

  init(_ path: Path, _ shape: TransformerShape, lastDeviation: Double) throws {
    first = try Linear(
      path / "fc1", from: shape.width, to: shape.hidden, start: .normal(deviation: 0.02))
    last = try Linear(
      path / "fc2", from: shape.isGated ? shape.hidden / 2 : shape.hidden, to: shape.width,
      start: .normal(deviation: lastDeviation))
    (activation, isGated) = (shape.activation, shape.isGated)
  }

  func callAsFunction(_ x: Tensor, _ pass: Pass) throws -> Tensor {
    let hidden = try first(x, pass)
    guard isGated else { return try last(hidden.activated(by: activation, pass), pass) }
    let half = (hidden.shape.last ?? 0) / 2
    let gate = try hidden.narrowed(axis: 2, to: 0..<half).activated(by: activation, pass)
    return try last(gate.multiplied(by: hidden.narrowed(axis: 2, to: half..<2 * half)), pass)
  }
}

/// Turns pairs of a head's features by angles that grow with a token's place, so that attention sees how
/// far tokens lie from each other: Su et al., arXiv:2104.09864.
struct Rotation {
  private let cosine: Tensor
  /// The sines, those of the first half of the features negated.
  private let sine: Tensor

  /// Turns feature f and f + half of a token by its angle f; `angles` has a row of `half` for each token.
  init(angles: [[Double]], device: Device) throws {
    let shape = [angles.count, 2 * (angles.first?.count ?? 0)]
    guard device != .meta else {
      cosine = try Tensor.empty(shape, device: .meta)
      sine = cosine
      return
    }
    let cosines = angles.flatMap { row in (row + row).map { Float(cos($0)) } }
    let sines = angles.flatMap { row in row.map { Float(-sin($0)) } + row.map { Float(sin($0)) } }
    cosine = try Tensor(cosines, shape: shape, device: device)
    sine = try Tensor(sines, shape: shape, device: device)
  }

  /// [N, heads, tokens, features] → the same.
  func callAsFunction(_ x: Tensor) throws -> Tensor {
    let features = x.shape[3]
    let halves = try [features / 2..<features, 0..<features / 2].map {
      try x.narrowed(axis: 3, to: $0)
    }
    let swapped = try Tensor.concatenated(halves, axis: 3)
    return try x.multiplied(by: cosine).adding(swapped.multiplied(by: sine)).to(x.dtype)
  }
}
