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

  /// Whether both paths lead to one entry.
  public func isSameFile(as other: FilePath) -> Bool {
    guard let one = status, let two = other.status else { return false }
    return one.st_dev == two.st_dev && one.st_ino == two.st_ino
  }

  /// Whether there is a folder at this path.
  public var isFolder: Bool { status.map { $0.st_mode & S_IFMT == S_IFDIR } ?? false }

  /// Whether there is a file at this path, and nothing else.
  public var isFile: Bool { status.map { $0.st_mode & S_IFMT == S_IFREG } ?? false }

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
  /// - Parameter isWanted: Which of them, by their bytes.
  /// - Returns: The names.
  /// - Throws: `FileError` naming the path when it cannot be listed.
  public func names(
    where isWanted: (UnsafeRawBufferPointer) -> Bool = { _ in true }
  ) throws -> [String] {
    guard let folder = withPlatformString({ opendir($0) }) else {
      throw FileError("list", text, code: errno)
    }
    defer { closedir(folder) }
    var names: [String] = []
    while true {
      errno = 0  // readdir says by it whether it came to the end
      guard let entry = readdir(folder) else { break }
      withUnsafeBytes(of: &entry.pointee.d_name) { raw in
        let name = UnsafeRawBufferPointer(rebasing: raw.prefix { $0 != 0 })
        let leadsUp = name.count <= 2 && name.allSatisfy { $0 == UInt8(ascii: ".") }
        if !leadsUp, isWanted(name) { names.append(PathText.text(of: name)) }
      }
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

  /// Makes the folder and, in their order, those on the way to it; any of them may be there already.
  /// - Throws: `FileError` naming the folder that cannot be made.
  public func makeFolder() throws {
    guard !isFolder else { return }
    var path = FilePath(root: root, [])
    for part in components {
      path.append(part)
      guard !path.isFolder else { continue }
      let code =
        path.exists ? ENOTDIR : path.withPlatformString { mkdir($0, 0o777) == 0 ? 0 : errno }
      // Somebody else may have made it meanwhile.
      guard code == 0 || path.isFolder else {
        throw FileError("make the folder", path.text, code: code)
      }
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

  /// Gives the file here the second name `path`, unless something has it.
  /// - Returns: 0, or -1 with the reason in `errno`.
  public func link(to path: FilePath) -> Int32 {
    withPlatformString { old in path.withPlatformString { Foundation.link(old, $0) } }
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
