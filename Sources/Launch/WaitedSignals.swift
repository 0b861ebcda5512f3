import Foundation

/// The signals that a launcher waits for: those that ask it to stop, and that a process of its has ended.
struct WaitedSignals {
  /// What was waited for.
  enum Arrival: Equatable {
    case stop(Int32)
    case nothing
  }

  private var set = sigset_t()
  private var before = sigset_t()

  /// Keeps them for `next`.
  /// - Throws: `LaunchError.system`.
  mutating func hold() throws {
    sigemptyset(&set)
    for number in [SIGTERM, SIGINT, SIGHUP, SIGCHLD]
    where number != SIGHUP || !Self.isIgnored(number) {
      sigaddset(&set, number)
    }
    let code = pthread_sigmask(SIG_BLOCK, &set, &before)
    guard code == 0 else { throw LaunchError.system("cannot wait for signals", code: code) }
  }

  /// Lets them do again what they did.
  mutating func release() { pthread_sigmask(SIG_SETMASK, &before, nil) }

  /// What arrives within `milliseconds`.
  func next(within milliseconds: Int) -> Arrival {
    var set = set
    var pause = timespec(
      tv_sec: milliseconds / 1000, tv_nsec: milliseconds % 1000 * 1_000_000)
    let number = sigtimedwait(&set, nil, &pause)
    return number > 0 && number != SIGCHLD ? .stop(number) : .nothing
  }

  /// Whether `nohup` or the like said that nobody listens to it.
  private static func isIgnored(_ number: Int32) -> Bool {
    var action = sigaction()
    guard sigaction(number, nil, &action) == 0 else { return false }
    return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
      == unsafeBitCast(SIG_IGN, to: Int.self)
  }
}
