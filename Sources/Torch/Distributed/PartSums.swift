import CTorch

/// What the parts of a batch that one network computes, one a round, add up to: their gradients, and what they make
/// of the running means and variances.
///
/// ```swift
/// let sums = try PartSums(of: network.weights, rounds: 4)
/// for round in 0..<4 {
///   try sums.begin()
///   try loss(of: network, round).backward()
///   try sums.end(share: 0.25)
/// }
/// ```
/// Neighbours are added first, ((0 + 1) + (2 + 3)), over the rounds, then over the replicas of a network, and
/// then over processes. So the sums are the same, bit for bit, for 1, 2, 4, … processes that share a batch, where
/// the number of replicas is a power of two.
public final class PartSums {
  let handle: OpaquePointer

  /// Sums over so many rounds of a network with these weights; without `movingStatistics`, means and variances
  /// are left as they are.
  /// - Throws: `TorchError`.
  public init(of weights: ParameterStore, rounds: Int, movingStatistics: Bool = true) throws {
    let parameters = weights.parameters.map(\.tensor)
    let buffers = movingStatistics ? weights.buffers.map(\.tensor) : []
    var handle: OpaquePointer?
    try withExtendedLifetime((parameters, buffers)) {
      try check(
        "sums",
        ctorch_part_sums_make(
          parameters.map(\.handle), Int32(parameters.count), buffers.map(\.handle),
          Int32(buffers.count), Int32(rounds), &handle))
    }
    guard let handle else { throw TorchError("sums", message: "no sums came back") }
    self.handle = handle
  }

  deinit { ctorch_part_sums_free(handle) }

  /// Begins a round: sets the network's means and variances to 0, so that the forward pass leaves its own.
  /// - Throws: `TorchError`.
  public func begin() throws { try check("sums", ctorch_part_sums_begin(handle)) }

  /// Ends a round after its backward pass; its means and variances count `share` times. After the last round the
  /// network's gradients are the sums.
  /// - Throws: `TorchError`.
  public func end(share: Double) throws { try check("sums", ctorch_part_sums_end(handle, share)) }

  /// Adds up what replicas of the network with the weights `weights` have after the last round, and hands it their
  /// gradients; the first one then has the statistics of all.
  /// - Throws: `TorchError`.
  public static func gather(_ replicas: [PartSums], to weights: ParameterStore) throws {
    let parameters = weights.parameters.map(\.tensor)
    try withExtendedLifetime((replicas, parameters)) {
      try check(
        "gather",
        ctorch_part_sums_gather(
          replicas.map(\.handle), Int32(replicas.count), parameters.map(\.handle),
          Int32(parameters.count)))
    }
  }

  /// What all rounds have made of the means and variances: one row of float64, in the order of the buffers.
  /// - Throws: `TorchError`.
  public func statistics() throws -> Tensor {
    try make("sums", []) { ctorch_part_sums_statistics(handle, $0) }
  }
}

extension Tensor {
  /// Each of `targets` becomes what it was `before`, times `decay`, plus its part of `row`, in float64.
  /// - Throws: `TorchError`.
  package static func moveStatistics(
    _ targets: [Tensor], before: [Tensor], by row: Tensor, keeping decay: Double
  ) throws {
    try withExtendedLifetime((targets, before)) {
      try check(
        "statistics",
        ctorch_move_statistics(
          targets.map(\.handle), before.map(\.handle), Int32(targets.count), row.handle, decay))
    }
  }
}
