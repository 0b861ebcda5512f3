public import Files
public import Foundation
import Synchronization

/// Whether the user or the scheduler asked the process to stop.
///
/// The first SIGTERM, SIGINT or SIGHUP is remembered, and the work stops at the next place where
/// everything can be saved; another one, half a second later or more, ends the process at once. What comes sooner is the
/// same one: `timeout` and others send it to a process and to its group.
public enum StopSignal {
  private static let received = Atomic<Int32>(0)
  /// The milliseconds of the clock at the first signal; 0 while there was none.
  private static let receivedAt = Atomic<Int>(0)

  /// Whether a second signal ends the process.
  private static let endsAtSecond = Atomic<Bool>(true)

  /// Starts listening, even where the process that started this one blocked the signals; to a
  /// terminal that hangs up only where `nohup` did not say otherwise. Without `endsAtSecond` a signal that
  /// comes again changes nothing, for a process whose launcher ends it where it must.
  public static func listen(endsAtSecond: Bool = true) {
    Self.endsAtSecond.store(endsAtSecond, ordering: .relaxed)
    withdraw()
    var heard = sigset_t()
    sigemptyset(&heard)
    for number in [SIGTERM, SIGINT, SIGHUP] {
      let before = signal(number) { number in
        StopSignal.received.store(number, ordering: .relaxed)
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        let time = now.tv_sec * 1000 + now.tv_nsec / 1_000_000
        let first = StopSignal.receivedAt.load(ordering: .relaxed)
        if first == 0 { return StopSignal.receivedAt.store(time, ordering: .relaxed) }
        guard time - first >= 500, StopSignal.endsAtSecond.load(ordering: .relaxed) else { return }
        signal(number, SIG_DFL)
        raise(number)
      }
      if number == SIGHUP, isIgnoring(before) { signal(number, SIG_IGN) }
      sigaddset(&heard, number)
    }
    pthread_sigmask(SIG_UNBLOCK, &heard, nil)
  }

  private static func isIgnoring(_ handler: (@convention(c) (Int32) -> Void)?) -> Bool {
    unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
  }

  /// The signal that asked to stop, if one did.
  public static var number: Int32? {
    let number = received.load(ordering: .relaxed)
    return number == 0 ? nil : number
  }

  /// Asks the work to stop as a signal would: for programs with handlers or buttons of their own.
  public static func request(_ number: Int32 = SIGTERM) {
    received.store(number, ordering: .relaxed)
  }

  /// Takes back what was asked, so that other work may begin in this process.
  public static func withdraw() {
    received.store(0, ordering: .relaxed)
    receivedAt.store(0, ordering: .relaxed)
  }

  /// What people call the signal.
  static func name(of number: Int32) -> String {
    switch number {
    case SIGINT: "Ctrl-C (SIGINT)"
    case SIGTERM: "SIGTERM"
    case SIGHUP: "SIGHUP: its terminal is gone"
    default: "signal \(number)"
    }
  }

  /// What `body` gives. Where it fails because somebody was asked to stop waiting, that is the error.
  /// - Throws: `Stopped`, or what `body` throws.
  package static func orStopped<Result>(_ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch {
      try check()
      throw error
    }
  }

  /// What `body` gives, which saves nothing.
  /// - Throws: `Stopped` that says so, or what `body` throws.
  package static func savingNothing<Result>(_ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let stopped as Stopped {
      throw Stopped(signal: stopped.signal, isSaved: false)
    }
  }

  /// A function in a box: a generic that holds a function wraps it once more whenever it hands it out.
  private struct Question: Sendable {
    let ask: @Sendable () throws -> Void
  }

  /// What else may ask the work to stop.
  private static let elsewhere = Mutex<Question?>(nil)

  /// What `body` gives, during which `check` asks `other`, too: whether other processes still are there.
  package static func asking<Result>(
    _ other: @escaping @Sendable () throws -> Void, during body: () throws -> Result
  ) rethrows -> Result {
    elsewhere.withLock { $0 = Question(ask: other) }
    defer { elsewhere.withLock { $0 = nil } }
    return try body()
  }

  /// Whether `check` would throw.
  package static var isAsked: Bool { (try? check()) == nil }

  /// - Throws: `Stopped` when a signal asked to stop.
  public static func check() throws {
    if let number { throw Stopped(signal: number) }
    try elsewhere.withLock { $0 }?.ask()
  }
}

/// The work was asked to stop.
public struct Stopped: LocalizedError, ExitCoded, Equatable, CustomStringConvertible {
  /// The signal that asked.
  public let signal: Int32
  /// Whether what was done is saved, so that the same command goes on.
  public let isSaved: Bool

  /// A stop that `signal` asked for.
  public init(signal: Int32, isSaved: Bool = true) {
    self.signal = signal
    self.isSaved = isSaved
  }

  /// One line: what happened, and how to go on.
  public var description: String {
    "stopped by \(StopSignal.name(of: signal)); "
      + (isSaved
        ? "everything is saved: run the same command again to go on" : "nothing of it was saved")
  }

  /// 75: it may be tried again.
  public var exitCode: Int32 { 75 }

  /// The description, for those who ask for `localizedDescription`.
  public var errorDescription: String? { description }
}
