import Files
import Foundation
import ImageData
import Ranking

/// Drops from a selection's candidates the pictures that show what a better one shows already.
///
/// Candidates are a few times K a class, so that classes fill up again and memory stays bounded: some
/// 30 bytes a candidate, and for a while 104 on the disk, in `folder`. Of copies the one with the best
/// score is kept, then the one with the lowest hash of its key, then the lowest key. `duplicates.csv`
/// names what went for what.
struct DropDuplicates {
  private let candidates: SelectionCandidates
  private let run: Run
  private let folder: String

  /// Drops copies among `candidates` and lists them in `folder`.
  init(_ candidates: SelectionCandidates, in run: Run, folder: String) {
    self.candidates = candidates
    self.run = run
    self.folder = folder
  }

  /// The selection that is left, written to `path`.
  /// - Throws: `PipelineError.data` when what was noted of the pictures does not fit the scores.
  func selection(writingTo path: String) throws -> Selection {
    let unlabelled = run.data.unlabelled
    let order = try candidates.selection.rowsBestFirst { id in
      unlabelled.key(at: unlabelled.index(of: id))
    }
    let contents = try contents(order)
    candidates.selection.forgetPages()
    let duplicates = try DuplicateRows.find(
      in: contents,
      within: run.recipe.ranking.duplicates == .near ? PerceptualHash.nearDistance : nil)
    try write(duplicates, order)
    let remainder = try candidates.removing(
      duplicates.lazy.map { Int(order[$0.row]) }, writingTo: path)
    if !remainder.exhausted.isEmpty {
      run.console.note(
        "selection: \(Format.counted(remainder.exhausted.count, "class", "classes")) ran out of "
          + "candidates after copies were dropped; a larger ranking.candidates fills them")
    }
    return remainder.selection
  }

  /// What was noted of each candidate while it was scored, best first.
  private func contents(_ order: [UInt32]) throws -> OrderedContents {
    let images = candidates.selection.images
    let unlabelled = run.data.unlabelled
    let scores = run.directory.scoresFolder
    return try OrderedContents(order: order, in: folder) { rows, note in
      var open: (shard: UInt32, file: ContentsFileReader)?
      for row in rows {
        let id = images[row]
        let file: ContentsFileReader
        if let open, open.shard == id.shard {
          file = open.file
        } else {
          let name = unlabelled.shardName(Int(id.shard))
          file = try ContentsFileReader(path: "\(scores)/\(name).contents")
          open = (id.shard, file)
        }
        try note(file.contents(at: Int(id.position)).telling)
      }
    }
  }

  private func write(_ duplicates: [DuplicateRows.Duplicate], _ order: [UInt32]) throws {
    let path = "\(folder)/duplicates.csv"
    unlink(path)
    guard !duplicates.isEmpty else { return }
    let unlabelled = run.data.unlabelled
    let images = candidates.selection.images
    func quoted(_ row: Int) -> String {
      let key = unlabelled.key(at: unlabelled.index(of: images[Int(order[row])]))
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
        + "copies among \(Format.count(images.count)) candidates dropped: \(path)")
    if duplicates.count - exact > images.count / 20 {
      run.console.note(
        "selection: more than a twentieth of the candidates look like others; if they only share a "
          + "pose or a background, set ranking.duplicates: exact")
    }
  }
}
