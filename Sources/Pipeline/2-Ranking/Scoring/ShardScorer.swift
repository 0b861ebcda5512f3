import Copies
import Files
import Foundation
import ImageData
import Ranking
import Recipes
import Shards
import Torch
import Training

/// Scores one shard after another with one teacher.
final class ShardScorer {
  private let run: Run
  private let kind: ShardRecord
  private let inference: Inference
  private let badSamples: BadSamples
  private let progress: ProgressBar
  private var top: TopClasses

  init(of run: Run, teacher: ModelFolder, kind: ShardRecord, total: Int) throws {
    self.run = run
    self.kind = kind
    inference = try Inference(
      teacher.load(on: run.device), input: run.recipe.input,
      run.runtime(batch: run.recipe.ranking.batch, setBy: "ranking.batch"))
    // How many may be unreadable is judged over all shards, when they are selected from: a share of
    // what this process happens to score would depend on who scores what.
    badSamples = BadSamples(of: run.data.unlabelled, limit: .none, seesEachOnce: true)
    progress = run.console.progress("scores", total: total)
    top = TopClasses(classes: kind.classes, count: kind.classesPerSample)
  }

  /// Writes the scores of `shard` and then its record, the mark that it is done.
  /// - Throws: `ImageDataError` when the shard cannot be read, `FileError`, `TorchError`.
  func score(_ shard: Int, _ lease: ShardClaims.Lease?) throws {
    let start = Stopwatch()
    let pictures = run.data.unlabelled
    // Before they are read: what is replaced meanwhile is then noticed.
    let state = pictures.filesState(ofShard: shard)
    let name = pictures.shardName(shard)
    let path = "\(run.directory.scoresFolder)/\(name)"
    let file = try ScoreFileWriter(
      path: "\(path).scores", classesPerSample: kind.classesPerSample, classes: kind.classes)
    let contents = try ContentsFileWriter(path: "\(path).contents")
    let omissions = OmissionsFileWriter(path: "\(path).omitted")
    try inference.forEachBatch(
      of: pictures, range: pictures.range(ofShard: shard),
      notesContents: true, badSamples: badSamples, progress: progress
    ) { batch, logits in
      lease?.touch()
      for picture in batch.contents { try contents.append(picture) }
      try append(batch, logits, to: file, omissions)
    }
    try contents.finish()
    try file.finish()
    var record = kind
    record.omissionsSHA256 = try omissions.finish()
    (record.unreadable, record.excluded) = (omissions.unreadable, omissions.excluded)
    record.shard = name
    record.filesState = state
    record.inputIdentity = pictures.identity(ofShard: shard)
    record.count = file.count
    record.scoresSHA256 = try Checksum.sha256(file: "\(path).scores")
    record.scoresChecksum = file.checksum
    record.contentsSHA256 = try Checksum.sha256(file: "\(path).contents")
    record.seconds = start.seconds
    record.imagesPerSecond = Double(record.count) / max(record.seconds, 1e-9)
    try DurableFile.write(record.json(), to: "\(path).json")
    try run.log.append(
      "scored", stage: Stage.ranking.rawValue,
      ["shard": .text(name), "images_per_second": .number(record.imagesPerSecond)])
  }

  /// Ends the progress bar and tells which pictures lack their file's end.
  func finish() {
    progress.finish()
    if let line = inference.withoutEnd.line(in: run.data.unlabelled.name) { run.console.note(line) }
  }

  private func append(
    _ batch: ImageBatch, _ logits: Tensor, to file: ScoreFileWriter,
    _ omissions: OmissionsFileWriter
  ) throws {
    let values = try logits.array(of: Float.self)
    for row in 0..<batch.count {
      let hash = KeyHash.hash(of: run.data.unlabelled.key(at: batch.indices[row]))
      if let omission = omission(of: batch, row: row, position: file.count) {
        try omissions.append(omission)
        try file.appendEmpty(keyHash: hash)
        continue
      }
      try values.withUnsafeBufferPointer {
        try top.rank(
          UnsafeBufferPointer(rebasing: $0[row * kind.classes..<(row + 1) * kind.classes]))
      }
      try file.append(keyHash: hash, classes: top.classes, scores: top.scores)
    }
  }

  /// Why a picture gets no score; nil when it gets one.
  private func omission(of batch: ImageBatch, row: Int, position: Int) -> Omission? {
    if let reason = batch.reasons[row] { return Omission(position: position, reason: reason) }
    guard run.recipe.ranking.leaveOut != .keep,
      let match = run.known.match(
        batch.contents[row], alike: run.recipe.ranking.leaveOut == .near)
    else { return nil }
    return Omission(
      position: position, reason: match.reason, copy: .init(of: match.set, bits: match.bits))
  }
}
