import Files
import SystemPackage

/// A list of pictures that is nothing but their paths, one a line, which comes piece by piece.
struct PathLines {
  /// The paths so far.
  private(set) var entries: ManifestEntries
  private let name: String
  private let separator: UInt8
  private let hasComments: Bool
  private var rest: [UInt8] = []
  private var line = 0
  /// No file system has longer paths.
  private static let mostBytes = 1 << 16

  /// Begins a list that messages call `name`, of paths relative to `root`, which `separator` parts: a
  /// newline, or a zero byte as `find -print0` writes. In a file that people write (`hasComments`) lines
  /// may begin with `#`, and spaces around a path are not its own.
  init(name: String, root: String, separator: UInt8, hasComments: Bool) {
    self.name = name
    self.separator = separator
    self.hasComments = hasComments
    entries = ManifestEntries(root: root, split: nil)
  }

  /// Takes the next bytes of the list in.
  /// - Throws: `ImageDataError.line` with the number of a line that is no path.
  mutating func take(_ bytes: UnsafeRawBufferPointer) throws {
    var start = 0
    while let end = bytes[start...].firstIndex(of: separator) {
      rest.append(contentsOf: bytes[start..<end])
      try endLine()
      start = end + 1
    }
    rest.append(contentsOf: bytes[start...])
    guard rest.count <= Self.mostBytes else { throw failure("it is too long for a path") }
  }

  /// Ends the list, whose last line need not be ended.
  /// - Throws: `ImageDataError.line` with the number of a line that is no path.
  mutating func finish() throws {
    if !rest.isEmpty { try endLine() }
  }

  private mutating func endLine() throws {
    line += 1
    defer { rest.removeAll(keepingCapacity: true) }
    var path = rest[...]
    if line == 1, path.starts(with: [0xEF, 0xBB, 0xBF]) { path = path.dropFirst(3) }
    if separator != 0, path.last == UInt8(ascii: "\r") { path = path.dropLast() }
    if hasComments {
      let blanks = Array(" \t".utf8)
      path = path.drop { blanks.contains($0) }
      while let last = path.last, blanks.contains(last) { path = path.dropLast() }
      if path.first == UInt8(ascii: "#") { return }
    }
    guard !path.isEmpty else { return }
    guard !path.contains(0) else {
      throw failure("it holds a zero byte; --null takes paths that are parted by zero bytes")
    }
    let problem = path.withUnsafeBytes {
      entries.append(path: $0, label: nil, split: nil, tags: nil)
    }
    if let problem { throw failure(problem) }
  }

  private func failure(_ reason: String) -> ImageDataError {
    .line(path: name, line: line + (rest.isEmpty ? 0 : 1), reason: reason)
  }
}

extension ManifestDataset {
  /// The pictures whose paths the file at `path` has, one a line, relative to its folder; `#` begins a
  /// comment.
  /// - Throws: `ImageDataError` naming the file, `FileError`.
  package init(lines path: String) throws {
    var lines = PathLines(
      name: path, root: FilePath(text: path).folder.text, separator: UInt8(ascii: "\n"),
      hasComments: true)
    let file = try PositionedFile(path: path)
    var piece = [UInt8](repeating: 0, count: 1 << 20)
    for start in stride(from: 0, to: file.byteCount, by: piece.count) {
      try piece.withUnsafeMutableBytes { piece in
        let part = piece[..<min(piece.count, file.byteCount - start)]
        let bytes = UnsafeMutableRawBufferPointer(rebasing: part)
        try file.read(bytes, at: start)
        try lines.take(UnsafeRawBufferPointer(bytes))
      }
    }
    try lines.finish()
    guard lines.entries.paths.count > 0 else {
      throw ImageDataError.dataset(path: path, reason: "the list is empty")
    }
    self.init(lines: lines.entries, name: FilePath(text: path).name)
  }

  /// The pictures whose paths come from a stream that messages call `name`, one a line or, where
  /// `isNullSeparated`, parted by zero bytes; relative to the working folder.
  /// `pieces` hands what comes to its argument, piece by piece.
  /// - Throws: `ImageDataError` naming the line that is no path, or what `pieces` throws.
  package init(
    name: String, isNullSeparated: Bool,
    _ pieces: ((UnsafeRawBufferPointer) throws -> Void) throws -> Void
  ) throws {
    var lines = PathLines(
      name: name, root: ".", separator: isNullSeparated ? 0 : UInt8(ascii: "\n"),
      hasComments: false)
    try pieces { try lines.take($0) }
    try lines.finish()
    guard lines.entries.paths.count > 0 else {
      throw ImageDataError.dataset(path: name, reason: "no paths came")
    }
    self.init(lines: lines.entries, name: name)
  }
}
