import Files
import Foundation
import Recipes
import SystemPackage

/// `manifest.json`: the SHA-256 and the size of every file of a run directory, by its path there.
///
/// Checkpoints, the lock, the log, which every later command may add to, and the manifest itself are
/// left out.
public struct Manifest: Equatable, Sendable {
  /// One file.
  public struct Entry: Codable, Equatable, Sendable {
    /// Its SHA-256 in hexadecimal.
    public let sha256: String
    /// Its size.
    public let bytes: Int
  }

  /// The files by path.
  public let files: [String: Entry]

  /// Reads every file of `directory`.
  /// - Throws: `FileError` naming a file that cannot be read.
  public init(of directory: RunDirectory) throws {
    files = try Self.paths(in: directory).reduce(into: [:]) { files, path in
      let checksum = try FileContents.checksum(of: "\(directory.path)/\(path)")
      files[path] = Entry(sha256: checksum.sha256, bytes: checksum.bytes)
    }
  }

  /// Reads the manifest of `directory`.
  /// - Throws: `FileError` when there is none, `PipelineError.data` when it is broken.
  public init(readFrom directory: RunDirectory) throws {
    guard FilePath(text: directory.manifestPath).exists else {
      throw PipelineError.data(
        "\(directory.path) has no manifest.json, which a finished run writes at its end; `halcyon run "
          + "\(directory.path)` goes on to it")
    }
    let bytes = try FileContents.data(of: directory.manifestPath)
    do {
      files = try JSON.read([String: Entry].self, from: bytes)
    } catch {
      throw PipelineError.data(
        "\(directory.manifestPath) is no manifest; run the recipe again to write it")
    }
  }

  /// Writes the manifest into `directory`, durably.
  /// - Throws: `FileError` naming the manifest.
  public func write(to directory: RunDirectory) throws {
    try DurableFile.write(try JSON.pretty(files), to: directory.manifestPath)
  }

  /// What in `directory` is no longer as this manifest says: one line a file.
  public func differences(in directory: RunDirectory) -> [String] {
    files.sorted { $0.key < $1.key }.compactMap { path, entry in
      guard let found = try? FileContents.checksum(of: "\(directory.path)/\(path)") else {
        return "\(path) is missing"
      }
      return found == (entry.sha256, entry.bytes) ? nil : "\(path) has changed"
    }
  }

  private static func paths(in directory: RunDirectory) throws -> [String] {
    let folder = FilePath(text: directory.path)
    return try folder.entriesBelow().filter { path in
      let skipped =
        path.split(separator: "/").contains("checkpoints")
        || FilePath(text: path).name.contains(".tmp-")
      let place = folder.joined(path)
      return !skipped && !["manifest.json", ".lock", "log.jsonl"].contains(place.name)
        && place.exists
        && !place.isFolder
    }
  }
}
