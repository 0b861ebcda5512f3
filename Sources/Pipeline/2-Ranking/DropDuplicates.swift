import Files
import Foundation
import ImageData
import Ranking

/// Drops from a selection's candidates the pictures that show what a better one shows already.
///
/// Candidates are a few times K a class, so that classes fill up again and memory stays bounded: some
/// 80 bytes a candidate. Of copies the one with the best score is kept, then the one with the lowest
/// hash of its key, then the lowest key. `duplicates.csv` names what went for what.
struct DropDuplicates {
  private let candidates: Selection
  private let run: Run
  private let folder: String

  /// Drops copies among `candidates` and lists them in `folder`.
  init(_ candidates: Selection, in run: Run, folder: String) {
    self.candidates = candidates
    self.run = run
    self.folder = folder
  }

  /// The selection that is left, written to `path`.
  /// - Throws: `PipelineError.data` when what was noted of the pictures does not fit the scores.
  func selection(writingTo path: String) throws -> Selection {
    let contents = try contents()
    let order = order()
    let duplicates = try DuplicateRows.find(
      in: order.map { contents[$0].telling },
      within: run.recipe.ranking.duplicates == .near ? PerceptualHash.nearDistance : nil)
    try write(duplicates, order)
    let imagesPerClass =
      run.recipe.ranking.strategy == .unbalanced
      ? candidates.imagesPerClass : run.recipe.ranking.imagesPerClass
    let remainder = try candidates.removing(
      duplicates.map { order[$0.row] }, imagesPerClass: imagesPerClass, writingTo: path)
    if !remainder.exhausted.isEmpty {
      run.console.note(
        "selection: \(Format.counted(remainder.exhausted.count, "class", "classes")) ran out of "
          + "candidates after copies were dropped; a larger ranking.candidates fills them")
    }
    return remainder.selection
  }

  /// What was noted of each candidate while it was scored.
  private func contents() throws -> [PictureContents] {
    var contents: [PictureContents] = []
    contents.reserveCapacity(candidates.images.count)
    var open: (shard: UInt32, file: ContentsFileReader)?
    for id in candidates.images {
      if open?.shard != id.shard {
        let name = run.data.unlabelled.shardName(Int(id.shard))
        open = (
          id.shard,
          try ContentsFileReader(path: "\(run.directory.scoresFolder)/\(name).contents")
        )
      }
      if let open { contents.append(try open.file.contents(at: Int(id.position))) }
    }
    return contents
  }

  /// The candidates' rows, best first.
  private func order() -> [Int] {
    let best = candidates.images.indices.map { row in
      (candidates.labelOffsets[row]..<candidates.labelOffsets[row + 1])
        .map { candidates.scores[$0] }.max() ?? -.infinity
    }
    let unlabelled = run.data.unlabelled
    func key(_ row: Int) -> String {
      unlabelled.key(at: unlabelled.index(of: candidates.images[row]))
    }
    return best.indices.sorted { left, right in
      if best[left] != best[right] { return best[left] > best[right] }
      let (one, other) = (key(left), key(right))
      let (oneHash, otherHash) = (KeyHash.hash(of: one), KeyHash.hash(of: other))
      if oneHash != otherHash { return oneHash < otherHash }
      if one != other { return one.utf8.lexicographicallyPrecedes(other.utf8) }
      return left < right
    }
  }

  private func write(_ duplicates: [DuplicateRows.Duplicate], _ order: [Int]) throws {
    let path = "\(folder)/duplicates.csv"
    unlink(path)
    guard !duplicates.isEmpty else { return }
    let unlabelled = run.data.unlabelled
    func quoted(_ row: Int) -> String {
      let key = unlabelled.key(at: unlabelled.index(of: candidates.images[order[row]]))
      return "\"\(key.replacing("\"", with: "\"\""))\""
    }
    let file = try DurableFile(path: path)
    try file.write(Data("image,kept,kind,bits\n".utf8))
    var exact = 0
    for duplicate in duplicates {
      let kind: String
      switch duplicate.kind {
      case .exact:
        kind = "exact,0"
        exact += 1
      case .near(let distance): kind = "near,\(distance)"
      }
      try file.write(Data("\(quoted(duplicate.row)),\(quoted(duplicate.original)),\(kind)\n".utf8))
    }
    try file.commit()
    run.console.note(
      "selection: \(Format.count(exact)) exact and \(Format.count(duplicates.count - exact)) near "
        + "copies among \(Format.count(candidates.images.count)) candidates dropped: \(path)")
    if duplicates.count - exact > candidates.images.count / 20 {
      run.console.note(
        "selection: more than a twentieth of the candidates look like others; if they only share a "
          + "pose or a background, set ranking.duplicates: exact")
    }
  }
}
