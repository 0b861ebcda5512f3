public import Foundation
public import SystemPackage

extension FilePath {
  /// What the system says of the entry at this path, links followed; nil, with the reason in `errno`,
  /// where there is none.
  public var status: CInterop.Stat? {
    var status = CInterop.Stat()
    return withPlatformString { fstatat(AT_FDCWD, $0, &status, 0) } == 0 ? status : nil
  }

  /// Whether there is anything at this path.
  public var exists: Bool { status != nil }

  /// Whether there is a folder at this path.
  public var isFolder: Bool { status.map { $0.st_mode & S_IFMT == S_IFDIR } ?? false }

  /// Opens the file; a descriptor, or -1 with the reason in `errno`.
  public func open(_ flags: Int32, _ mode: mode_t = 0) -> Int32 {
    withPlatformString { Foundation.open($0, flags | O_CLOEXEC, mode) }
  }

  /// The file's bytes.
  /// - Throws: `FileError` naming the path when it cannot be read or is no regular file.
  public func contents() throws -> Data {
    let file = try PositionedFile(path: text)
    var data = Data(count: file.byteCount)
    try data.withUnsafeMutableBytes { try file.read($0, at: 0) }
    return data
  }

  /// The names in the folder but `.` and `..`, as texts, in no order.
  /// - Throws: `FileError` naming the path when it cannot be listed.
  public func names() throws -> [String] {
    guard let folder = withPlatformString({ opendir($0) }) else {
      throw FileError("list", text, code: errno)
    }
    defer { closedir(folder) }
    var names: [String] = []
    while true {
      errno = 0  // readdir says by it whether it came to the end
      guard let entry = readdir(folder) else { break }
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
      if name != Array(".".utf8), name != Array("..".utf8) { names.append(PathText.text(of: name)) }
    }
    guard errno == 0 else { throw FileError("list", text, code: errno) }
    return names
  }

  /// The paths of everything below the folder, relative to it, each folder before what it has; links
  /// are not followed.
  /// - Throws: `FileError` naming a folder that cannot be listed.
  public func entriesBelow() throws -> [String] {
    try names().flatMap { name in
      let path = joined(name)
      return path.isFolder && !path.isLink
        ? [name] + (try path.entriesBelow()).map { "\(name)/\($0)" } : [name]
    }
  }

  /// Makes the folder, and those above it; it may be there already.
  /// - Throws: `FileError` naming the folder that cannot be made.
  public func makeFolder() throws {
    guard !isFolder else { return }
    let above = folder
    if above != self, !above.exists { try above.makeFolder() }
    // Somebody else may have made it meanwhile.
    guard withPlatformString({ mkdir($0, 0o777) }) == 0 || isFolder else {
      throw FileError("make the folder", text, code: errno)
    }
  }

  /// Removes the file, the link, or the folder with all that is in it.
  /// - Throws: `FileError` naming what cannot be removed.
  public func remove() throws {
    let isFolder = isFolder && !isLink
    if isFolder { for name in try names() { try joined(name).remove() } }
    guard withPlatformString({ isFolder ? rmdir($0) : Foundation.unlink($0) }) == 0 else {
      throw FileError("remove", text, code: errno)
    }
  }

  /// Removes the file or the link; 0, or -1 with the reason in `errno`.
  @discardableResult
  public func unlink() -> Int32 { withPlatformString { Foundation.unlink($0) } }

  /// Gives the file the name `path`; 0, or -1 with the reason in `errno`.
  @discardableResult
  public func rename(to path: FilePath) -> Int32 {
    withPlatformString { old in path.withPlatformString { Foundation.rename(old, $0) } }
  }

  /// The same without links; nil where there is nothing.
  public var real: FilePath? {
    guard let path = withPlatformString({ realpath($0, nil) }) else { return nil }
    defer { free(path) }
    return FilePath(platformString: path)
  }

  /// Whether the entry is a link.
  var isLink: Bool {
    var status = CInterop.Stat()
    return withPlatformString { lstat($0, &status) } == 0
      && status.st_mode & S_IFMT == S_IFLNK
  }
}
