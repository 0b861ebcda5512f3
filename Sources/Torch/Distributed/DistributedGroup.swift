import CTorch
import Files
public import Foundation

/// Processes on one machine or on many that train one network together, by c10d: a TCPStore where they meet,
/// and Gloo, which adds up tensors over TCP.
///
/// ```swift
/// let group = try Rendezvous().map { try DistributedGroup($0) }
/// ```
/// Neither has authentication: whoever reaches the port may take part. So both keep to the interface that
/// leads to the rendezvous' address (of a machine's own processes its loopback), or to the one that
/// `GLOO_SOCKET_IFNAME` names.
///
/// All processes call the same methods in the same order. Who waits for another one that is alive waits as
/// long as that takes; for one that gives no sign of life for `timeout` seconds, or has ended, nobody waits.
public final class DistributedGroup: ProcessGroup {
  /// Which of the processes this one is, from 0.
  public let rank: Int
  /// How many there are.
  public let size: Int
  private let rendezvous: Rendezvous
  /// For how many seconds without a sign of life another process is waited for.
  public let timeout: Double
  /// "4 processes (Gloo) at 127.0.0.1:29500 …": what is to be said of the group, once.
  public let title: String

  let store: RendezvousStore
  let heartbeat: Heartbeat
  let interruption: () throws -> Void
  private let servesStore: Bool
  private var handle: OpaquePointer?
  /// How many exchanges there were.
  var exchanges = 0
  /// What process 0 has gathered and not yet forgotten.
  var gathered: [String] = []
  /// The last sign of life of others, and when it came.
  var pulses: [Int: (beat: Data?, since: Stopwatch)] = [:]

  /// Joins the others; `interruption` is called while this process waits, and throws where it should not; `say` hears
  /// whom it waits for.
  /// - Throws: `DistributedError`, what `interruption` throws.
  public init(
    _ rendezvous: Rendezvous, timeout: Double = 600,
    interruption: @escaping () throws -> Void = {}, say: (String) -> Void = { _ in }
  ) throws {
    guard ctorch_has_gloo() else {
      throw DistributedError.usage(
        "this build has no Gloo, with which several processes train: install libgloo-dev and build again"
      )
    }
    (rank, size) = (rendezvous.rank, rendezvous.size)
    self.rendezvous = rendezvous
    self.timeout = timeout
    self.interruption = interruption
    let meeting = try Meeting(
      rendezvous, timeout: timeout, interruption: interruption, say: say)
    store = meeting.store
    servesStore = meeting.servesStore
    heartbeat = Heartbeat(
      of: rank, among: size, in: meeting.heartbeatStore, period: min(1, timeout / 10),
      timeout: timeout)
    title =
      "\(size) processes (Gloo) meet at \(rendezvous.place)\(meeting.listensEverywhere ? ", on every interface," : "") "
      + "and add up over \(meeting.place); neither has authentication"
    let round = try findRound(rendezvous, say)
    try onStore { try store.enter("\(round)/") }
    do {
      try handle = join(meeting, round)
    } catch {
      leave(because: error, line: "\(error)")
      throw error
    }
  }

  deinit { heartbeat.stop() }

  private func join(_ meeting: Meeting, _ round: String) throws -> OpaquePointer? {
    try onStore { try meeting.heartbeatStore.enter("\(round)/") }
    heartbeat.start()
    var handle: OpaquePointer?
    try sayingWhoIsLost("the first connection") {
      try store.withHandle {
        try check(
          "gloo",
          ctorch_group_make(
            $0, Int32(rank), Int32(size), meeting.place, meeting.isInterface,
            Int64(timeout * 1000), &handle))
      }
    }
    return handle
  }

  /// How many of so many cores that this process may use it is to use beside the others on its machine.
  public func share(ofCores all: Int) -> Int { rendezvous.share(ofCores: all) }

  // MARK: - Tensors

  /// Replaces each tensor by its mean over the processes.
  /// - Throws: `DistributedError`, `TorchError`.
  public func average(_ tensors: [Tensor]) throws {
    try sum(tensors, times: 1 / Double(size))
  }

