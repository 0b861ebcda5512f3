import Files

/// What lies among pictures and is none of them: files of other kinds by their endings, and what a
/// system keeps for itself by its names.
public struct PassedOver: Sendable, Equatable, Encodable {
  /// Files that are no pictures, or of a kind that is not read, by ending (`.heic`); those without an
  /// ending under the empty string.
  public private(set) var files: [String: Int] = [:]
  /// Folders of a system, by name (`@eaDir`).
  public private(set) var folders: [String: Int] = [:]
  /// Files of a system, by name (`.DS_Store`).
  public private(set) var systemFiles: [String: Int] = [:]
  /// Beyond so many names the others count together.
  private static let mostNames = 200
  private static let others = "…"

  private enum CodingKeys: String, CodingKey {
    case files, folders
    case systemFiles = "system_files"
  }

  /// Nothing.
  public init() {}

  /// Whether nothing was passed over.
  public var isEmpty: Bool { files.isEmpty && folders.isEmpty && systemFiles.isEmpty }

  /// How many files are no pictures or of a kind that is not read.
  public var fileCount: Int { files.values.reduce(0, +) }

  package mutating func add(file name: some BidirectionalCollection<UInt8>) {
    Self.count(ImageNames.ending(of: name), in: &files)
  }

  package mutating func add(system name: some BidirectionalCollection<UInt8>, isFolder: Bool) {
    // macOS puts one such file beside every other.
    let isShadow = name.starts(with: "._".utf8)
    let text = isShadow ? "._*" : PathText.text(of: name)
    if isFolder {
      Self.count(text, in: &folders)
    } else {
      Self.count(text, in: &systemFiles)
    }
  }

  package mutating func add(files ending: String, _ number: Int) {
    Self.count(ending, in: &files, number)
  }

  package mutating func add(systemFiles name: String, _ number: Int) {
    Self.count(name, in: &systemFiles, number)
  }

  /// Counts `other` in.
  public mutating func add(_ other: PassedOver) {
    for (name, number) in other.files { Self.count(name, in: &files, number) }
    for (name, number) in other.folders { Self.count(name, in: &folders, number) }
    for (name, number) in other.systemFiles { Self.count(name, in: &systemFiles, number) }
  }

  private static func count(_ name: String, in names: inout [String: Int], _ number: Int = 1) {
    let isRoom = names[name] != nil || names.count < mostNames
    names[isRoom ? name : others, default: 0] += number
  }
}

extension PassedOver {
  /// One line: `12 files passed over in pets: 8 .heic, 4 .txt; 3 folders: @eaDir; convert …`, or nil
  /// where nothing was.
  public func line(in name: String) -> String? {
    guard !isEmpty else { return nil }
    let parts = parts
    let first = parts.first.map { "\($0.count) passed over in \(name): \($0.names)" }
    let rest = parts.dropFirst().map { "\($0.count): \($0.names)" }
    return ([first].compactMap(\.self) + rest + [advice].compactMap(\.self)).joined(separator: "; ")
  }

  /// The files by ending: `8 .heic, 4 .txt`.
  public var endings: String { Self.numbered(files) }

  /// What to do about pictures of a kind that is not read, if there are any.
  public var advice: String? {
    let kinds = ImageNames.unreadEndings.filter { files[$0] != nil }
    return kinds.isEmpty ? nil : "convert \(kinds.joined(separator: " and ")) to JPEG"
  }

  private var parts: [(count: String, names: String)] {
    var parts: [(String, String)] = []
    if !files.isEmpty { parts.append((counted(fileCount, "file"), endings)) }
    if !folders.isEmpty {
      parts.append((counted(folders.values.reduce(0, +), "folder"), Self.names(folders)))
    }
    if !systemFiles.isEmpty {
      parts.append(
        (counted(systemFiles.values.reduce(0, +), "hidden file"), Self.names(systemFiles)))
    }
    return parts
  }

  private static func ordered(_ names: [String: Int]) -> [(key: String, value: Int)] {
    names.sorted { $0.value != $1.value ? $0.value > $1.value : $0.key < $1.key }
  }

  private static func numbered(_ names: [String: Int]) -> String {
    let all = ordered(names)
    let listed = all.prefix(8).map {
      $0.key.isEmpty ? "\($0.value) without an ending" : "\($0.value) \($0.key)"
    }
    let more = all.dropFirst(8).reduce(0) { $0 + $1.value }
    return (listed + (more > 0 ? ["\(more) others"] : [])).joined(separator: ", ")
  }

  private static func names(_ names: [String: Int]) -> String {
    let all = ordered(names).map(\.key)
    return (all.prefix(5) + (all.count > 5 ? [others] : [])).joined(separator: ", ")
  }
}
