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
  private var made: NewFolders?
  /// Whether the notes on pictures are this process's.
  private var makesNotes = false

  /// Looks at the directory; nothing is written.
  /// - Throws: `PipelineError.usage` when it is no run directory and not empty, or when there is no run
  ///   yet to score or to read.
  init(_ directory: RunDirectory, access: Run.Access) throws {
    self.directory = directory
    self.access = access
    isNew = try !directory.holdsRun()
    guard isNew, access != .alone, access != .member else { return }
    throw PipelineError.usage(
      access == .reading
        ? "\(directory.path) is no run yet; `halcyon run` begins one"
        : "\(directory.path) is no run yet: run `halcyon train-teacher` first, then let workers score"
    )
  }

  /// Makes the directory and locks it, once; who only reads a run, or is in a group whose first process has
  /// it, takes nothing.
  /// - Throws: `PipelineError.io` when another process has it; `FileError`.
  func take() throws {
    guard lock == nil, access != .reading, access != .member else { return }
    made = NewFolders(to: directory.path)
    makesNotes = !FilePath(text: directory.knownFolder).exists
    try RunDirectory.makeFolder(directory.path)
    lock = try RunLock(
      path: directory.lockPath, of: directory.path, shared: access == .shared)
  }

  /// Takes away what was made for a run that was refused before it began; an index stays, which may
  /// have cost hours.
  /// - Returns: The folder of an index that stays, if one does.
  func withdraw() -> String? {
    guard isNew, lock != nil else { return nil }
    if makesNotes { try? FilePath(text: directory.knownFolder).remove() }
    FilePath(text: directory.lockPath).unlink()
    made?.removeEmpty()
    let names = (try? FilePath(text: directory.path).names()) ?? []
    return names.filter { $0.hasPrefix("index") }.min().map { "\(directory.path)/\($0)" }
  }
}
