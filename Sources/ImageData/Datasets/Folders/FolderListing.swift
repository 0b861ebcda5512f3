import Files
import Foundation

/// The pictures below a folder, or files of other names, by their relative paths in bytewise order.
package struct FolderListing {
  package private(set) var paths = PathTable()
  /// The first-level folders in bytewise order of their names.
  package private(set) var folders: [String] = []
  /// For every path, its first-level folder's position in `folders`, or -1 in the root itself.
  package private(set) var folderOfPath: [Int32] = []
  /// What is passed over in the root itself, and in each first-level folder.
  package private(set) var passedOverInRoot = PassedOver()
  package private(set) var passedOverInFolder: [PassedOver] = []
  private let root: String
  private let isWanted: (UnsafeRawBufferPointer) -> Bool
  /// The folders from the root to the one being listed, so that a link back up is noticed.
  private var open: [Identity] = []
  private static let deepest = 64

  /// Lists the files below `root` whose names are wanted, by default pictures'.
  /// - Throws: `ImageDataError.dataset` when a folder cannot be listed.
  package init(
    root: String,
    isWanted: @escaping (UnsafeRawBufferPointer) -> Bool = { ImageNames.isImage($0) }
  ) throws {
    self.root = root
    self.isWanted = isWanted
    open = [try Identity(of: PathText.bytes(of: root)) { Self.cannotList(root, $0) }]
    let names = try list([], &passedOverInRoot)
    names.forEach { name, isFolder in
      if isFolder { folders.append(PathText.text(of: name)) }
    }
    folders.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    passedOverInFolder = [PassedOver](repeating: PassedOver(), count: folders.count)
    // By their bytes, since that is what the system tells folders apart by.
    let numbers = Dictionary(
      zip(folders, 0...).map { (Array($0.utf8), $1) }, uniquingKeysWith: { first, _ in first })
    try names.forEach { name, isFolder in
      guard isFolder else { return append(name, -1) }
      var passedOver = PassedOver()
      let number = numbers[Array(PathText.text(of: name).utf8)]
      try walk(prefix: name + [Self.slash], folder: Int32(number ?? -1), &passedOver)
      if let number { passedOverInFolder[number].add(passedOver) }
    }
    if folders.isEmpty { folderOfPath = [] }
  }

  private mutating func append(_ path: UnsafeRawBufferPointer, _ folder: Int32) {
    paths.append(path)
    folderOfPath.append(folder)
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
        path: root, reason: "\(name) is a link to a folder that it lies in; take the link away")
    }
    guard open.count < Self.deepest else {
      throw ImageDataError.dataset(
        path: root, reason: "\(name) lies more than \(Self.deepest) folders deep")
    }
    open.append(identity)
    defer { open.removeLast() }
    var path = prefix
    try list(prefix, &passedOver).forEach { name, isFolder in
      path.replaceSubrange(prefix.count..., with: name)
      if isFolder {
        try walk(prefix: path + [Self.slash], folder: folder, &passedOver)
      } else {
        path.withUnsafeBytes { append($0, folder) }
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
  private func list(_ relative: [UInt8], _ passedOver: inout PassedOver) throws -> FolderNames {
    let path = PathText.bytes(of: root + "/") + relative
    guard let folder = Self.withPath(path, { opendir($0) }) else {
      throw Self.cannotList(PathText.text(of: path), errno)
    }
    defer { closedir(folder) }
    var names = FolderNames()
    while true {
      errno = 0  // readdir says by it whether it came to the end
      guard let item = readdir(folder) else { break }
      let type = Int(item.pointee.d_type)
      withUnsafeBytes(of: &item.pointee.d_name) { raw in
        let name = UnsafeRawBufferPointer(rebasing: raw.prefix { $0 != 0 })
        take(name, of: type, in: path, &names, &passedOver)
      }
    }
    guard errno == 0 else { throw Self.cannotList(PathText.text(of: path), errno) }
    names.sort()
    return names
  }

  private func take(
    _ name: UnsafeRawBufferPointer, of type: Int, in path: [UInt8], _ names: inout FolderNames,
    _ passedOver: inout PassedOver
  ) {
    guard !name.isEmpty, !Self.leadsUp(name) else { return }
    let isFolder: Bool
    switch type {
    case Int(DT_DIR): isFolder = true
    case Int(DT_REG): isFolder = false
    default:
      var status = stat()
      let found = Self.withPath(path + name) { stat($0, &status) } == 0
      // A link that leads nowhere is listed, so that it is counted among the unreadable.
      isFolder = found && status.st_mode & S_IFMT == S_IFDIR
    }
    if ImageNames.isSystems(name) {
      passedOver.add(system: Array(name), isFolder: isFolder)
    } else if isFolder || isWanted(name) {
      names.append(name, isFolder: isFolder)
    } else {
      passedOver.add(file: Array(name))
    }
  }

  /// Whether the name is `.` or `..`, which every folder has.
  private static func leadsUp(_ name: UnsafeRawBufferPointer) -> Bool {
    name.count <= 2 && name.allSatisfy { $0 == UInt8(ascii: ".") }
  }

  /// All that is passed over.
  package var passedOver: PassedOver {
    var all = passedOverInRoot
    for part in passedOverInFolder { all.add(part) }
    return all
  }
}
