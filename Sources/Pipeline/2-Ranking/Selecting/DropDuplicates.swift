import Copies
import Files
import Foundation
import ImageData
import Ranking
import Recipes
import Shards
import SystemPackage
import Terminal

/// Selects without the pictures that show what a better one shows already.
///
/// Candidates are a few times K a class, so that classes fill up again and memory stays bounded: some
/// 30 bytes a candidate, and for a while 104 on the disk, in `folder`. A class whose candidates were
/// mostly copies (a crawl has its "image no longer available" ten thousand times) is given more, and the
/// scores are read again. Of copies the one with the best score is kept, then the one with the lowest
/// hash of its key, then the lowest key. `duplicates.csv` names what went for what.
struct DropDuplicates {
  let run: Run
  let folder: String
  /// What a class without a full number of pictures is given more of, at a time.
  private static let step = 8.0
  /// So many candidates in all are always allowed, some 2 GB; otherwise twice as many as at first.
  private static let mostCandidates = 32_000_000

  /// Selects to `path`, and lists the copies in `folder`.
  /// - Throws: `PipelineError.data` when what was noted of the pictures does not fit the scores; as
  ///   `SelectionRequest.select(writingTo:key:)`.
  func select(
    _ request: SelectionRequest, writingTo path: String, key: @escaping (SampleID) -> String
  ) throws -> (selection: Selection, reading: Selection.Reading) {
    let between = "\(folder)/candidates.bin"
    defer { FilePath(text: between).unlink() }
    let factor = run.recipe.ranking.candidates
    var factors: [Int: Double] = [:]
    var room: Int?
    while true {
      let candidates = try request.candidates(
        perImage: factor, inClasses: factors, writingTo: between, key: key)
      let asked = candidates.asked.reduce(0, +)
      let most = room ?? max(2 * asked, Self.mostCandidates)
      room = most
      let round = Round(candidates, of: self)
      let order = try round.order()
      let duplicates = try round.duplicates(order)
      let remainder = try candidates.removing(
        duplicates.lazy.map { Int(order[$0.row]) }, writingTo: path)
      let short = remainder.exhausted
      let step = min(
        Self.step,
        1 + Double(most - asked) / Double(max(1, short.reduce(0) { $0 + candidates.asked[$1] })))
      guard !short.isEmpty, step >= 1.5 else {
        try round.write(duplicates, order)
        if !short.isEmpty {
          run.console.note(
            "selection: \(Format.counted(short.count, "class", "classes")) ran out of candidates "
              + "after copies were dropped; a larger ranking.candidates fills them")
        }
        return (remainder.selection, candidates.reading)
      }
      run.console.note(
        "selection: most candidates of \(Format.counted(short.count, "class", "classes")) are copies; "
          + "selecting again with more")
      for index in short { factors[index] = (factors[index] ?? factor) * step }
    }
  }
}

/// One set of candidates.
private struct Round {
  private let candidates: SelectionCandidates
  private let run: Run
  private let folder: String

  init(_ candidates: SelectionCandidates, of search: DropDuplicates) {
    self.candidates = candidates
    run = search.run
    folder = search.folder
  }

  /// The candidates' rows, best first.
  func order() throws -> [UInt32] {
    let unlabelled = run.data.unlabelled
    return try candidates.selection.rowsBestFirst { id in
      unlabelled.key(at: unlabelled.index(of: id))
    }
  }

  /// The copies among them.
  func duplicates(_ order: [UInt32]) throws -> [DuplicateRows.Duplicate] {
    let contents = try contents(order)
    candidates.selection.forgetPages()
    return try DuplicateRows.find(
      in: contents,
      within: run.recipe.ranking.duplicates == .near ? PerceptualHash.nearDistance : nil)
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

  /// Lists the copies in `duplicates.csv`.
  func write(_ duplicates: [DuplicateRows.Duplicate], _ order: [UInt32]) throws {
    let path = "\(folder)/duplicates.csv"
    FilePath(text: path).unlink()
    guard !duplicates.isEmpty else { return }
    let unlabelled = run.data.unlabelled
    let images = candidates.selection.images
    func key(_ row: Int) -> String {
      unlabelled.key(at: unlabelled.index(of: images[Int(order[row])]))
    }
    let file = try CSVWriter(path: path, header: ["image", "kept", "kind", "bits"])
    var exact = 0
    for duplicate in duplicates {
      let (kind, bits): (String, Int)
      switch duplicate.kind {
      case .exact:
        (kind, bits) = ("exact", 0)
        exact += 1
      case .near(let distance): (kind, bits) = ("near", distance)
      }
      try file.append([key(duplicate.row), key(duplicate.original), kind, String(bits)])
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
