import Foundation
import SystemPackage

/// The folders that are made on the way to a path, to be taken away again when what they are made for is
/// refused.
public struct NewFolders: Sendable {
  /// Those that were not there, the outermost first.
  private let paths: [FilePath]

  /// Looks which folders down to `path` are not there; nothing is made.
  public init(to path: String) {
    var folder = FilePath(text: path).absolute
    var missing: [FilePath] = []
    while !folder.exists {
      missing.insert(folder, at: 0)
      guard folder.removeLastComponent() else { break }
    }
    paths = missing
  }

  /// Whether the folder at the path itself was not there.
  public var areAny: Bool { !paths.isEmpty }

  /// Removes those that are empty, from the innermost on.
  public func removeEmpty() {
    for path in paths.reversed() { _ = path.withPlatformString { rmdir($0) } }
  }
}
