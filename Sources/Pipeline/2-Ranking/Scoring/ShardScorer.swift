import Copies
import Files
import Foundation
import ImageData
import Ranking
import Recipes
import Shards
import Terminal
import Training

/// Writes the scores of one shard after another from one source, and what a cache keeps of their pictures.
final class ShardScorer {
  private let run: Run
  private let source: any ScoreSource
  private let kind: ShardRecord
  private let caching: CachingWork?
  private let progress: ProgressBar

  init(of run: Run, _ source: any ScoreSource, _ caching: CachingWork?, total: Int) {
    self.run = run
    self.source = source
    self.caching = caching
    kind = source.kind
    progress = run.console.progress("scores", total: total)
  }

  /// Makes copies of the pictures of a shard that has its scores.
  /// - Throws: `ImageDataError` when the shard cannot be read, `FileError`.
  func copy(_ shard: Int, _ lease: ShardClaims.Lease?) throws {
    try caching?.write(shard, lease, progress)
  }

  /// Writes the scores of `shard` and then its record, the mark that it is done; before that, where it
  /// `isCopied`, the copies of its pictures.
  /// - Throws: `ImageDataError` when the shard cannot be read, `FileError`, `TorchError`.
  func score(_ shard: Int, isCopied: Bool, _ lease: ShardClaims.Lease?) throws {
    let start = Stopwatch()
    let pictures = run.data.unlabelled
    // Before they are read: what is replaced meanwhile is then noticed.
    let state = pictures.filesState(ofShard: shard)
    let name = pictures.shardName(shard)
    let path = "\(run.directory.scoresFolder)/\(name)"
    let file = try ScoreFileWriter(
      path: "\(path).scores", classesPerSample: kind.classesPerSample, classes: kind.classes)
    let contents = source.notesContents ? try ContentsFileWriter(path: "\(path).contents") : nil
    let omissions = OmissionsFileWriter(path: "\(path).omitted")
    let copies = isCopied ? try caching?.writer(ofShard: shard) : nil
    var hasCopies = copies != nil
    try source.forEachBatch(ofShard: shard, copying: copies == nil ? nil : caching?.cache.format) {
      batch in
      lease?.touch()
      for picture in batch.contents { try contents?.append(picture) }
      try append(batch, to: file, omissions)
      if batch.copies.isEmpty { hasCopies = false }
      for (row, copy) in batch.copies.enumerated() {
        try copies?.append(
          copy, key: pictures.key(at: batch.indices[row]), of: batch.contents[row].contentHash)
      }
      progress.advance(by: batch.indices.count)
    }
    if hasCopies {
      try copies?.finish()
    } else if isCopied {
      // What scores come from did not look at the pictures.
      try caching?.write(shard, lease)
    }
    try contents?.finish()
    try file.finish()
    var record = kind
    record.omissionsSHA256 = try omissions.finish()
    (record.unreadable, record.excluded) = (omissions.unreadable, omissions.excluded)
    record.withoutScores = omissions.withoutScores > 0 ? omissions.withoutScores : nil
    record.shard = name
    record.filesState = state
    record.inputIdentity = pictures.identity(ofShard: shard)
    record.count = file.count
    record.scoresSHA256 = try Checksum.sha256(file: "\(path).scores")
    record.scoresChecksum = file.checksum
    if contents != nil { record.contentsSHA256 = try Checksum.sha256(file: "\(path).contents") }
    record.seconds = start.seconds
    record.imagesPerSecond = Double(record.count) / max(record.seconds, 1e-9)
    try DurableFile.write(record.json(), to: "\(path).json")
    try run.log.append(
      "scored", stage: Stage.ranking.rawValue,
      ["shard": .text(name), "images_per_second": .number(record.imagesPerSecond)])
  }

  /// Ends the progress bar and tells what there is to tell.
  func finish() throws {
    progress.finish()
    try source.finish()
  }

  private func append(
    _ batch: ScoredBatch, to file: ScoreFileWriter, _ omissions: OmissionsFileWriter
  ) throws {
    for (row, index) in batch.indices.enumerated() {
      let hash = KeyHash.hash(of: run.data.unlabelled.key(at: index))
      if let omission = omission(of: batch, row: row, position: file.count) {
        try omissions.append(omission)
        try file.appendEmpty(keyHash: hash)
        continue
      }
      switch try batch.scores(row) {
      case .classes(let classes, let scores):
        try file.append(keyHash: hash, classes: classes, scores: scores)
      case .omitted(let reason):
        try omissions.append(
          Omission(position: file.count, reason: reason, isWithoutScores: true))
        try file.appendEmpty(keyHash: hash)
      }
    }
  }

  /// Why a picture gets no score, whatever its source says; nil when it may get one.
  private func omission(of batch: ScoredBatch, row: Int, position: Int) -> Omission? {
    if let reason = batch.unreadable[row] { return Omission(position: position, reason: reason) }
    guard run.recipe.ranking.leaveOut != .keep, !batch.contents.isEmpty,
      let match = run.known.match(
        batch.contents[row], alike: run.recipe.ranking.leaveOut == .near)
    else { return nil }
    return Omission(
      position: position, reason: match.reason, copy: .init(of: match.set, bits: match.bits))
  }
}
