import Foundation
import ImageData

/// Where the bytes of a shard come from.
struct ShardLocation: Hashable, Sendable {
  enum Kind: UInt32, Sendable {
    /// A tar archive, possibly compressed: its absolute path.
    case file = 0
    /// What a shell command writes.
    case pipe = 1
    /// A tar archive on a web server.
    case url = 2
    /// Picture files, named by their keys below a folder.
    case pictures = 3
    /// Part of a data set without files of its own (IDX): the path that opens it.
    case dataset = 4
  }

  let kind: Kind
  /// The path, the command or the address.
  let text: String
  /// For a command of a list: the name that it finds in `$SHARD`.
  var variable: String?

  /// Whether both are the same place: paths are the same when their bytes are.
  static func == (left: Self, right: Self) -> Bool {
    left.kind == right.kind && left.text.utf8.elementsEqual(right.text.utf8)
      && (left.variable ?? "").utf8.elementsEqual((right.variable ?? "").utf8)
  }

  /// Feeds the bytes.
  func hash(into hasher: inout Hasher) {
    hasher.combine(kind)
    for byte in text.utf8 { hasher.combine(byte) }
    for byte in (variable ?? "").utf8 { hasher.combine(byte) }
  }

  /// The endings of archives, longest first.
  static let endings = [".tar.zstd", ".tar.zst", ".tar.gz", ".tzst", ".tgz", ".tar"]

  /// Whether `name` ends like a tar archive, in any case.
  static func isArchive(_ name: some StringProtocol) -> Bool { archives.end(Array(name.utf8)) }

  /// What archives are called, for the names of millions of files.
  static let archives = NameEndings(endings)

  /// Whether `text` begins like an address of a web server.
  static func isURL(_ text: some StringProtocol) -> Bool {
    let start = text.prefix(8).lowercased()
    return start.hasPrefix("http://") || start.hasPrefix("https://")
  }

  /// The command in `pipe:COMMAND`, or nil.
  static func command(_ text: some StringProtocol) -> String? {
    guard text.hasPrefix("pipe:") else { return nil }
    let command = text.dropFirst(5).trimmingCharacters(in: .whitespaces)
    return command.isEmpty ? nil : command
  }

  /// What messages call it.
  var description: String {
    switch kind {
    case .pipe: "pipe:\(text)" + (variable.map { " with SHARD=\($0)" } ?? "")
    default: text
    }
  }

  /// Whether only the place itself knows whether it has changed.
  var isStream: Bool { kind == .pipe || kind == .url }
}
