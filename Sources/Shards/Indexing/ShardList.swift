import Files
import Foundation
import ImageData
import SystemPackage

/// Whether `text` names shards (a pattern, an archive, a list of shards, a command, an address, a
/// folder of archives, an index) rather than what `openDataset` opens.
///
/// Looks at names only, never inside files. A folder without archives or pictures of its own may have
/// archives in its folders, as img2dataset fills them; the first one that has either decides.
public func namesShards(_ text: String) -> Bool {
  if text.hasPrefix("pipe:") || ShardLocation.isURL(text) { return true }
  if ShardLocation.isArchive(text) || text.hasSuffix("/**") { return true }
  if ShardList.isList(text) { return true }
  if FilePath(text: text).exists {
    return FilePath(text: text).isFolder
      && (Catalogue.isIndex(folder: text) || ShardList.holdsArchives(text))
  }
  return ShardPatterns.isGlob(text) || text.contains("{")
}

/// Whether the text list at `path` (`.txt`, `.list`), by its first line, names pictures rather than
/// shards.
/// - Throws: `FileError` naming `path`.
public func listsImages(_ path: String) throws -> Bool {
  let file = try PositionedFile(path: path)
  var head = [UInt8](repeating: 0, count: min(file.byteCount, 1 << 16))
  try head.withUnsafeMutableBytes { try file.read($0, at: 0) }
  let lines = PathText.text(of: head).split(whereSeparator: \.isNewline).lazy
    .map { $0.trimmingCharacters(in: .whitespaces.union(["\u{FEFF}"])) }
  guard let line = lines.first(where: { !$0.isEmpty && !$0.hasPrefix("#") }) else { return false }
  if ImageNames.isImage(PathText.bytes(of: line)) { return !ShardLocation.isURL(line) }
  return !namesShards(line) && !namesShards(FilePath(text: path).folder.joined(line).text)
}

/// Whether `path` is called like a list in a text file.
public func isTextList(_ path: String) -> Bool { ShardList.isList(path) }

/// The shards that a text names.
struct ShardList {
  private(set) var locations: [ShardLocation] = []
  private var known: Set<ShardLocation> = []
  /// The lists that are being read, from the outermost on.
  private var open: [FilePath] = []
  private static let deepest = 16
  private static let mostEntriesTried = 10_000
  private static let mostListBytes = 1 << 30
  /// A few lines of patterns can expand to more names than any machine can list.
  private static let mostShards = 1 << 22

  /// Finds the shards of `text`; nil where it is a folder, list or file of single pictures.
  /// - Throws: `ImageDataError` naming a pattern without files, a list's line or a cycle.
  static func shards(of text: String) throws -> [ShardLocation]? {
    guard namesShards(text), !text.hasSuffix("/**") else { return nil }
    var list = ShardList()
    try list.add(text, in: FilePath.workingFolder.text)
    return list.locations
  }

  /// Whether `name` is called like a list of shards.
  static func isList(_ name: String) -> Bool {
    let lowered = name.lowercased()
    return lowered.hasSuffix(".txt") || lowered.hasSuffix(".list")
  }

  /// The archives that lie directly in `folder`, in bytewise order.
  static func archives(in folder: String) -> [String] {
    let names = try? FilePath(text: folder).names { name in
      !ImageNames.isSystems(name) && ShardLocation.archives.end(name)
    }
    return (names ?? []).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// Whether archives are what `folder` holds: in itself, or where it holds neither archives nor
  /// pictures, in the first of its folders, depth first, that holds either.
  /// - Complexity: O(entries up to there): of a tree of pictures, the first folder's.
  static func holdsArchives(_ folder: String) -> Bool {
    var left = mostEntriesTried
    return decision(folder, depth: 0, &left) ?? false
  }

  /// Whether `folder` is one with folders of pictures in it.
  static func holdsFoldersOfImages(_ folder: String) -> Bool {
    let place = FilePath(text: folder)
    var left = mostEntriesTried
    let names = try? place.names { !ImageNames.isSystems($0) && !ImageNames.isImage($0) }
    return (names ?? []).contains { name in
      let path = place.joined(name)
      guard left > 0, path.isFolder else { return false }
      return decision(path.text, depth: 1, &left) == false
    }
  }

  private static func decision(_ folder: String, depth: Int, _ left: inout Int) -> Bool? {
    var hasArchives = false
    var hasImages = false
    // Of a folder of millions of pictures no names are kept.
    let others = try? FilePath(text: folder).names { name in
      guard !ImageNames.isSystems(name) else { return false }
      if ShardLocation.archives.end(name) {
        hasArchives = true
      } else if ImageNames.isImage(name) || IDXFiles.mayBeImages(name) {
        hasImages = true
      }
      return !hasArchives && !hasImages
    }
    if hasArchives { return true }
    if hasImages { return false }
    // Links may lead round in circles.
    guard depth < deepest, let others else { return nil }
    for name in others.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
      left -= 1
      guard left > 0 else { return nil }
      let path = FilePath(text: folder).joined(name)
      guard path.isFolder else { continue }
      if let decision = decision(path.text, depth: depth + 1, &left) { return decision }
    }
    return nil
  }

  private mutating func append(_ location: ShardLocation) throws {
    // Patterns overlap easily; a picture counts once.
    guard known.insert(location).inserted else { return }
    guard locations.count < Self.mostShards else {
      throw ImageDataError.argument("more than \(Self.mostShards) shards; put more into each")
    }
    locations.append(location)
  }

