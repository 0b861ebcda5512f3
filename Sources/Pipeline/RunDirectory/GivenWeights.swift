import Files
import Foundation
import SystemPackage

/// The weights that a teacher starts from, known by their bytes: a file of the same name may come to
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

  /// Reads the weights that `source` names, unless the file is as it was when `note` was written; nil
  /// where there is no such file (any more).
  init?(of source: String, notedAt note: String) throws {
    let file = source.hasSuffix(".safetensors") ? source : "\(source)/model.safetensors"
    guard let state = State(file) else { return nil }
    if let noted = try? JSON.read(Self.self, at: note), noted.state == state {
      self = noted
      return
    }
    self.state = state
    sha256 = try Checksum.sha256(file: file)
  }

  /// Keeps what was read.
  func write(to note: String) throws { try DurableFile.write(try JSON.pretty(self), to: note) }
}
