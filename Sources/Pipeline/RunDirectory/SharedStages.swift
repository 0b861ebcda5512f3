import Files
import Foundation
package import Recipes
import SystemPackage

/// What a run need not compute, because another one has finished it as this one's recipe asks for.
package enum SharedStages {
  /// Begins the run directory `path` of `recipe` with what the runs in `others` have of it; does nothing where it
  /// was begun before, or where they have nothing.
  ///
  /// Of the pipeline the longest beginning that one of them has is taken, of a teacher without its selection the
  /// scores, too, and each comparison by itself.
  /// - Returns: What was taken, and from where, a line each.
  /// - Throws: `FileError` naming what cannot be read or written.
  package static func take(
    into path: String, for recipe: Recipe, from others: [String]
  ) throws -> [String] {
    guard !FilePath(text: path).exists else { return [] }
    let donors = others.map(RunDirectory.init(path:)).filter {
      FilePath(text: $0.recipePath).exists
    }
    let made = RunDirectory(path: "\(path).tmp-\(getpid())")
    defer { try? FilePath(text: made.path).remove() }
    var lines: [String] = []

    let pipeline = Stage.pipeline.filter { recipe.includes($0) }
    if let (donor, stages) = try longestBeginning(of: pipeline, in: donors, for: recipe) {
      for stage in stages {
        try SharedFiles.link(donor.folder(of: stage), to: made.folder(of: stage))
      }
      var taken = stages.map(\.title)
      let other = try Recipe(contentsOf: donor.recipePath)
      if !stages.contains(.ranking), try isDone(.ranking, in: donor, for: other),
        other.scoresHash == recipe.scoresHash
      {
        try SharedFiles.linkScores(of: donor, to: made)
        taken.append("scores")
      }
      if (other.data, other.input, other.seed) == (recipe.data, recipe.input, recipe.seed) {
        try SharedFiles.linkKnown(of: donor, to: made)
      }
      lines.append("\(taken.joined(separator: ", ")) of \(donor.path)")
    }
    for stage in Stage.comparisonsFirst where recipe.includes(stage) && !stage.facts.isOfPipeline {
      guard let donor = try donors.first(where: { try isDone(stage, in: $0, for: recipe) }) else {
        continue
      }
      try SharedFiles.link(donor.folder(of: stage), to: made.folder(of: stage))
      lines.append("\(stage.title) of \(donor.path)")
    }
    guard !lines.isEmpty else { return [] }
    try recipe.write(to: made.recipePath)
    // By which the folder is a run's, whichever stages it has.
    try DurableFile.write("", to: made.logPath)
    guard FilePath(text: made.path).rename(to: FilePath(text: path)) == 0 else {
      // Another process has made it meanwhile.
      if errno == EEXIST || errno == ENOTEMPTY { return [] }
      throw FileError("make", path, code: errno)
    }
    return lines
  }

  /// The run that has most of the first `stages`, of alike ones one that has its scores, too; nil where none has
  /// any. Only the outputs of those that may be it are read.
  private static func longestBeginning(
    of stages: [Stage], in donors: [RunDirectory], for recipe: Recipe
  ) throws -> (donor: RunDirectory, stages: ArraySlice<Stage>)? {
    let claims = try donors.map { donor in
      (
        donor: donor,
        count: try stages.prefix {
          try StageMarker.isMade($0, in: donor.folder(of: $0), by: recipe)
        }.count
      )
    }.sorted {
      ($0.count, $0.donor.isFinished(.ranking) ? 1 : 0)
        > ($1.count, $1.donor.isFinished(.ranking) ? 1 : 0)
    }
    var best: (donor: RunDirectory, stages: ArraySlice<Stage>)?
    for (donor, count) in claims where count > best?.stages.count ?? 0 {
      let done = try stages.prefix(count).prefix { try isDone($0, in: donor, for: recipe) }
      if done.count > best?.stages.count ?? 0 { best = (donor, done) }
    }
    return best
  }

  private static func isDone(
    _ stage: Stage, in donor: RunDirectory, for recipe: Recipe
  ) throws -> Bool {
    let state = try StageMarker.state(of: stage, in: donor.folder(of: stage), for: recipe)
    if case .done = state { return true }
    return false
  }
}
