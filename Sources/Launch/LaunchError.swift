public import Files
public import Foundation

/// Why no processes were started, or not all.
public enum LaunchError: LocalizedError, ExitCoded, Equatable, CustomStringConvertible {
  /// A command line that cannot be followed.
  case usage(String)
  /// The system refused something.
  case system(String)

  /// What the system refused, with its reason.
  static func system(_ what: String, code: Int32) -> LaunchError {
    .system("\(what): \(String(cString: strerror(code)))")
  }

  /// One line: what failed, and what to do.
  public var description: String {
    switch self {
    case .usage(let line), .system(let line): line
    }
  }

  /// 64 for a command line, 71 for what the system refused.
  public var exitCode: Int32 {
    switch self {
    case .usage: 64
    case .system: 71
    }
  }

  /// The description, for those who ask for `localizedDescription`.
  public var errorDescription: String? { description }
}
