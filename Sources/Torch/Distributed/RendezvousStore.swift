import CTorch
import Files
import Foundation
import Synchronization

/// Small values by name that the processes of a group share: c10d's TCPStore.
///
/// Its client waits without a limit for the answer of a store whose keeper is stopped or cut off. So its calls
/// are made on a thread of their own, for whose answer the caller waits as long as the group's time limit.
final class RendezvousStore: @unchecked Sendable {
  private let handle: OpaquePointer
  private let timeout: Double
  private let calls: CallingThread
  /// Whether a call is still without an answer, after which none is made any more.
  private let isSilent = Mutex(false)

  /// A client of the store at `place`; this process serves it where `descriptor` is a listening socket. Who accepts
  /// connections there and then says nothing is waited for no longer than `timeout` seconds, and `interruption` throws
  /// where that should end before.
  /// - Throws: `TorchError`; what `interruption` throws.
  init(
    at host: String, port: Int, serving descriptor: Int32? = nil, timeout: Double,
    interruption: () throws -> Void
  ) throws {
    self.timeout = timeout
    calls = CallingThread()
    let pending = PendingCall { () throws -> OpaquePointer in
      var handle: OpaquePointer?
      try check(
        "store",
        ctorch_store_open(
          host, Int32(port), descriptor ?? -1, "halcyon/", Int64(timeout * 1000), &handle))
      guard let handle else { throw TorchError("store", message: "no store came back") }
      return handle
    }
    calls.add { pending.perform() }
    let clock = Stopwatch()
    var opened: Result<OpaquePointer, any Error>?
    do {
      while opened == nil {
        opened = pending.wait(seconds: 0.1)
        try interruption()
        guard opened != nil || clock.seconds < timeout else {
          throw TorchError("store", message: "no answer in \(timeout.inSeconds)")
        }
      }
      handle = try opened?.get() ?? { throw TorchError("store", message: "no store came back") }()
    } catch {
      calls.end()
      throw error
    }
  }

  /// From now on all names are others, which begin with `prefix`.
  /// - Throws: `TorchError`.
  func enter(_ prefix: String) throws {
    try answer { [handle] in try check("store", ctorch_store_enter(handle, prefix)) }
  }

  /// What `call` gives.
  /// - Throws: What it throws; `TorchError` where no answer comes in time.
  private func answer<Value>(
    within seconds: Double? = nil, _ call: @escaping () throws -> Value
  ) throws -> Value {
    guard !isSilent.withLock({ $0 }) else { throw noAnswer }
    let pending = PendingCall<Value>(call)
    calls.add { [self] in withExtendedLifetime(self) { pending.perform() } }
    guard let result = pending.wait(seconds: min(timeout, seconds ?? timeout)) else {
      isSilent.withLock { $0 = true }
      throw noAnswer
    }
    return try result.get()
  }

  private var noAnswer: TorchError {
    TorchError("store", message: "no answer in \(timeout.inSeconds)")
  }

  deinit {
    calls.end()
    ctorch_store_free(handle)
  }

  func set(_ key: String, _ value: Data) throws {
    let bytes = [UInt8](value)
    try answer { [handle] in
      try check("store", ctorch_store_set(handle, key, bytes, Int64(bytes.count)))
    }
  }

  /// Sets it where nobody has; whether this was the first.
  func claim(_ key: String, _ value: Data) throws -> Bool {
    let bytes = [UInt8](value)
    return try answer { [handle] in
      var isFirst = false
      try check("store", ctorch_store_claim(handle, key, bytes, Int64(bytes.count), &isFirst))
      return isFirst
    }
  }

  /// The value, or nil where there is none yet; a store that takes longer than so many seconds is gone.
  func get(_ key: String, within seconds: Double? = nil) throws -> Data? {
    try answer(within: seconds) { [handle] in
      var count: Int64 = 0
      var bytes = [UInt8](repeating: 0, count: 1024)
      repeat {
        if count > bytes.count { bytes = [UInt8](repeating: 0, count: Int(count)) }
        try check("store", ctorch_store_get(handle, key, &bytes, Int64(bytes.count), &count))
      } while count > bytes.count
      return count < 0 ? nil : Data(bytes.prefix(Int(count)))
    }
  }

  /// Forgets a value that nobody will ask for any more.
  func remove(_ key: String) throws {
    try answer { [handle] in try check("store", ctorch_store_remove(handle, key)) }
  }

  /// Adds `value` to a number that begins at 0.
  @discardableResult
  func add(_ key: String, _ value: Int) throws -> Int {
    try answer { [handle] in
      var sum: Int64 = 0
      try check("store", ctorch_store_add(handle, key, Int64(value), &sum))
      return Int(sum)
    }
  }

  /// Hands over the pointer to it.
  func withHandle<Result>(_ body: (OpaquePointer) throws -> Result) rethrows -> Result {
    try withExtendedLifetime(self) { try body(handle) }
  }
}

/// A thread that makes calls one after the other; one of Dispatch's would wait where all of its pool do.
private final class CallingThread: @unchecked Sendable {
  private let condition = NSCondition()
  private var calls: [() -> Void] = []
  private var isEnded = false

  init() {
    let thread = Thread { [self] in
      while callNext() {}
    }
    thread.stackSize = 1 << 20
    thread.start()
  }

  /// Makes the next call and lets go of it; false where there is none any more.
  private func callNext() -> Bool {
    guard let call = next() else { return false }
    call()
    return true
  }

  /// The next call, once there is one; nil at the end.
  private func next() -> (() -> Void)? {
    condition.lock()
    defer { condition.unlock() }
    while calls.isEmpty, !isEnded { condition.wait() }
    return calls.isEmpty ? nil : calls.removeFirst()
  }

  func add(_ call: @escaping () -> Void) {
    condition.lock()
    calls.append(call)
    condition.signal()
    condition.unlock()
  }

  func end() {
    condition.lock()
    isEnded = true
    condition.signal()
    condition.unlock()
  }
}

/// A call that another thread makes, and its result.
private final class PendingCall<Value>: @unchecked Sendable {
  private let call: () throws -> Value
  private var result: Result<Value, any Error>?
  private let condition = SteadyCondition()

  init(_ call: @escaping () throws -> Value) { self.call = call }

  func perform() {
    let result = Result(catching: call)
    condition.withLock {
      self.result = result
      condition.broadcast()
    }
  }

  /// The result; nil where there is none after so many seconds.
  func wait(seconds: Double) -> Result<Value, any Error>? {
    condition.withLock {
      _ = condition.wait(atMost: seconds) { result != nil }
      return result
    }
  }
}
