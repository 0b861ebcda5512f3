public import Files
public import Foundation

/// Why pictures could not be read, listed or loaded.
public enum ImageDataError: LocalizedError, ExitCoded, CustomStringConvertible, Equatable, Sendable
{
  /// One picture cannot be read: its sample key and the reason.
  case unreadable(key: String, reason: String)
  /// A data set cannot be opened: its path and the reason.
  case dataset(path: String, reason: String)
  /// A line of a list is wrong: the list's path, the line counted from 1 and the reason.
  case line(path: String, line: Int, reason: String)
  /// A file of ours whose bytes are not what they should be: its path and the reason.
  case corruptFile(path: String, reason: String)
  /// Too many pictures of a data set are unreadable; the text says how many and which.
  case tooManyUnreadable(String)
  /// An argument makes no sense; the text says which and what would.
  case argument(String)
  /// The machine ran out of something while the picture of this key was read.
  case resources(key: String, reason: String)

  /// A shard cannot be opened or read to its end: its name and the reason.
  case source(shard: String, reason: String)
  /// Some of a collection's shards cannot be; the text says how many, which and what to do.
  case shards(String)

  /// Why a data set cannot be opened whose file or folder is not there.
  package static let notThere = "there is no such file or folder"

  /// Whether whole shards are at fault: their disk, their pipe, their server.
  public var isSource: Bool {
    switch self {
    case .source, .shards: true
    default: false
    }
  }

  /// One line: what failed, on what, and why.
  public var description: String {
    switch self {
    case .unreadable(let key, let reason): "cannot read picture \(key): \(reason)"
    case .dataset(let path, let reason): "cannot open data set \(path): \(reason)"
    case .line(let path, let line, let reason): "\(path), line \(line): \(reason)"
    case .corruptFile(let path, let reason): "\(path): \(reason)"
    case .tooManyUnreadable(let text): text
    case .argument(let text), .shards(let text): text
    case .source(let shard, let reason): "shard \(shard): \(reason)"
    case .resources(let key, let reason): "out of resources at picture \(key): \(reason)"
    }
  }

  /// The exit code of `sysexits.h`.
  public var exitCode: Int32 { isSource ? 74 : 65 }

  /// The description, for those who ask for `localizedDescription`.
  public var errorDescription: String? { description }
}
