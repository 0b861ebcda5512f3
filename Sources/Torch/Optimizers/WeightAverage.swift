import Foundation

/// The exponential moving average of a network's weights and running statistics over its steps, which is
/// often a better model than the last of them (Polyak and Juditsky, 1992; Tarvainen and Valpola,
/// arXiv:1703.01780).
///
/// The first step's weights are taken as they are; after each further one the average moves by 1 − decay
/// of the way to them, as in PyTorch's `AveragedModel` with `get_ema_multi_avg_fn` and
/// `use_buffers`, and in timm's `ModelEmaV3`. With warm-up the decay of the step n + 1 is at most
/// 1 − (1 + n)^(−2/3), as in timm, so that a short training does not average over weights that have learnt
/// nothing.
public final class WeightAverage {
  /// How much of the average is kept in a step.
  public let decay: Double
  /// Whether less is kept in the first steps.
  public let hasWarmUp: Bool
  private let tensors: [ParameterStore.Named]
  private let averages: [Tensor]
  /// How many steps it has seen: one number, so that a checkpoint holds it.
  private let updates: Tensor

  /// The average of `tensors`, which it begins with.
  /// - Throws: `TorchError` when there is not enough memory.
  public init(of tensors: [ParameterStore.Named], decay: Double, hasWarmUp: Bool = false) throws {
    self.tensors = tensors
    self.decay = decay
    self.hasWarmUp = hasWarmUp
    averages = try withoutGradients { try tensors.map { try $0.tensor.copied() } }
    updates = try Tensor([0] as [Int64], shape: [1])
  }

  /// The average of each tensor as `average.NAME`, and how many steps it has seen.
  public var state: [ParameterStore.Named] {
    [("average.updates", updates)] + zip(tensors, averages).map { ("average.\($0.name)", $1) }
  }

  /// Takes the tensors in as they are after a step.
  /// - Throws: `TorchError`.
  public func update() throws {
    let seen = try updates.item()
    try updates.fill(seen + 1)
    let sources = tensors.map(\.tensor)
    guard seen > 0 else { return try Tensor.copyAll(from: sources, to: averages) }
    try Tensor.move(averages, to: sources, by: 1 - decay(after: seen))
  }

  /// The decay of the step that follows `steps` others.
  func decay(after steps: Double) -> Double {
    hasWarmUp ? min(decay, 1 - pow(1 + steps, -2.0 / 3)) : decay
  }

  /// Exchanges the average and the tensors, as long as `body` runs.
  /// - Throws: `TorchError`, or what `body` throws.
  public func whileInPlace<Result>(_ body: () throws -> Result) throws -> Result {
    try exchange()
    let result = Swift.Result { try body() }
    try exchange()
    return try result.get()
  }

  /// Puts the average in the place of the tensors.
  /// - Throws: `TorchError`.
  public func moveIn() throws { try Tensor.copyAll(from: averages, to: tensors.map(\.tensor)) }

  private func exchange() throws {
    try withoutGradients {
      for ((_, tensor), average) in zip(tensors, averages) {
        let value = try tensor.copied()
        try tensor.copy(from: average)
        try average.copy(from: value)
      }
    }
  }
}
