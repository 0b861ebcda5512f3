public import Files
public import Foundation

/// Why processes do not compute together (any longer): one line for the user.
public enum DistributedError: LocalizedError, ExitCoded, Equatable, CustomStringConvertible {
  /// What a launcher or the user has said cannot be followed.
  case usage(String)
  /// The processes do not find each other.
  case unreachable(String)
  /// One of them is gone, stopped or cut off, or the others waited too long for it; what was saved is there
  /// to go on from. Nobody has asked for that: a launcher may start all again.
  case lost(String)
  /// They no longer have the same weights.
  case differs(String)
  /// Another process has ended, and has said why: whose exit code this one takes.
  case ended(rank: Int, code: Int32, line: String)

  /// One line: what failed, where, and what to do.
  public var description: String {
    switch self {
    case .usage(let line), .unreachable(let line), .lost(let line), .differs(let line): line
    case .ended(let rank, _, let line): "process \(rank) has ended: \(line)"
    }
  }

  /// The exit code of `sysexits.h`. A lost process has one of its own: 75 is a stop that somebody asked for, after which
  /// no launcher should start again.
  public var exitCode: Int32 {
    switch self {
    case .usage: 64
    case .unreachable: 74
    case .lost: 69
    case .differs: 70
    case .ended(_, let code, _): code
    }
  }

  /// The description, for those who ask for `localizedDescription`.
  public var errorDescription: String? { description }
}
