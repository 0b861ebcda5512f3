import Files
import ImageData
import SystemPackage

/// Whether a folder looks like one of pictures, by the names in it alone and those in its first folders.
public enum ImagesInFolder: Sendable {
  /// It does not.
  case none
  /// Folders with pictures lie in it, as of a labelled set.
  case inClasses
  /// Pictures, shards or the like lie in it.
  case unsorted

  /// Looks at the folder at `path`.
  public init(_ path: String) {
    let folder = FilePath(text: path)
    let names = (try? folder.names()) ?? []
    if names.contains(where: Self.isImage) || namesShards(path) {
      self = .unsorted
      return
    }
    let inner = names.lazy.filter { !ImageNames.isSystems(Array($0.utf8)) }.map(folder.joined)
      .filter(\.isFolder).prefix(100)
    let full = inner.count { ((try? $0.names()) ?? []).contains(where: Self.isImage) }
    // A folder of other things may have one of pictures among them.
    self = 2 * full > inner.count ? .inClasses : .none
  }

  private static func isImage(_ name: String) -> Bool {
    ImageNames.isImage(Array(name.utf8)) && !ImageNames.isSystems(Array(name.utf8))
  }
}
