import Files
import Foundation
import ImageData
import Shards
import SystemPackage
import Training

/// Where a run's pictures of U are at training size: `cache.json` of `2-ranking`.
///
/// Scoring writes it before the first shard. Who removes it trains the student on U's own pictures.
struct CacheNote: Codable, Equatable {
  /// The cache's folder.
  let folder: String
  /// What its copies are like.
  let format: CacheFormat

  static let fileName = "cache.json"

  static func path(in directory: RunDirectory) -> String {
    "\(directory.folder(of: .ranking))/\(fileName)"
  }

  init(_ cache: ImageCache) {
    folder = FilePath(text: cache.folder).absolute.text
    format = cache.format
  }

  /// What is noted in `directory`; nil where nothing is.
  /// - Throws: `FileError` where the note is damaged.
  init?(in directory: RunDirectory) throws {
    guard let note = try JSON.read(CacheNote.self, at: Self.path(in: directory)) else { return nil }
    self = note
  }

  func write(to directory: RunDirectory) throws {
    try DurableFile.write(JSON.pretty(self), to: Self.path(in: directory))
  }

  /// Forgets what is noted.
  static func remove(from directory: RunDirectory) {
    FilePath(text: path(in: directory)).unlink()
  }
}

extension RunDirectory {
  /// Whether the student's training has left anything that goes on with the pictures it has seen.
  var hasBegunStudent: Bool {
    isFinished(.student)
      || !CheckpointFolder.files(in: checkpointsFolder(of: .student)).isEmpty
  }
}
