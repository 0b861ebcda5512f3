/// What picture files are called, and what systems and devices keep for themselves beside them.
enum PictureNames {
  /// The endings of the kinds that are read. They choose what is listed; what a file is, its bytes say.
  static let endings = [
    ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".gif", ".bmp", ".dib", ".tif", ".tiff",
  ]
  /// The endings of pictures that a camera or a browser saves and that are not read.
  static let unreadEndings = [".heic", ".heif", ".hif", ".avif", ".jxl", ".jp2"]

  /// What a folder without pictures lacks.
  static let noneFound =
    "no \(endings.dropLast().joined(separator: ", ")) or \(endings.last ?? "") in it"

  /// Whether the name ends in one of the endings, in any case.
  static func isPicture(_ name: some BidirectionalCollection<UInt8>) -> Bool {
    let end = name.suffix(5).map(lowered)
    return endings.contains { end.suffix($0.utf8.count).elementsEqual($0.utf8) }
  }

  /// The name's ending in small letters with its dot; empty where there is none that looks like one.
  static func ending(of name: some BidirectionalCollection<UInt8>) -> String {
    guard let dot = name.lastIndex(of: UInt8(ascii: ".")), dot != name.startIndex else { return "" }
    let ending = name[dot...].map(lowered)
    let isPlain = ending.dropFirst().allSatisfy { (0x21...0x7E).contains($0) }
    return ending.count > 1 && ending.count <= 12 && isPlain
      ? String(decoding: ending, as: UTF8.self) : ""
  }

  /// Whether the file or folder is a system's or a device's own: it begins with a dot, or is one of
  /// those that NAS, macOS, Windows and file systems make.
  static func isSystems(_ name: some Collection<UInt8>) -> Bool {
    if name.first == UInt8(ascii: ".") { return true }
    guard let longest = systems.map(\.utf8.count).max(), name.count <= longest else { return false }
    return systems.contains(String(decoding: name.map(lowered), as: UTF8.self))
  }

  private static let systems: Set<String> = [
    "@eadir", "#recycle", "#snapshot", "@recycle", "@recently-snapshot", "__macosx", "lost+found",
    "$recycle.bin", "system volume information", "thumbs.db", "ehthumbs.db", "desktop.ini",
  ]

  private static func lowered(_ byte: UInt8) -> UInt8 {
    byte >= 65 && byte <= 90 ? byte + 32 : byte
  }
}