  private mutating func add(_ text: String, in folder: String) throws {
    if text.hasPrefix("pipe:") {
      guard let command = ShardLocation.command(text) else {
        throw ImageDataError.argument("pipe: without a command; give pipe:COMMAND")
      }
      for command in try ShardPatterns.expandBraces(command, alternatives: false) {
        try append(ShardLocation(kind: .pipe, text: command))
      }
      return
    }
    if ShardLocation.isURL(text) {
      for address in try ShardPatterns.expandBraces(text) {
        try append(ShardLocation(kind: .url, text: address))
      }
      return
    }
    let path = Self.absolute(text, in: folder)
    if FilePath(text: path).exists { return try addFile(path) }
    for name in try ShardPatterns.expandBraces(path) {
      guard ShardPatterns.isGlob(name), !FilePath(text: name).exists else {
        try addFile(name)
        continue
      }
      let found = ShardPatterns.glob(name)
      guard !found.isEmpty else {
        throw ImageDataError.dataset(path: text, reason: "no file is called \(name)")
      }
      for file in found { try addFile(file) }
    }
  }

  private mutating func addFile(_ path: String) throws {
    if Self.isList(path) { return try addList(path) }
    if FilePath(text: path).isFolder {
      var names = Self.archives(in: path)
      if names.isEmpty, Self.holdsArchives(path) {
        let found = try FolderListing(root: path) {
          ShardLocation.archives.end($0)
        }.paths
        names = (0..<found.count).map { found[$0] }
      }
      guard !names.isEmpty else {
        throw ImageDataError.dataset(path: path, reason: "no .tar, .tar.gz or .tar.zst in it")
      }
      for name in names {
        try append(
          ShardLocation(kind: .file, text: FilePath(text: path).joined(name).text))
      }
      return
    }
    guard ShardLocation.isArchive(path) else {
      throw ImageDataError.dataset(path: path, reason: Self.noShard)
    }
    try append(ShardLocation(kind: .file, text: path))
  }

  /// Reads a list: a shard, a pattern or another list a line, relative to the list's folder. After a
  /// line `pipe:…$SHARD…` all further lines are names for that command.
  private mutating func addList(_ path: String) throws {
    let real = FilePath(text: path).real ?? FilePath(text: path)
    guard !open.contains(real) else {
      throw ImageDataError.dataset(
        path: path,
        reason: "the list names itself, by way of \(open.map(\.text).joined(separator: ", "))")
    }
    guard open.count < Self.deepest else {
      throw ImageDataError.dataset(
        path: path, reason: "lists more than \(Self.deepest) deep in each other")
    }
    open.append(real)
    defer { open.removeLast() }
    let size = FilePath(text: path).status.map { Int($0.st_size) } ?? 0
    guard size <= Self.mostListBytes else {
      throw ImageDataError.dataset(path: path, reason: "\(size) bytes are more than a list has")
    }
    var text = PathText.text(of: try Gzip.contents(of: path))
    if text.first == "\u{FEFF}" { text.removeFirst() }  // a byte order mark
    let folder = FilePath(text: path).folder.text
    var command: String?
    var count = 0
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    for (number, raw) in lines.enumerated() {
      let line = raw.trimmingCharacters(in: .whitespaces)
      if line.isEmpty || line.hasPrefix("#") { continue }
      count += 1
      do {
        if let next = ShardLocation.command(line), Self.takesName(next) {
          command = next
        } else if let command {
          for name in try ShardPatterns.expandBraces(line) {
            try append(ShardLocation(kind: .pipe, text: command, variable: name))
          }
        } else {
          try add(line, in: folder)
        }
      } catch ImageDataError.argument(let reason) {
        throw ImageDataError.line(path: path, line: number + 1, reason: reason)
      } catch ImageDataError.dataset(_, Self.noShard) {
        throw ImageDataError.line(
          path: path, line: number + 1, reason: Self.whyNoShard(line))
      }
    }
    guard count > 0 else { throw ImageDataError.dataset(path: path, reason: "the list is empty") }
  }

  private static let noShard = "not a shard: expected .tar, .tar.gz, .tar.zst, .txt or .list"

  /// What a line of a list is that names no shard, and how such a list is written.
  private static func whyNoShard(_ line: String) -> String {
    let shown = "\(line.prefix(80))\(line.count > 80 ? "…" : "")"
    if line.lowercased().hasPrefix("file:") {
      return "\(shown) is an address of a file; write its path, from / on"
    }
    let words = line.split { $0.isWhitespace || ",;".contains($0) }
    let isImage = words.contains { word in
      Array(word.utf8).withUnsafeBytes { ImageNames.isImage($0) }
    }
    guard isImage || words.count == 2 else { return "\(shown) is \(noShard)" }
    return
      "\(shown) is \(isImage ? "a picture" : noShard), and a .txt list names shards; write a "
      + "list of pictures as a .csv file with a header path,label and lines such as a/1.jpg,cat"
  }

  private static func takesName(_ command: String) -> Bool {
    command.contains("$SHARD") || command.contains("${SHARD}")
  }

  private static func absolute(_ path: String, in folder: String) -> String {
    FilePath(text: folder).joined(path).text
  }
}
