import Files
import Foundation
import SystemPackage

/// Picture files named one by one, without labels; their keys are the paths as given.
///
/// A pipe (`/dev/stdin`, a shell's `<(…)`) is read to its end, once, when its picture is asked for. A
/// device or a socket is no picture.
public struct ImageFiles: ImageDataset {
  private var paths = PathTable()
  /// Which of them were found in folders, where a pipe is nobody's picture.
  private var found: [Range<Int>] = []
  private let streams: ImageStreams
  /// What lies among the pictures of the folders and is none.
  public private(set) var passedOver = PassedOver()

  /// The files at `paths`, in this order; they are looked at when they are read.
  public init(_ paths: [String]) {
    streams = ImageStreams(shouldStop: { false }) { _ in }
    for path in paths { self.paths.append([], PathText.bytes(of: path)) }
  }

  /// The files at `paths`, in this order, and in the place of a folder the pictures below it, in the
  /// order of `FolderDataset`.
  /// - Parameters:
  ///   - paths: The files and folders.
  ///   - shouldStop: Is asked, on any thread, whether to give up a pipe that says nothing.
  ///   - waiting: Is told which pipe has said nothing for two seconds, once each.
  /// - Throws: `ImageDataError.dataset` naming a folder that has none or cannot be listed.
  public init(
    expanding paths: [String], shouldStop: @escaping @Sendable () -> Bool = { false },
    waiting: @escaping @Sendable (String) -> Void = { _ in }
  ) throws {
    streams = ImageStreams(shouldStop: shouldStop, waiting: waiting)
    for path in paths {
      guard FilePath(text: path).isFolder else {
        self.paths.append([], PathText.bytes(of: path))
        continue
      }
      let listing = try FolderListing(root: path)
      guard listing.paths.count > 0 else {
        throw ImageDataError.dataset(
          path: path, reason: FolderDataset.noImages(listing.passedOver))
      }
      passedOver.add(listing.passedOver)
      let folder = FilePath(text: path).bytes
      let prefix = folder.last == UInt8(ascii: "/") ? folder : folder + [UInt8(ascii: "/")]
      found.append(count..<count + listing.paths.count)
      for index in 0..<listing.paths.count {
        self.paths.append(prefix, listing.paths.bytes(at: index))
      }
    }
  }

  /// What messages call it.
  public var name: String { "the files given" }

  /// The class names in the order of their labels.
  public var classes: [String] { [] }

  /// How many samples there are.
  public var count: Int { paths.count }

  /// The sample's key.
  public func key(at index: Int) -> String { paths[index] }

  /// The sample's class, or nil when it has none.
  public func label(at index: Int) -> Int? { nil }

  /// The sample's picture.
  /// - Throws: `ImageDataError.unreadable` when this picture alone is at fault.
  public func read(at index: Int) throws -> EncodedImage {
    let path = paths.bytes(at: index)
    if ManifestDataset.isList(paths[index]), ManifestDataset.isFile(path, in: ".") {
      throw ImageDataError.unreadable(
        key: paths[index], reason: "a list, not a picture; name its pictures, or their folder")
    }
    if !found.contains(where: { $0.contains(index) }), ImageStreams.isStream(path) {
      return .file(try streams.picture(path, number: index, key: paths[index]))
    }
    do {
      return .file(try readImage(path, key: paths[index]))
    } catch ImageDataError.unreadable(let key, let reason) {
      let isThere = ManifestDataset.isFile(path, in: ".")
      let hint = isThere ? nil : whyMissing(path)
      throw ImageDataError.unreadable(key: key, reason: hint.map { "\(reason); \($0)" } ?? reason)
    }
  }
}
