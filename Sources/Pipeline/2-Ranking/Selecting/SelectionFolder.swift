import Files
import Foundation
import SystemPackage

/// A folder that a selection is written to.
enum SelectionFolder {
  /// What a selection leaves there: first what it is known by.
  static let files = [
    "selected.bin", "selected.csv", "selected.npy", "selected.parquet", "candidates.bin",
    "duplicates.csv", "bad-samples.csv", "excluded.csv", "unscored.csv",
    "missing-shards.txt",
    SelectionOrigin.fileName,
  ]

  /// Makes a folder for a selection beside the run.
  /// - Throws: `PipelineError.usage` when the run or its pictures are in it, or files that are no
  ///   selection's; `PipelineError.io`.
  static func make(_ folder: String, in run: Run) throws {
    try run.requireApart(folder)
    try RunDirectory.makeFolder(folder)
    // Once more now that it exists: `new/../runs/a` led nowhere before.
    try run.requireApart(folder)
    try requireOurs(folder)
    DurableFile.removeTorn(in: folder)
  }

  /// - Throws: `PipelineError.usage` naming the first file in `folder`, where no selection lies, that no
  ///   selection leaves there, not even one that was stopped.
  private static func requireOurs(_ folder: String) throws {
    guard !SelectionOrigin.exists(in: folder) else { return }
    let names = try FilePath(text: folder).names().sorted()
    // `selected.bin` is written before its exports.
    let isBegun = names.contains("selected.bin")
    let foreign = names.first { file in
      let name = file.wholeMatch(of: /(.+)\.tmp-[0-9]+-[0-9]+/).map { String($0.1) } ?? file
      return !files.contains(name) || name == file && !isBegun && name.hasPrefix("selected.")
    }
    guard let foreign else { return }
    throw PipelineError.usage(
      "\(folder) holds \(foreign), which is no selection's; name an empty folder, so that nothing of "
        + "yours is replaced")
  }

  /// Removes an earlier selection, so that one that fails leaves no mixture of the two.
  /// - Throws: `FileError` naming what cannot be removed.
  static func clear(_ folder: String) throws {
    for file in files {
      let path = "\(folder)/\(file)"
      guard FilePath(text: path).unlink() == 0 || errno == ENOENT else {
        throw FileError("remove", path, code: errno)
      }
    }
  }
}
