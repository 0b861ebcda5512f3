import Files
import Foundation
import SystemPackage

extension IndexedCollection {
  /// The folders on this machine in which the shards lie, or below which the pictures do; none of what
  /// commands and servers give.
  /// - Complexity: O(shards).
  public var sourceFolders: Set<String> {
    guard let catalogue = try? Catalogue(folder: folder) else { return [] }
    var folders: Set<String> = []
    for shard in 0..<catalogue.shardCount {
      let location = catalogue.row(shard).location
      switch location.kind {
      case .file, .dataset:
        folders.insert(FilePath(text: location.text).folder.text)
      case .pictures: folders.insert(location.text)
      case .pipe, .url: continue
      }
    }
    return folders
  }
}
