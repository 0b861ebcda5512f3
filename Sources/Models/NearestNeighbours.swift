import Foundation
public import Torch

/// How the nearest pictures of a bank vote.
public struct NeighbourVote: Sendable, Equatable {
  /// How many labelled pictures the bank holds.
  public var pictures: Int
  /// How many of them, the nearest ones, vote.
  public var neighbours: Int
  /// What their similarities are divided by; the lower, the more the nearest counts.
  public var temperature: Double

  /// A vote of so many of so many pictures.
  public init(pictures: Int, neighbours: Int, temperature: Double) {
    self.pictures = pictures
    self.neighbours = neighbours
    self.temperature = temperature
  }
}

/// A network that stays as it is, and the vote of the labelled pictures whose features are nearest: the
/// classifier of Wu et al. (arXiv:1805.01978) that DINO (Caron et al., arXiv:2104.14294) is measured by.
///
/// Each of the k pictures with the most similar features (their cosine s) votes for its class with
/// exp(s / temperature). Beside them every class has one vote of similarity 0: no class is then impossible,
/// which one comes first stays the same, and pictures whose neighbours all agree are still ranked by how near
/// these are. A picture that is in the bank itself is its own nearest neighbour.
public final class NearestNeighbours: Network {
  /// The bank, in place of a last layer.
  public static let lastLayer = "bank."
  /// The base's weights without its last layer, and the bank.
  public let weights: ParameterStore
  private let base: any Network
  private let vote: NeighbourVote
  private let classCount: Int
  /// [pictures, features], each of length 1, and the pictures' classes: floats, as all weights are.
  private let bank, labels: Tensor

  /// Puts an empty bank behind `base`, whose tensors both then hold.
  /// - Throws: `TorchError` when there is nobody to vote, or the base has no last layer to be seen.
  public init(_ base: any Network, _ vote: NeighbourVote, classCount: Int) throws {
    guard vote.pictures > 0, vote.neighbours > 0, vote.temperature > 0, classCount > 0,
      let count = base.featureCount
    else {
      throw TorchError(
        "nearest neighbours",
        message:
          "\(vote.neighbours) of \(vote.pictures) pictures cannot vote for \(classCount) classes")
    }
    self.base = base
    self.vote = vote
    self.classCount = classCount
    let last = type(of: base).lastLayer
    weights = try ParameterStore(of: base.weights) { !$0.hasPrefix(last) }
    bank = try (weights.root / "bank").buffer("features", [vote.pictures, count], .constant(0))
    labels = try (weights.root / "bank").buffer("labels", [vote.pictures], .constant(0))
  }

  /// Fills the bank with the features [pictures, features] of labelled pictures and their classes.
  /// - Throws: `TorchError` when there are others than were announced.
  public func remember(_ features: Tensor, classes: [Int]) throws {
    try bank.copy(from: Self.normalized(features))
    try labels.copy(from: Tensor(classes.map { Float($0) }, shape: [classes.count]))
  }

  /// What the base sees in the pictures.
  public func features(_ pictures: Tensor, _ pass: Pass) throws -> Tensor {
    try base.features(pictures, pass)
  }

  /// [N, features] float32 → [N, classes] float32: the logarithms of the votes for each class.
  /// - Throws: `TorchError` when the shape does not fit.
  public func classify(_ features: Tensor, _ pass: Pass) throws -> Tensor {
    guard let trace = pass.trace else {
      return try logits(of: Self.normalized(features)) { _ in nil }
    }
    _ = try trace.output(
      "nearest neighbours", [features.shape[0], vote.pictures],
      multiplyAddsPerElement: bank.shape[1])
    return try Tensor.empty([features.shape[0], classCount], device: .meta)
  }

  /// As `classify`, of the pictures `rows` of the bank themselves: none of them votes for itself.
  /// - Throws: `TorchError` where nobody else is there.
  public func classifyBank(_ rows: Range<Int>) throws -> Tensor {
    try logits(of: bank.narrowed(axis: 0, to: rows)) { rows.lowerBound + $0 }
  }

  /// The logits of rows of length 1, for each of which `own` says which picture of the bank it is.
  private func logits(of rows: Tensor, own: (Int) -> Int?) throws -> Tensor {
    let similarities = try rows.matrixProduct(bank.permuted([1, 0]))
    let count = similarities.shape[0]
    let neighbours = min(vote.neighbours, vote.pictures)
    let asked = min(vote.pictures, neighbours + (own(0) == nil ? 0 : 1))
    let best = try similarities.top(asked)
    let values = try best.values.array(of: Float.self)
    let pictures = try best.indices.array(of: Int64.self)
    let labels = try labels.array(of: Float.self)
    var logits: [Float] = []
    logits.reserveCapacity(count * classCount)
    for row in 0..<count {
      let places = (row * asked..<(row + 1) * asked).filter { Int(pictures[$0]) != own(row) }
        .prefix(neighbours)
      let nearest = Double(places.first.map { values[$0] } ?? 0)
      // All are shifted by the nearest one's similarity, so that nothing overflows.
      var votes = [Double](repeating: exp(-nearest / vote.temperature), count: classCount)
      for place in places {
        let label = Int(labels[Int(pictures[place])])
        guard votes.indices.contains(label) else {
          throw TorchError("nearest neighbours", message: "the bank names a class \(label)")
        }
        votes[label] += exp((Double(values[place]) - nearest) / vote.temperature)
      }
      logits += votes.map { Float(log($0) + nearest / vote.temperature) }
    }
    return try Tensor(logits, shape: [count, classCount], device: weights.device)
  }

  /// Each row divided by its length.
  private static func normalized(_ rows: Tensor) throws -> Tensor {
    let (count, width) = (rows.shape[0], rows.shape[1])
    let lengths = try rows.multiplied(by: rows).mean(axes: [1])
      .scaled(by: Double(width), plus: 1e-12).squareRoot()
    return try rows.divided(by: lengths.reshaped(to: [count, 1]))
  }

  /// As the base's.
  public func depth(of name: String) -> Int {
    name.hasPrefix(Self.lastLayer) ? depth : base.depth(of: name)
  }

  /// As the base's.
  public var depth: Int { base.depth }

  /// As the base has it.
  /// - Throws: `FileError`.
  public func adapted(_ file: any WeightsFile) throws -> any WeightsFile { try base.adapted(file) }

  /// The base's.
  public var foldable: FoldableLayers? { base.foldable }
}

extension Network {
  /// How many features of a picture the last layer sees; nil where it is no linear layer.
  public var featureCount: Int? {
    let names = ["weight", "features"].map { Self.lastLayer + $0 }
    return weights.state.first { names.contains($0.name) }?.tensor.shape.last
  }
}
