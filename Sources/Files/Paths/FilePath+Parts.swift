import Foundation
public import SystemPackage

extension FilePath {
  /// The folder in which the entry at this path lies: `.` for a bare name, the root for the root.
  public var folder: FilePath {
    guard let last = lastComponent else { return isAbsolute ? self : "." }
    guard last.kind == .regular else { return appending("..") }
    let folder = removingLastComponent()
    return folder.isEmpty ? "." : folder
  }

  /// What the entry at this path is called, as a text: its last part, and of `.` and `..` that of the
  /// folder which they are.
  public var name: String {
    guard let last = lastComponent else { return isAbsolute ? "/" : absolute.named }
    return last.kind == .regular ? FilePath(root: nil, [last]).text : absolute.named
  }

  private var named: String { lastComponent.map { FilePath(root: nil, [$0]).text } ?? "/" }

  /// The name without what follows its last dot: `birds` of `sub/birds.yaml`.
  public var nameWithoutExtension: String {
    guard let end = `extension` else { return name }
    return String(decoding: Array(name.utf8.dropLast(end.utf8.count + 1)), as: UTF8.self)
  }

  /// The path below this one, or `path` itself where that is absolute.
  public func joined(_ path: String) -> FilePath { pushing(FilePath(text: path)) }

  /// The path from the root on, without `.` and `..`.
  ///
  /// `..` after a link leads out of the folder that the link is to, as everywhere in the system; other
  /// links stay as they are written.
  public var absolute: FilePath {
    let whole = isAbsolute ? self : FilePath.workingFolder.pushing(self)
    var result = FilePath(root: whole.root, [])
    for part in whole.components {
      switch part.kind {
      case .currentDirectory: continue
      case .regular: result.append(part)
      case .parentDirectory:
        if result.isLink, let real = result.real { result = real }
        result.removeLastComponent()
      }
    }
    return result
  }

  /// The folder that relative paths begin in.
  public static var workingFolder: FilePath {
    guard let path = getcwd(nil, 0) else { return "." }
    defer { free(path) }
    return FilePath(platformString: path)
  }
}
