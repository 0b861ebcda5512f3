import Foundation

/// The pictures below a folder, by their relative paths in bytewise order.
struct FolderListing {
  private(set) var paths = PathTable()
  /// The first-level folders in bytewise order of their names.
  private(set) var folders: [String] = []
  /// For every path, its first-level folder's position in `folders`, or -1 in the root itself.
  private(set) var folderOfPath: [Int32] = []
  private let root: String
  private static let deepest = 64

  /// Lists `root`.
  /// - Throws: `ImageDataError.dataset` when a folder cannot be listed.
  init(root: String) throws {
    self.root = root
    let entries = try list("")
    folders = entries.filter(\.isFolder).map { String(decoding: $0.name, as: UTF8.self) }
      .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    let numbers = Dictionary(zip(folders, 0...).map { ($0, $1) }, uniquingKeysWith: { a, _ in a })
    for entry in entries {
      if entry.isFolder {
        let name = String(decoding: entry.name, as: UTF8.self)
        try walk(prefix: entry.name + [Self.slash], folder: Int32(numbers[name] ?? -1), depth: 1)
      } else {
        paths.append([], entry.name)
        folderOfPath.append(-1)
      }
    }
  }

  private struct Entry {
    let name: [UInt8]
    let isFolder: Bool

    /// With its slash a folder sorts among files as its contents' paths do.
    var sortKey: [UInt8] { isFolder ? name + [FolderListing.slash] : name }
  }

  private static let slash = UInt8(ascii: "/")

  private mutating func walk(prefix: [UInt8], folder: Int32, depth: Int) throws {
    guard depth < Self.deepest else {
      let name = String(decoding: prefix, as: UTF8.self)
      throw ImageDataError.dataset(
        path: root, reason: "\(name) is \(depth) folders deep; does a link point back up?")
    }
    for entry in try list(String(decoding: prefix, as: UTF8.self)) {
      if entry.isFolder {
        try walk(prefix: prefix + entry.name + [Self.slash], folder: folder, depth: depth + 1)
      } else {
        paths.append(prefix, entry.name)
        folderOfPath.append(folder)
      }
    }
  }

  private func list(_ relative: String) throws -> [Entry] {
    let path = relative.isEmpty ? root : root + "/" + relative
    guard let folder = opendir(path) else {
      throw ImageDataError.dataset(path: path, reason: String(cString: strerror(errno)))
    }
    defer { closedir(folder) }
    var entries: [Entry] = []
    while let item = readdir(folder) {
      let name = withUnsafeBytes(of: &item.pointee.d_name) { raw in
        Array(raw.prefix { $0 != 0 })
      }
      guard let first = name.first, first != UInt8(ascii: ".") else { continue }
      let isFolder: Bool
      switch Int(item.pointee.d_type) {
      case Int(DT_DIR): isFolder = true
      case Int(DT_REG): isFolder = false
      default:
        var status = stat()
        let target = path + "/" + String(decoding: name, as: UTF8.self)
        guard stat(target, &status) == 0 else { continue }
        isFolder = status.st_mode & S_IFMT == S_IFDIR
      }
      if isFolder || Self.isPicture(name) { entries.append(Entry(name: name, isFolder: isFolder)) }
    }
    return entries.sorted { $0.sortKey.lexicographicallyPrecedes($1.sortKey) }
  }

  /// Whether the name ends in .jpg, .jpeg, .png or .webp, in any case.
  static func isPicture(_ name: some BidirectionalCollection<UInt8>) -> Bool {
    let end = name.suffix(5).map { $0 >= 65 && $0 <= 90 ? $0 + 32 : $0 }
    return [".jpg", ".png", ".jpeg", ".webp"].contains { end.suffix($0.utf8.count) == Array($0.utf8)[...] }
  }
}
