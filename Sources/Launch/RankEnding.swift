import Foundation

/// How a process ended.
public enum RankEnding: Equatable, Sendable, CustomStringConvertible {
  /// With an exit code.
  case exit(Int32)
  /// By a signal.
  case signal(Int32)

  init(status: Int32) {
    self = status & 0x7F == 0 ? .exit(status >> 8 & 0xFF) : .signal(status & 0x7F)
  }

  /// Whether all went well, or it was stopped with everything saved.
  var isFailure: Bool { self != .exit(0) && self != Self.saved }

  /// Stopped, with everything saved: as somebody has asked for, so that nothing is started again.
  static let saved = RankEnding.exit(75)

  /// It found that another one was gone, stopped or cut off.
  static let lost = RankEnding.exit(69)

  /// The exit code; of a signal as shells have it, 128 and its number.
  public var code: Int32 {
    switch self {
    case .exit(let code): code
    case .signal(let number): 128 + number
    }
  }

  /// "ended with exit code 65", "was ended by signal 9 (SIGKILL)", "lost another one (exit code 69)".
  public var description: String {
    switch self {
    case .saved: "stopped (exit code 75)"
    case .lost: "lost another one (exit code 69)"
    case .exit(let code): "ended with exit code \(code)"
    case .signal(let number):
      "was ended by signal \(number)" + (Self.names[number].map { " (\($0))" } ?? "")
    }
  }

  private static let names: [Int32: String] = [
    SIGKILL: "SIGKILL", SIGTERM: "SIGTERM", SIGINT: "SIGINT", SIGHUP: "SIGHUP", SIGSEGV: "SIGSEGV",
    SIGABRT: "SIGABRT", SIGBUS: "SIGBUS", SIGFPE: "SIGFPE", SIGILL: "SIGILL", SIGTRAP: "SIGTRAP",
    SIGPIPE: "SIGPIPE", SIGQUIT: "SIGQUIT",
  ]
}
