public import Files
public import Foundation

/// Why what pictures show could not be noted, read or compared.
public enum CopiesError: LocalizedError, ExitCoded, CustomStringConvertible, Equatable, Sendable {
  /// A file of ours whose bytes are not what they should be: its path and the reason.
  case corruptFile(path: String, reason: String)
  /// An argument makes no sense; the text says which and what would.
  case argument(String)

  /// One line: what failed, on what, and why.
  public var description: String {
    switch self {
    case .corruptFile(let path, let reason): "\(path): \(reason)"
    case .argument(let text): text
    }
  }

  /// The exit code of `sysexits.h`.
  public var exitCode: Int32 { 65 }

  /// The description, for those who ask for `localizedDescription`.
  public var errorDescription: String? { description }
}
