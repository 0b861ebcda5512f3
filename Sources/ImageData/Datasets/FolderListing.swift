import Files
import Foundation

/// The pictures below a folder, or files of other names, by their relative paths in bytewise order.
struct FolderListing {
  private(set) var paths = PathTable()
  /// The first-level folders in bytewise order of their names.
  private(set) var folders: [String] = []
  /// For every path, its first-level folder's position in `folders`, or -1 in the root itself.
  private(set) var folderOfPath: [Int32] = []
  /// What is passed over in the root itself, and in each first-level folder.
  private(set) var passedOverInRoot = PassedOver()
  private(set) var passedOverInFolder: [PassedOver] = []
  private let root: String
  private let isWanted: ([UInt8]) -> Bool
  /// The folders from the root to the one being listed, so that a link back up is noticed.
  private var open: [Identity] = []
  private static let deepest = 64

  /// Lists the files below `root` whose names are wanted, by default pictures'.
  /// - Throws: `ImageDataError.dataset` when a folder cannot be listed.
  init(
    root: String, isWanted: @escaping ([UInt8]) -> Bool = { PictureNames.isPicture($0) }
  ) throws {
    self.root = root
    self.isWanted = isWanted
    open = [try Identity(of: PathText.bytes(of: root)) { Self.cannotList(root, $0) }]
    let entries = try list([], &passedOverInRoot)
    folders = entries.filter(\.isFolder).map { PathText.text(of: $0.name) }
      .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    passedOverInFolder = [PassedOver](repeating: PassedOver(), count: folders.count)
    let numbers = Dictionary(zip(folders, 0...).map { ($0, $1) }, uniquingKeysWith: { a, _ in a })
    for entry in entries {
      if entry.isFolder {
        let name = PathText.text(of: entry.name)
        var passedOver = PassedOver()
        let number = numbers[name]
        try walk(
          prefix: entry.name + [Self.slash], folder: Int32(number ?? -1), &passedOver)
        if let number { passedOverInFolder[number].add(passedOver) }
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

  private mutating func walk(
    prefix: [UInt8], folder: Int32, _ passedOver: inout PassedOver
  ) throws {
    let name = PathText.text(of: prefix.dropLast())
    let identity = try Identity(of: PathText.bytes(of: root + "/") + prefix) {
      Self.cannotList(root + "/" + name, $0)
    }
    guard !open.contains(identity) else {
      throw ImageDataError.dataset(
        path: root, reason: "\(name) is a link to a folder that it lies in; remove it")
    }
    guard open.count < Self.deepest else {
      throw ImageDataError.dataset(
        path: root, reason: "\(name) lies more than \(Self.deepest) folders deep")
    }
    open.append(identity)
    defer { open.removeLast() }
    for entry in try list(prefix, &passedOver) {
      if entry.isFolder {
        try walk(prefix: prefix + entry.name + [Self.slash], folder: folder, &passedOver)
      } else {
        paths.append(prefix, entry.name)
        folderOfPath.append(folder)
      }
    }
  }

  /// Which folder a path leads to, whatever it is called.
  private struct Identity: Equatable {
    let device: UInt64, number: UInt64

    init(of path: [UInt8], otherwise: (Int32) -> ImageDataError) throws {
      var status = stat()
      guard FolderListing.withPath(path, { stat($0, &status) }) == 0 else { throw otherwise(errno) }
      device = UInt64(status.st_dev)
      number = UInt64(status.st_ino)
    }
  }

  private static func cannotList(_ path: String, _ code: Int32) -> ImageDataError {
    .dataset(path: path, reason: String(cString: strerror(code)))
  }

  /// Calls `body` with `path` as the system wants it.
  private static func withPath<Result>(
    _ path: [UInt8], _ body: (UnsafePointer<CChar>) -> Result
  ) -> Result {
    var terminated = path.map { CChar(bitPattern: $0) }
    terminated.append(0)
    return body(terminated)  // an array passes as a pointer for the time of the call
  }

  /// What lies in the folder `relative`, which ends in a slash or is empty.
  private func list(_ relative: [UInt8], _ passedOver: inout PassedOver) throws -> [Entry] {
    let path = PathText.bytes(of: root + "/") + relative
    guard let folder = Self.withPath(path, { opendir($0) }) else {
      throw Self.cannotList(PathText.text(of: path), errno)
    }
    defer { closedir(folder) }
    var entries: [Entry] = []
    while true {
      errno = 0  // readdir says by it whether it came to the end
      guard let item = readdir(folder) else { break }
      let name = withUnsafeBytes(of: &item.pointee.d_name) { raw in
        Array(raw.prefix { $0 != 0 })
      }
      guard !name.isEmpty, !Self.leadsUp(name) else { continue }
      let isFolder: Bool
      switch Int(item.pointee.d_type) {
      case Int(DT_DIR): isFolder = true
      case Int(DT_REG): isFolder = false
      default:
        var status = stat()
        let found = Self.withPath(path + name) { stat($0, &status) } == 0
        // A link that leads nowhere is listed, so that it is counted among the unreadable.
        isFolder = found && status.st_mode & S_IFMT == S_IFDIR
      }
      if PictureNames.isSystems(name) {
        passedOver.add(system: name, isFolder: isFolder)
      } else if isFolder || isWanted(name) {
        entries.append(Entry(name: name, isFolder: isFolder))
      } else {
        passedOver.add(file: name)
      }
    }
    guard errno == 0 else { throw Self.cannotList(PathText.text(of: path), errno) }
    return entries.sorted { $0.sortKey.lexicographicallyPrecedes($1.sortKey) }
  }

  /// Whether the name is `.` or `..`, which every folder has.
  private static func leadsUp(_ name: [UInt8]) -> Bool {
    name.count <= 2 && name.allSatisfy { $0 == UInt8(ascii: ".") }
  }

  /// All that is passed over.
  var passedOver: PassedOver {
    var all = passedOverInRoot
    for part in passedOverInFolder { all.add(part) }
    return all
  }
}
