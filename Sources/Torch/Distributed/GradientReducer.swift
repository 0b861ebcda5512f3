import CTorch
import Files

/// Sums gradients over the processes of a group in buckets, each sent as soon as the backward pass has finished
/// its gradients, while it goes on with the others.
public final class GradientReducer {
  /// How many bytes a process sends of its gradients a step.
  public let byteCount: Int
  /// For how many seconds the last `finish` waited for the others' gradients.
  public private(set) var waited = 0.0
  /// Whether this process's own gradients were finite numbers in the last `finish`.
  public private(set) var isOwnFinite = true
  private let handle: OpaquePointer
  private let group: DistributedGroup

  /// Sums those of `parameters`, float32, in buckets of up to `bucketBytes`.
  /// - Throws: `TorchError`.
  public init(
    of parameters: [Tensor], over group: DistributedGroup, bucketBytes: Int = 25 << 20
  ) throws {
    self.group = group
    var handle: OpaquePointer?
    try withExtendedLifetime(parameters) {
      try check(
        "reducer",
        ctorch_reducer_make(
          try group.live(), parameters.map(\.handle), Int32(parameters.count), Int64(bucketBytes),
          &handle))
    }
    guard let handle else { throw TorchError("reducer", message: "no reducer came back") }
    self.handle = handle
    byteCount = Int(ctorch_reducer_bytes(handle))
  }

  deinit { ctorch_reducer_free(handle) }

  /// Says that the next backward pass is this step's last on this process; `sums` has those of the rounds before.
  /// - Throws: `TorchError`.
  public func expectLastGradients(after sums: PartSums? = nil) throws {
    _ = try group.live()
    try check("reducer", ctorch_reducer_arm(handle, sums?.handle))
  }

  /// Waits until all gradients are sums over the processes, and sums `numbers` and the row of `statistics`
  /// with them.
  /// - Returns: The numbers' sums.
  /// - Throws: `DistributedError`, `TorchError`.
  public func finish(statistics: Tensor? = nil, numbers: [Double]) throws -> [Double] {
    _ = try group.live()
    var numbers = numbers
    let clock = Stopwatch()
    defer { waited = clock.seconds }
    try group.sayingWhoIsLost("a step's sum of gradients") {
      try check(
        "all_reduce",
        ctorch_reducer_finish(
          handle, statistics?.handle, &numbers, Int32(numbers.count), &isOwnFinite))
    }
    return numbers
  }
}