  /// Replaces each tensor by its sum over the processes, times `factor`.
  /// - Throws: `DistributedError`, `TorchError`.
  public func sum(_ tensors: [Tensor], times factor: Double = 1) throws {
    try sayingWhoIsLost("a sum") {
      try withExtendedLifetime(tensors) {
        try check(
          "all_reduce",
          ctorch_group_sum(try live(), tensors.map(\.handle), Int32(tensors.count), factor))
      }
    }
  }

  /// Replaces each tensor by that of process 0.
  /// - Throws: `DistributedError`, `TorchError`.
  public func broadcast(_ tensors: [Tensor]) throws {
    try sayingWhoIsLost("a broadcast") {
      try withExtendedLifetime(tensors) {
        try check(
          "broadcast",
          ctorch_group_broadcast(try live(), tensors.map(\.handle), Int32(tensors.count)))
      }
    }
  }

  /// Compares the tensors, bit by bit, with those of process 0.
  /// - Throws: `DistributedError.differs` where they are others.
  public func requireSame(_ tensors: [Tensor], what: @autoclosure () -> String) throws {
    let own = try Tensor.checksum(of: tensors)
    let first = try Tensor([Int64(bitPattern: own)], shape: [1])
    try broadcast([first])
    guard try first.array(of: Int64.self) == [Int64(bitPattern: own)] else {
      throw DistributedError.differs(
        "\(what()): the weights of process \(rank) are no longer those of process 0, bit for bit; a machine "
          + "that computes otherwise, or bad memory? The last checkpoint is whole")
    }
  }

  /// The group's handle.
  func live() throws -> OpaquePointer {
    guard let handle else { throw DistributedError.usage("this process has left its group") }
    return handle
  }

  // MARK: - The end

  /// Leaves the others, who hear of it where they wait for this process; `error` is why, nil where all is
  /// done. Process 0 stays until the others have heard, for some seconds at most.
  /// - Returns: Whether what is wrong is for this process to say, and nobody has said it yet.
  @discardableResult
  public func leave(because error: (any Error)? = nil, line: String = "", signal: Int32 = 0) -> Bool
  {
    var isToSay = error != nil
    if let error {
      // What all find at the same time is process 0's to say.
      if rank > 0 { _ = try? end(awaited: 0.5, within: 10) }
      let code = (error as? any ExitCoded)?.exitCode ?? 70
      if case DistributedError.ended = error {
        isToSay = false
      } else {
        isToSay = announceEnd(code: code, line: line, signal: signal)
      }
    }
    closeConnections()
    sayGone()
    // What the others have to hear stands in a store that may be this process's own.
    _ = try? store.add("left", 1)
    if servesStore {
      let clock = Stopwatch()
      while clock.seconds < 5, let left = try? store.add("left", 0), left < size { usleep(20_000) }
    }
    heartbeat.stop()
    return isToSay
  }

  /// Ends Gloo's connections, so that who waits for this process hears of it; work that hangs is left behind.
  private func closeConnections() {
    guard let handle else { return }
    self.handle = nil
    let closing = Closing(handle)
    let thread = Thread { closing.close() }
    thread.start()
    closing.wait(seconds: 2)
  }
}

/// A group that is given back on a thread of its own.
private final class Closing: @unchecked Sendable {
  private let handle: OpaquePointer
  private let condition = SteadyCondition()
  private var isDone = false

  init(_ handle: OpaquePointer) { self.handle = handle }

  func close() {
    ctorch_group_free(handle)
    condition.withLock {
      isDone = true
      condition.broadcast()
    }
  }

  func wait(seconds: Double) {
    condition.withLock { _ = condition.wait(atMost: seconds) { isDone } }
  }
}

extension Tensor {
  /// A number that depends on every bit of `tensors`.
  /// - Throws: `TorchError`.
  package static func checksum(of tensors: [Tensor]) throws -> UInt64 {
    var sum: UInt64 = 0
    try withExtendedLifetime(tensors) {
      try check("checksum", ctorch_checksum(tensors.map(\.handle), Int32(tensors.count), &sum))
    }
    return sum
  }
}
