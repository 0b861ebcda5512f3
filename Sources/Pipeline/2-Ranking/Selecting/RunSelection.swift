import Files
import Foundation
import Ranking

/// A selection of a run: its own, or one that lies beside it.
struct RunSelection {
  /// Where it lies, with its lists.
  let folder: String
  let selection: Selection
  /// The SHA-256 of `selected.bin`.
  let sha256: String

  /// The selection of `run` in `folder`; nil means its own.
  /// - Throws: `PipelineError`; one that says so when nothing is selected yet, or when the selection has
  ///   changed since.
  init(of run: Run, in folder: String? = nil) throws {
    let path: String
    if let folder {
      self.folder = folder
      path = "\(folder)/selected.bin"
    } else {
      _ = try run.finished(.ranking)
      self.folder = run.directory.folder(of: .ranking)
      path = run.directory.selectionPath
    }
    sha256 = try Checksum.sha256(file: path)
    if let folder, try SelectionOrigin(contentsOf: folder).selection != sha256 {
      throw PipelineError.data("\(path) is not as it was selected; select anew")
    }
    selection = try Selection(path: path)
  }
}
