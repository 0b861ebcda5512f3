import Files
import Foundation
import Recipes
import SystemPackage
import Training

/// The weights that a network starts from, known by their bytes: a file of the same name may come to
/// hold others.
struct GivenWeights: Codable, Equatable {
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

  /// Reads the weights that `recipe` names, by their keys, unless a file is as it was when `note` was
  /// written; without those that are not there (any more).
  static func all(of recipe: Recipe, notedAt note: String) throws -> [String: GivenWeights] {
    let noted = try? JSON.read([String: GivenWeights].self, at: note)
    var found: [String: GivenWeights] = [:]
    for start in Recipe.starts {
      guard let source = start.source(recipe) else { continue }
      found[start.key] = try GivenWeights(of: source, noted: noted?[start.key])
    }
    return found
  }

  private init?(of source: String, noted: GivenWeights?) throws {
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

extension [String: GivenWeights] {
  /// Keeps what was read.
  func write(to note: String) throws { try DurableFile.write(try JSON.pretty(self), to: note) }

  /// The SHA-256 of each, by its key.
  var hashes: [String: String] { mapValues(\.sha256) }
}
