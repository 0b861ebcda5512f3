import Files
import Foundation
import SystemPackage

/// The pictures below a folder: `root/class/**`, or any tree without labels.
///
/// When pictures lie only inside folders, the first-level folder is the class, called as `ClassName` has
/// it; when they lie only directly in the root, nothing is labelled. The order is that of the relative
/// paths' bytes, and only these are kept in memory. Files of other endings are passed over and counted,
/// and so is what systems keep for themselves: names that begin with a dot, `@eaDir`, `__MACOSX`,
/// `lost+found`.
public struct FolderDataset: ImageDataset {
  /// What messages call it.
  public let name: String
  /// The class names in the order of their labels.
  public let classes: [String]
  /// What lies among the pictures and is none.
  public let passedOver: PassedOver
  private let root: String
  private let paths: PathTable
  private let labels: [Int32]

  /// Lists the folder `root`.
  /// - Parameters:
  ///   - root: The folder.
  ///   - unlabelled: Whether folders mean nothing, so that pictures may lie at any depth.
  ///   - allowsEmptyClasses: Whether a class folder may be empty.
  /// - Throws: `ImageDataError.dataset` naming an empty class, a picture beside class folders, or
  ///   a folder without pictures.
  public init(root: String, unlabelled: Bool = false, allowsEmptyClasses: Bool = false) throws {
    let listing = try FolderListing(root: root)
    self.root = root
    name = FilePath(text: root).name
    paths = listing.paths
    passedOver = listing.passedOver
    guard paths.count > 0 else {
      throw ImageDataError.dataset(path: root, reason: Self.noImages(passedOver))
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
    if !allowsEmptyClasses, let empty = counts.firstIndex(of: 0) {
      throw ImageDataError.dataset(
        path: root,
        reason: Self.noImages(listing.folders[empty], listing.passedOverInFolder[empty]))
    }
    classes = listing.folders.map { folder in
      let name = ClassName.trimmed(folder)
      return name.isEmpty ? folder : name
    }
    labels = listing.folderOfPath
    try requireDistinctClasses(
      in: root, "class folders", "bring the pictures of both into one folder",
      written: listing.folders)
  }

  /// How many samples there are.
  public var count: Int { paths.count }

  /// The sample's key.
  public func key(at index: Int) -> String { paths[index] }

  /// The sample's class, or nil when it has none.
  public func label(at index: Int) -> Int? { labels.isEmpty ? nil : Int(labels[index]) }

  /// The state of the sample's file.
  public func fileState(at index: Int) -> UInt64 {
    ImageData.fileState(of: PathText.bytes(of: root + "/") + paths.bytes(at: index))
  }

  /// The sample's picture.
  /// - Throws: `ImageDataError.unreadable` when this picture alone is at fault.
  public func read(at index: Int) throws -> EncodedImage {
    .file(
      try readImage(PathText.bytes(of: root + "/") + paths.bytes(at: index), key: paths[index]))
  }

  /// What is wrong with a folder in which nothing can be read.
  package static func noImages(_ passedOver: PassedOver) -> String {
    let line = passedOver.line(in: "it")
    return ImageNames.noneFound + (line.map { "; \($0)" } ?? "")
  }

  private static func noImages(_ folder: String, _ passedOver: PassedOver) -> String {
    guard !passedOver.isEmpty else {
      return "class folder \(folder) is empty; put its pictures there, or take the folder away"
    }
    guard passedOver.fileCount > 0 else {
      return "class folder \(folder) has no pictures; \(passedOver.line(in: "it") ?? "")"
    }
    let isOne = passedOver.fileCount == 1
    let count = isOne ? "1 file, not" : "\(passedOver.fileCount) files, none of which is"
    let advice = passedOver.advice ?? "convert what are pictures to JPEG"
    return "class folder \(folder) has \(count) a picture that can be read: "
      + "\(passedOver.endings); \(advice), or move the folder elsewhere"
  }
}
