/// What picture files are called, and what systems and devices keep for themselves beside them.
package enum ImageNames {
  /// The endings of the kinds that are read. They choose what is listed; what a file is, its bytes say.
  static let endings = [
    ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".gif", ".bmp", ".dib", ".tif", ".tiff",
  ]
  /// The endings of pictures that a camera or a browser saves and that are not read.
  static let unreadEndings = [".heic", ".heif", ".hif", ".avif", ".jxl", ".jp2"]

  /// What a folder without pictures lacks.
  static let noneFound =
    "no \(endings.dropLast().joined(separator: ", ")) or \(endings.last ?? "") in it"

  /// Whether the name is that of a picture of a kind that is not read.
  package static func isUnread(_ name: some Collection<UInt8>) -> Bool { unread.end(name) }

  /// Whether the name ends in one of the endings, in any case.
  package static func isImage(_ name: some Collection<UInt8>) -> Bool { known.end(name) }

  private static let known = NameEndings(endings)
  private static let unread = NameEndings(unreadEndings)

  /// The name's ending in small letters with its dot; empty where there is none that looks like one.
  static func ending(of name: some BidirectionalCollection<UInt8>) -> String {
    guard let dot = name.lastIndex(of: UInt8(ascii: ".")), dot != name.startIndex else { return "" }
    let ending = name[dot...].map(NameEndings.lowered)
    let isPlain = ending.dropFirst().allSatisfy { (0x21...0x7E).contains($0) }
    return ending.count > 1 && ending.count <= 12 && isPlain
      ? String(decoding: ending, as: UTF8.self) : ""
  }

  /// Whether the file or folder is a system's or a device's own: it begins with a dot, or is one of
  /// those that NAS, macOS, Windows and file systems make.
  package static func isSystems(_ name: some Collection<UInt8>) -> Bool {
    guard let first = name.first else { return false }
    if first == UInt8(ascii: ".") { return true }
    // Millions of names are asked for, and few begin like one of these.
    guard firstLetters.contains(NameEndings.lowered(first)), name.count <= longest else {
      return false
    }
    return systems.contains(String(decoding: name.map(NameEndings.lowered), as: UTF8.self))
  }

  /// The folder of a system that a path leads through, if it does; hidden ones are not asked for.
  package static func systemFolder(on path: [UInt8]) -> String? {
    guard path.contains(slash) else { return nil }
    let folders = path.split(separator: slash).dropLast()
    return folders.first { $0.first != UInt8(ascii: ".") && isSystems($0) }
      .map { String(decoding: $0, as: UTF8.self) }
  }

  private static let slash = UInt8(ascii: "/")

  private static let systems: Set<String> = [
    "@eadir", "#recycle", "#snapshot", "@recycle", "@recently-snapshot", "__macosx", "lost+found",
    "$recycle.bin", "system volume information", "thumbs.db", "ehthumbs.db", "desktop.ini",
  ]

  private static let firstLetters = Set(systems.compactMap(\.utf8.first))
  private static let longest = systems.map(\.utf8.count).max() ?? 0
}
