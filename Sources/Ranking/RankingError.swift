public import Files
public import Foundation

/// What went wrong while scores were ranked: one line naming the file, what failed and what to do.
public enum RankingError: LocalizedError, ExitCoded, Equatable, CustomStringConvertible {
  /// A score or selection file whose bytes are not what they should be.
  case corruptFile(path: String, reason: String)
  /// Arguments that contradict each other or the files.
  case invalidArgument(String)
  /// Shards that were not scored in the same way and so cannot be ranked together.
  case incompatibleShards(String)

  /// One line: file, reason, remedy.
  public var description: String {
    switch self {
    case .corruptFile(let path, let reason): "\(path): \(reason)"
    case .invalidArgument(let reason): reason
    case .incompatibleShards(let reason): reason
    }
  }

  /// The exit code of `sysexits.h`.
  public var exitCode: Int32 { 65 }

  /// The description, for those who ask for `localizedDescription`.
  public var errorDescription: String? { description }
}
