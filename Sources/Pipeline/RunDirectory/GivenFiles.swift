import Files
import Foundation
import Recipes
import SystemPackage
import Training

/// A file that a recipe names beside its pictures, known by its bytes: one of the same name may come to hold others.
/// Such are the weights that a network starts from, and the lists that say what tags U has and what they mean.
struct GivenFiles: Codable, Equatable {
  /// The file's state when it was read.
  private struct State: Codable, Equatable {
    let path: String
    let size: Int
    let modified: Int
    let changed: Int
    let number: UInt64

    init?(_ path: String) {
      guard let status = FilePath(text: path).status else { return nil }
      func nanoseconds(_ time: timespec) -> Int { time.tv_sec * 1_000_000_000 + time.tv_nsec }
      self.path = path
      size = Int(status.st_size)
      modified = nanoseconds(status.st_mtim)
      changed = nanoseconds(status.st_ctim)
      number = UInt64(status.st_ino)
    }
  }

  private let state: State
  /// The SHA-256 of the file.
  let sha256: String

  /// Reads the files that `recipe` names, by their keys, unless one is as it was when `note` was written; without those
  /// that are not there (any more).
  static func all(of recipe: Recipe, notedAt note: String) throws -> [String: GivenFiles] {
    let noted = try? JSON.read([String: GivenFiles].self, at: note)
    var found: [String: GivenFiles] = [:]
    let weights = Recipe.starts.map { ($0.key, $0.source(recipe)) }
    for (key, source) in weights + recipe.tagLists {
      guard let source else { continue }
      found[key] = try GivenFiles(of: source, noted: noted?[key])
    }
    return found
  }

  private init?(of source: String, noted: GivenFiles?) throws {
    let file = FilePath(text: source).isFolder ? ModelFolder.weightsPath(in: source) : source
    guard let state = State(file) else { return nil }
    if let noted, noted.state == state {
      self = noted
      return
    }
    self.state = state
    sha256 = try Checksum.sha256(file: file)
  }

}

extension [String: GivenFiles] {
  /// Keeps what was read.
  func write(to note: String) throws { try DurableFile.write(try JSON.pretty(self), to: note) }

  /// The SHA-256 of each, by its key.
  var hashes: [String: String] { mapValues(\.sha256) }
}
