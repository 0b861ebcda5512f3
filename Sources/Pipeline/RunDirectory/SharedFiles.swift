import Files
import Foundation
import SystemPackage

/// Files that several run directories have: none is ever changed in place, so that each may have its own name
/// for the same one.
enum SharedFiles {
  /// Makes `target` the file or the tree at `source`; where the file system gives no second names, a copy.
  static func link(_ source: String, to target: String) throws {
    let (from, to) = (FilePath(text: source), FilePath(text: target))
    guard from.isFolder else {
      try to.folder.makeFolder()
      let isLinked = from.withPlatformString { old in
        to.withPlatformString { Foundation.link(old, $0) } == 0
      }
      if !isLinked { try DurableFile.write(from.contents(), to: target) }
      return
    }
    try to.makeFolder()
    for name in try from.names()
    where name != "checkpoints" && !name.contains(".tmp-") && !name.hasSuffix(".lock") {
      try link("\(source)/\(name)", to: "\(target)/\(name)")
    }
  }

  /// Gives `run` what `other` knows of its pictures.
  static func linkKnown(of other: RunDirectory, to run: RunDirectory) throws {
    for name in ["index", "known", "data.json"] {
      let source = "\(other.path)/\(name)"
      guard FilePath(text: source).exists else { continue }
      try link(source, to: "\(run.path)/\(name)")
    }
  }

  /// Gives `run` the scores of `other`, with what says how they came about.
  static func linkScores(of other: RunDirectory, to run: RunDirectory) throws {
    try link(other.scoresFolder, to: run.scoresFolder)
    for path in [ScoreProvenance.path(in:), Calibration.path(in:), CacheNote.path(in:)] {
      let source = path(other)
      if FilePath(text: source).exists { try link(source, to: path(run)) }
    }
  }
}
