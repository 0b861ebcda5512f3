import Files
import Foundation
import ImageData
import Ranking
import Torch

/// Stage 2, first half: the teacher scores every unlabelled picture.
///
/// U is scored in shards of `data.shardSize` pictures. `SHARD.json` is written after a shard's
/// scores and marks it as done; a shard without it, or whose scores have changed since, is scored
/// again.
public enum ScoreImages {
  /// Scores every shard that is not done yet.
  /// - Throws: `PipelineError`; one that says so when there is no teacher yet.
  public static func perform(in run: Run) throws {
    let shards = Shards(of: run)
    let folder = run.directory.scoresFolder
    let teacher = try run.model(of: .teacher)
    try requireSameClasses(
      teacher.classNames, "the teacher's classes", run.data.classNames, "the labelled set's")
    let kind = try record(for: teacher, in: run)
    let missing = shards.indices.filter { !isDone($0, shards, kind, folder) }
    guard !missing.isEmpty else {
      run.console.note("scores: done")
      return
    }
    let network = try teacher.load(on: run.device)
    let total = missing.reduce(0) { $0 + shards.range($1).count }
    let progress = run.console.progress("scores", total: total)
    let badSamples = run.badSamples(of: run.data.unlabelled, in: .ranking)
    for shard in missing {
      let start = Date()
      let path = "\(folder)/\(shards.name(shard)).scores"
      let file = try ScoreFileWriter(
        path: path, classesPerSample: kind.classesPerSample, classes: kind.classes)
      var done = kind
      var top = TopClasses(classes: kind.classes, count: kind.classesPerSample)
      try forEachBatch(
        network, of: run.data.unlabelled, range: shards.range(shard), input: run.recipe.input,
        run.runtime(batch: run.recipe.ranking.batch, setBy: "ranking.batch"),
        hashContent: !run.data.testContent.isEmpty,
        badSamples: badSamples, progress: progress
      ) { batch, logits in
        let values = try logits.array(of: Float.self)
        for row in 0..<batch.count {
          let key = run.data.unlabelled.key(at: batch.indices[row])
          if batch.unreadable.contains(row) {
            done.unreadable.append(.init(key: key, reason: ""))
          } else if let hash = batch.hashes[row], run.data.testContent.contains(hash) {
            done.excluded.append(.init(key: key, reason: "is a test picture"))
          } else {
            try values.withUnsafeBufferPointer {
              try top.rank(
                UnsafeBufferPointer(rebasing: $0[row * kind.classes..<(row + 1) * kind.classes]))
            }
            try file.append(
              keyHash: KeyHash.hash(of: key), classes: top.classes, scores: top.scores)
            continue
          }
          try file.appendEmpty(keyHash: KeyHash.hash(of: key))
        }
      }
      try file.finish()
      let reasons = Dictionary(
        badSamples.entries.map { ($0.key, $0.reason) }, uniquingKeysWith: { first, _ in first })
      for place in done.unreadable.indices {
        done.unreadable[place].reason = reasons[done.unreadable[place].key] ?? "cannot be read"
      }
      done.shard = shards.name(shard)
      done.count = shards.range(shard).count
      done.scoresSHA256 = try Checksum.sha256(file: path)
      done.seconds = -start.timeIntervalSinceNow
      done.imagesPerSecond = Double(done.count) / max(done.seconds, 1e-9)
      try DurableFile.write(done.json(), to: "\(folder)/\(shards.name(shard)).json")
      try run.log.append(
        "scored", stage: .ranking,
        ["shard": .text(done.shard), "images_per_second": .number(done.imagesPerSecond)])
    }
    progress.finish()
  }

  /// What every shard of this run has in common: the fields that decide the bits of a score.
  private static func record(for teacher: ModelFolder, in run: Run) throws -> ShardRecord {
    let classes = teacher.classNames.count
    return ShardRecord(
      shard: "", count: 0, modelSHA256: try Checksum.sha256(file: teacher.weightsPath),
      recipeHash: run.recipe.scoresHash, inputIdentity: run.data.scoredFingerprint,
      batch: run.recipe.ranking.batch, precision: run.precision.rawValue,
      libtorch: Libtorch.version, cpuFeatures: CPU.kernels, device: run.device.rawValue,
      classesPerSample: min(run.recipe.ranking.labelsPerImage, classes), classes: classes,
      scoresSHA256: "", seconds: 0, imagesPerSecond: 0)
  }

  private static func isDone(
    _ shard: Int, _ shards: Shards, _ kind: ShardRecord, _ folder: String
  ) -> Bool {
    let name = "\(folder)/\(shards.name(shard))"
    guard let record = try? ShardRecord(path: "\(name).json"), record.isCompatible(with: kind),
      record.count == shards.range(shard).count
    else { return false }
    return (try? Checksum.sha256(file: "\(name).scores")) == record.scoresSHA256
  }
}

/// How the pictures of U are divided: so many to a shard, in their order.
struct Shards {
  let count: Int
  private let size: Int
  private let total: Int

  init(of run: Run) {
    size = run.recipe.data.shardSize
    total = run.data.unlabelled.count
    count = (total + size - 1) / size
  }

  var indices: Range<Int> { 0..<count }

  /// The pictures of a shard, as indices into U.
  func range(_ shard: Int) -> Range<Int> { shard * size..<min(total, (shard + 1) * size) }

  /// A shard's name, which its files begin with.
  func name(_ shard: Int) -> String {
    let digits = String(shard)
    return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
  }

  /// The index into U of a sample.
  func index(of id: SampleID) -> Int { Int(id.shard) * size + Int(id.position) }
}
