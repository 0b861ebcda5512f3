import Foundation

/// The pictures below a folder: `root/class/**.{jpg,jpeg,png,webp}`, or any tree without labels.
///
/// When pictures lie only inside folders, the first-level folder is the class; when they lie only
/// directly in the root, nothing is labelled. The order is that of the relative paths' bytes, and
/// only these are kept in memory. Names that begin with a dot are passed over.
public struct FolderDataset: ImageDataset {
  public let name: String
  public let classes: [String]
  private let root: String
  private let paths: PathTable
  private let labels: [Int32]

  /// Lists the folder `root`.
  /// - Parameters:
  ///   - root: The folder.
  ///   - unlabelled: Whether folders mean nothing, so that pictures may lie at any depth.
  /// - Throws: `ImageDataError.dataset` naming an empty class, a picture beside class folders, or
  ///   a folder without pictures.
  public init(root: String, unlabelled: Bool = false) throws {
    let listing = try FolderListing(root: root)
    self.root = root
    name = (root as NSString).lastPathComponent
    paths = listing.paths
    guard paths.count > 0 else {
      throw ImageDataError.dataset(path: root, reason: "no .jpg, .jpeg, .png or .webp in it")
    }
    let stray = listing.folderOfPath.firstIndex(of: -1)
    let hasFolders = listing.folderOfPath.contains { $0 >= 0 }
    guard !unlabelled, hasFolders else {
      classes = []
      labels = []
      return
    }
    if let stray {
      throw ImageDataError.dataset(
        path: root,
        reason: "\(paths[stray]) lies beside class folders; move it, or open it as unlabelled")
    }
    var counts = [Int](repeating: 0, count: listing.folders.count)
    for folder in listing.folderOfPath { counts[Int(folder)] += 1 }
    if let empty = counts.firstIndex(of: 0) {
      throw ImageDataError.dataset(
        path: root, reason: "class folder \(listing.folders[empty]) has no pictures; remove it")
    }
    classes = listing.folders
    labels = listing.folderOfPath
  }

  public var count: Int { paths.count }

  public func key(at index: Int) -> String { paths[index] }

  public func label(at index: Int) -> Int? { labels.isEmpty ? nil : Int(labels[index]) }

  public func read(at index: Int) throws -> EncodedImage {
    let key = paths[index]
    return .file(try readPicture(root + "/" + key, key: key))
  }
}

/// The bytes of the picture file at `path`, read in one go (a map would fault when it is cut short).
func readPicture(_ path: String, key: String) throws -> Data {
  func failure(_ code: Int32) -> ImageDataError {
    let reason = String(cString: strerror(code))
    return [ENOMEM, EMFILE, ENFILE].contains(code)
      ? .resources(key: key, reason: reason) : .unreadable(key: key, reason: reason)
  }
  let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
  guard descriptor >= 0 else { throw failure(errno) }
  defer { close(descriptor) }
  var status = stat()
  guard fstat(descriptor, &status) == 0 else { throw failure(errno) }
  guard status.st_mode & S_IFMT == S_IFREG else {
    throw ImageDataError.unreadable(key: key, reason: "not a regular file")
  }
  let count = Int(status.st_size)
  guard count > 0 else { throw ImageDataError.unreadable(key: key, reason: "the file is empty") }
  guard let memory = malloc(count) else { throw failure(ENOMEM) }
  var done = 0
  while done < count {
    let got = Foundation.read(descriptor, memory + done, count - done)
    if got < 0 && errno == EINTR { continue }
    guard got > 0 else {
      let code = errno
      free(memory)
      throw got < 0
        ? failure(code)
        : ImageDataError.unreadable(key: key, reason: "the file shrank while it was read")
    }
    done += got
  }
  return Data(bytesNoCopy: memory, count: count, deallocator: .free)
}
