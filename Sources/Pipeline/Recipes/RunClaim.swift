import Files
import Foundation
import SystemPackage

/// A folder on its way to being this process's run directory: what it was, and what was made since.
///
/// Looking comes before making. A folder that is no run directory is refused before anything is
/// written there, and where a run is refused later, `withdraw` takes away what was made for it.
final class RunClaim {
  let directory: RunDirectory
  /// Whether no run was there yet.
  let isNew: Bool
  /// The lock, once the directory is this process's.
  private(set) var lock: RunLock?
  private let access: Run.Access
  /// The folders that were made, the outermost first.
  private var made: [String] = []

  /// Looks at the directory; nothing is written.
  /// - Throws: `PipelineError.usage` when it is no run directory and not empty, or when there is no run
  ///   yet to score or to read.
  init(_ directory: RunDirectory, access: Run.Access) throws {
    self.directory = directory
    self.access = access
    isNew = try !directory.holdsRun()
    guard isNew, access != .alone else { return }
    throw PipelineError.usage(
      access == .reading
        ? "\(directory.path) is no run yet; `halcyon run` begins one"
        : "\(directory.path) is no run yet: run `halcyon train-teacher` first, then let workers score"
    )
  }

  /// Makes the directory and locks it, once; who only reads a run takes nothing.
  /// - Throws: `PipelineError.io` when another process has it; `FileError`.
  func take() throws {
    guard lock == nil, access != .reading else { return }
    made = Self.missingFolders(to: directory.path)
    try RunDirectory.makeFolder(directory.path)
    lock = try RunLock(
      path: directory.lockPath, of: directory.path, shared: access == .shared)
  }

  /// Takes away what was made for a run that was refused before it began; an index stays, which may
  /// have cost hours.
  func withdraw() {
    guard isNew, lock != nil else { return }
    try? FilePath(text: directory.knownFolder).remove()
    FilePath(text: directory.lockPath).unlink()
    for folder in made.reversed() {
      _ = FilePath(text: folder).withPlatformString { rmdir($0) }
    }
  }

  /// The folders on the way to `path` that are not there, the outermost first.
  private static func missingFolders(to path: String) -> [String] {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    return parts.indices.map { parts[...$0].joined(separator: "/") }
      .filter { !$0.isEmpty && !FilePath(text: $0).exists }
  }
}

extension RunDirectory {
  /// Whether the folder holds a run that was begun; otherwise it is empty or not there.
  ///
  /// A recipe alone is no run: `halcyon init` writes one beside the pictures.
  /// - Throws: `PipelineError.usage` when it holds anything else, naming it.
  public func holdsRun() throws -> Bool {
    let folder = FilePath(text: path)
    guard folder.exists else { return false }
    guard folder.isFolder else {
      throw PipelineError.usage("\(path) is a file; give --out an empty or a new folder")
    }
    let names = try folder.names()
    guard !names.contains("recipe.yaml") else {
      if Self.isBegun(names) { return true }
      throw PipelineError.usage(
        "\(path) is no run directory: its recipe.yaml is one that no run was begun with; "
          + "`halcyon run \(recipePath)` begins one in runs/NAME, or in the folder that --out names"
      )
    }
    // What a process leaves that is killed before it has begun.
    let harmless = [".lock", "recipe.yaml.tmp", "index", "known"]
    if let other = names.filter({ name in !harmless.contains { name.hasPrefix($0) } }).sorted()
      .first
    {
      throw PipelineError.usage(
        "\(path) holds \(other) but no recipe.yaml, so it is no run directory; "
          + "give --out an empty or a new folder")
    }
    return false
  }

  /// Whether the names in a folder with a recipe are those of a run.
  private static func isBegun(_ names: [String]) -> Bool {
    ["log.jsonl", "data.json", ".lock", Stage.ranking.folder].contains { names.contains($0) }
  }
}
