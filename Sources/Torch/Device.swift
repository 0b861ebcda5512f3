import CTorch

/// Where tensors live and operations run.
public enum Device: String, Sendable, CaseIterable {
  case cpu
  case cuda
  /// Nowhere: tensors have shapes and no memory, for counting without allocating.
  case meta

  var code: Int32 {
    switch self {
    case .cpu: Int32(CTORCH_CPU)
    case .cuda: Int32(CTORCH_CUDA)
    case .meta: Int32(CTORCH_META)
    }
  }

  /// The devices this machine computes on.
  public static var available: [Device] {
    ctorch_cuda_device_count() > 0 ? [.cpu, .cuda] : [.cpu]
  }
}

/// The libtorch that this program runs on.
public enum Libtorch {
  /// The version this program was built against, for example "2.13.0".
  public static var version: String { String(cString: ctorch_version()) }

  /// How many threads one operation uses on the CPU.
  public static var threads: Int { Int(ctorch_threads()) }

  /// Sets how many threads one operation uses on the CPU.
  ///
  /// The pool belongs to the thread that calls libtorch: do all tensor work of a process on one.
  /// - Throws: `TorchError` for a count below 1.
  public static func setThreads(_ count: Int) throws {
    try check("set_num_threads", ctorch_set_threads(Int32(clamping: count)))
  }

  /// Lets the process keep memory that tensors on the CPU give back, for the next ones.
  ///
  /// Each step of a training makes the same tensors; pages that the system has to clear anew take
  /// up to a fifth of its time. The peak grows by as much as the heap fragments (a fifth, with
  /// ResNet-50), and memory does not go back to the system before the process ends.
  /// - Parameter keep: False goes back to giving it up.
  /// - Returns: Whether the system's allocator can do so.
  @discardableResult
  public static func keepMemory(_ keep: Bool = true) -> Bool { ctorch_keep_memory(keep) }
}
