/// Where a network's weights are made and kept, in order and by name.
///
/// Layers ask for their tensors by path, so that a network's names are those it writes to a file:
///
/// ```swift
/// let store = try ParameterStore(seed: 0)
/// let stem = try Conv2d(store.root / "conv1", from: 3, to: 64, kernel: 7, stride: 2, padding: 3)
/// store.parameters.map(\.name)  // ["conv1.weight"]
/// ```
public final class ParameterStore {
  /// A tensor and its name.
  public typealias Named = (name: String, tensor: Tensor)

  /// What the optimiser changes.
  public private(set) var parameters: [Named] = []
  /// What training changes otherwise: running means and variances.
  public private(set) var buffers: [Named] = []
  /// Where the tensors live.
  public let device: Device
  private let generator: RandomGenerator
  /// The store whose weights these are; nil where they are its own.
  private let original: ParameterStore?

  /// An empty store whose weights will be drawn from `seed`.
  /// - Throws: `TorchError`.
  public init(seed: UInt64, device: Device = .cpu) throws {
    self.device = device
    original = nil
    generator = try RandomGenerator(seed: seed)
  }

  /// A store for a second network of the same make, whose parameters are the memory of `original`'s with
  /// gradients of their own, and whose buffers are copies.
  ///
  /// A step along the gradients of one is then a step of both.
  /// - Throws: `TorchError`.
  public init(replicating original: ParameterStore) throws {
    device = original.device
    self.original = original
    generator = try RandomGenerator(seed: 0)
  }

  /// A store of those tensors of `other` whose names `keeps` says: both hold the same ones.
  /// - Throws: `TorchError`.
  package init(of other: ParameterStore, where keeps: (String) -> Bool) throws {
    device = other.device
    original = nil
    generator = try RandomGenerator(seed: 0)
    parameters = other.parameters.filter { keeps($0.name) }
    buffers = other.buffers.filter { keeps($0.name) }
  }

  /// The path of the network itself.
  public var root: Path { Path(store: self, name: "") }

  /// The number of weights the optimiser changes.
  public var parameterCount: Int { parameters.reduce(0) { $0 + $1.tensor.count } }

  /// Parameters and buffers, all that a file of weights holds.
  public var state: [Named] { parameters + buffers }

  /// How a new tensor's elements start.
  public enum Start: Sendable {
    /// All alike.
    case constant(Double)
    /// Around 0.
    case normal(deviation: Double)
    /// Evenly from -bound to bound.
    case uniform(bound: Double)
  }

  func add(_ name: String, _ shape: [Int], _ start: Start, isBuffer: Bool = false) throws -> Tensor
  {
    guard !state.contains(where: { $0.name == name }) else {
      throw TorchError("parameter", message: "\(name) exists already")
    }
    if let original { return try replicate(name, shape, of: original, isBuffer: isBuffer) }
    var tensor = try Tensor.empty(shape, device: device == .meta ? .meta : .cpu)
    if device != .meta {
      switch start {
      case .constant(let value): try tensor.fill(value)
      case .normal(let deviation): try tensor.fillNormal(deviation: deviation, from: generator)
      case .uniform(let bound): try tensor.fillUniform(low: -bound, high: bound, from: generator)
      }
      tensor = try tensor.to(device: device)
      if shape.count >= 4 { tensor = try tensor.channelsLast() }
    }
    if isBuffer {
      buffers.append((name, tensor))
    } else {
      try tensor.setRequiresGradient(true)
      parameters.append((name, tensor))
    }
    return tensor
  }

  private func replicate(
    _ name: String, _ shape: [Int], of original: ParameterStore, isBuffer: Bool
  ) throws -> Tensor {
    let place = isBuffer ? buffers.count : parameters.count
    let list = isBuffer ? original.buffers : original.parameters
    guard place < list.count, list[place].name == name, list[place].tensor.shape == shape else {
      throw TorchError("replicate", message: "the networks differ at \(name) \(shape)")
    }
    let first = list[place].tensor
    let tensor = try isBuffer ? first.copied() : first.detached()
    if isBuffer {
      buffers.append((name, tensor))
    } else {
      try tensor.setRequiresGradient(first.requiresGradient)
      parameters.append((name, tensor))
    }
    return tensor
  }
}

/// A layer's place in a network, as in `layer1.0.conv1`.
public struct Path {
  let store: ParameterStore
  let name: String

  /// The place `part` below `path`.
  public static func / (path: Path, part: some CustomStringConvertible) -> Path {
    Path(store: path.store, name: path.name.isEmpty ? "\(part)" : "\(path.name).\(part)")
  }

  /// A new tensor of this name that the optimiser changes.
  /// - Throws: `TorchError` when the name is taken.
  public func parameter(
    _ part: String, _ shape: [Int], _ start: ParameterStore.Start
  ) throws -> Tensor {
    try store.add((self / part).name, shape, start)
  }

  /// A new tensor of this name that no optimiser changes.
  /// - Throws: `TorchError` when the name is taken.
  package func buffer(_ part: String, _ shape: [Int], _ start: ParameterStore.Start) throws
    -> Tensor
  {
    try store.add((self / part).name, shape, start, isBuffer: true)
  }
}
