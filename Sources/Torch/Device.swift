import CTorch

/// Where tensors live and operations run.
public struct Device: Hashable, Sendable {
  /// A kind of device, named as PyTorch names it.
  public enum Kind: String, Sendable, CaseIterable {
    /// The processor.
    case cpu
    /// A GPU by NVIDIA.
    case cuda
    /// No device: tensors have shapes but no memory, for counting operations without allocating.
    case meta
  }

  /// The kind of device.
  public let kind: Kind
  /// The device's number among those of its kind, from 0.
  public let index: Int

  /// The processor.
  public static let cpu = Device(kind: .cpu, index: 0)
  /// The first GPU.
  public static let cuda = cuda(0)
  /// No device: shapes without memory.
  public static let meta = Device(kind: .meta, index: 0)

  /// The GPU `index`, in the order of the CUDA driver.
  public static func cuda(_ index: Int) -> Device { Device(kind: .cuda, index: index) }

  /// The devices that this machine can compute on.
  public static var available: [Device] {
    [.cpu] + (0..<max(0, Int(ctorch_cuda_device_count()))).map { .cuda($0) }
  }
}

extension Device: CustomStringConvertible {
  /// "cpu", "cuda:1", as PyTorch has it.
  public var description: String { kind == .cuda ? "cuda:\(index)" : kind.rawValue }
}

extension Device {
  var code: Int32 {
    switch kind {
    case .cpu: Int32(CTORCH_CPU)
    case .cuda: Int32(CTORCH_CUDA) | Int32(clamping: index) << 8
    case .meta: Int32(CTORCH_META)
    }
  }

  init(code: Int32) {
    switch code & 0xff {
    case Int32(CTORCH_CUDA): self = .cuda(Int(code >> 8))
    case Int32(CTORCH_META): self = .meta
    default: self = .cpu
    }
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

  /// Runs `body` with so many threads under each operation of the calling thread, whose number is then the
  /// one before.
  /// - Throws: `TorchError` for a count below 1, and what `body` throws.
  public static func withThreads<Result>(
    _ count: Int, _ body: () throws -> Result
  ) throws -> Result {
    let before = threads
    guard count != before else { return try body() }
    try setThreads(count)
    defer { try? setThreads(before) }
    return try body()
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
