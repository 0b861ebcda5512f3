import Files
import Foundation
import SystemPackage
import Terminal
import Training

/// A folder whose files are written beside it first.
enum StagedFolder {
  /// Lets `body` write into a new folder beside `path`, and then makes this the folder at `path`; one that
  /// is not empty is refused, or with `replaces` its files of the same names are replaced, one by one.
  /// - Returns: The paths of the files.
  /// - Throws: `ExportError` when something is there, or what `body` throws; nothing of it then stays.
  static func write(
    to path: String, replacing replaces: Bool, _ body: (String) throws -> Void
  ) throws -> [String] {
    let place = FilePath(text: path).absolute
    let isThere = place.exists
    guard !isThere || place.isFolder else {
      throw ExportError("\(path) is a file; give a folder with --out")
    }
    let isFilled = try isThere && !place.names().isEmpty
    guard !isFilled || replaces else {
      throw ExportError(
        "\(path) is not empty; give another folder with --out, or --force to replace its files")
    }
    let new = NewFolders(to: place.folder.text)
    try place.folder.makeFolder()
    let staged = FilePath(text: "\(place.text).tmp-\(getpid())")
    do {
      try staged.makeFolder()
      try body(staged.text)
      try StopSignal.check()
      let names = try staged.names().sorted()
      if isFilled {
        for name in names { try move(staged.joined(name), to: place.joined(name)) }
        try staged.remove()
      } else {
        try move(staged, to: place)
      }
      try DurableFile.flushFolder(of: place.text)
      return names.map { "\(path)/\($0)" }
    } catch {
      try? staged.remove()
      new.removeEmpty()
      throw error
    }
  }

  private static func move(_ old: FilePath, to new: FilePath) throws {
    guard old.rename(to: new) == 0 else { throw FileError("write", new.text, code: errno) }
  }
}
