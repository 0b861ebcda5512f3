public import Files
public import Foundation

/// Why a network cannot be trained, measured or read: one line for the user.
public enum TrainingError: LocalizedError, ExitCoded, Equatable, CustomStringConvertible {
  /// Settings that cannot be followed.
  case usage(String)
  /// Data that cannot be used.
  case data(String)
  /// A loss, a weight or a score that is not a finite number.
  case nonFinite(String)
  /// Not enough memory.
  case memory(String)
  /// A file or a folder that cannot be used.
  case io(String)

  /// One line: what failed, where, and what to do.
  public var description: String {
    switch self {
    case .usage(let line), .data(let line), .nonFinite(let line), .memory(let line), .io(let line):
      line
    }
  }

  /// The exit code of `sysexits.h`.
  public var exitCode: Int32 {
    switch self {
    case .usage: 64
    case .data: 65
    case .nonFinite: 70
    case .memory: 71
    case .io: 74
    }
  }

  /// The description, for those who ask for `localizedDescription`.
  public var errorDescription: String? { description }
}
