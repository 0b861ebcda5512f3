import Files
import Foundation
import ImageData
import Ranking

/// Stage 2, second half: the top K pictures of each class become D̂.
public enum SelectTopImages {
  /// Selects from the score files alone; no picture is read.
  /// - Throws: `PipelineError`; one that names the shards that are not scored yet.
  public static func perform(in run: Run) throws {
    try run.stage(.ranking) {
      let start = Date()
      let unlabelled = run.data.unlabelled
      let scored = try scoredShards(in: run)
      let ranking = run.recipe.ranking
      let (selection, reading) = try Selection.select(
        shards: scored,
        classesPerSample: min(ranking.labelsPerImage, run.data.classNames.count),
        imagesPerClass: ranking.imagesPerClass,
        minimumScore: ranking.minimumScore.map { Float($0) } ?? -.infinity,
        key: { unlabelled.key(at: unlabelled.index(of: $0)) })
      guard selection.images.count > 0 else {
        throw PipelineError.data(
          "nothing was selected from \(reading.samples) unlabelled pictures; "
            + "\(reading.withoutEntries) have no scores, \(reading.notANumber) scores are not numbers"
        )
      }
      let path = run.directory.selectionPath
      try selection.write(to: path)
      let csv = (path as NSString).deletingPathExtension + ".csv"
      try selection.writeCSV(
        to: csv,
        names: SelectionNames(
          shards: (0..<unlabelled.shardCount).map(unlabelled.shardName),
          classes: run.data.classNames,
          teacher: scored.first?.record.modelSHA256 ?? "",
          key: { unlabelled.key(at: unlabelled.index(of: $0)) }))
      try writeLeftOut(scored, in: run)
      tell(selection, in: run)
      return StageOutcome(
        outputs: ["selected.bin", "selected.csv"],
        seconds: scored.reduce(-start.timeIntervalSinceNow) { $0 + $1.record.seconds },
        imagesSeen: reading.samples, accuracies: [:])
    }
  }

  /// The record of every shard.
  static func scoredShards(in run: Run) throws -> [ScoredShard] {
    let folder = run.directory.scoresFolder
    let shards = run.data.unlabelled
    return try (0..<shards.shardCount).map { shard in
      let name = "\(folder)/\(shards.shardName(shard))"
      guard FileManager.default.fileExists(atPath: "\(name).json") else {
        throw PipelineError.usage(
          "shard \(shards.shardName(shard)) of \(shards.shardCount) is not scored yet; "
            + "`halcyon score` goes on"
        )
      }
      return ScoredShard(
        record: try ShardRecord(path: "\(name).json"), scoresPath: "\(name).scores", index: shard)
    }
  }

  /// Lists what has no scores: `bad-samples.csv` and `excluded.csv`, when there is any.
  private static func writeLeftOut(_ shards: [ScoredShard], in run: Run) throws {
    let folder = run.directory.folder(of: .ranking)
    var unreadable = shards.flatMap(\.record.unreadable)
    if let indexed = run.data.unlabelled as? IndexedCollection, indexed.problemCount > 0 {
      for shard in 0..<indexed.shardCount {
        unreadable += indexed.problems(ofShard: shard).map {
          .init(key: "\(indexed.shardName(shard)): \($0.key)", reason: $0.reason)
        }
      }
    }
    for (name, why, omissions) in [
      ("bad-samples.csv", "cannot be read", unreadable),
      ("excluded.csv", "left out as test pictures", shards.flatMap(\.record.excluded)),
    ] where !omissions.isEmpty {
      func quoted(_ text: String) -> String { "\"\(text.replacing("\"", with: "\"\""))\"" }
      let lines = omissions.map { "\(quoted($0.key)),\(quoted($0.reason))\n" }
      try DurableFile.write("key,reason\n" + lines.joined(), to: "\(folder)/\(name)")
      let count = Format.counted(omissions.count, "picture", "pictures")
      run.console.note("scores: \(count) \(why): \(folder)/\(name)")
    }
  }

  private static func tell(_ selection: Selection, in run: Run) {
    let statistics = run.statistics(of: selection)
    let purity =
      statistics.purity.map { ", \(Format.fixed(100 * $0, 1)) % of the labels right" } ?? ""
    run.console.note(
      "selection: \(Format.count(selection.images.count)) pictures with "
        + "\(Format.count(selection.classes.count)) labels\(purity)")
    let short = statistics.classes.indices.filter {
      statistics.classes[$0].count < selection.imagesPerClass
    }
    if !short.isEmpty {
      let names = short.prefix(5).map {
        "\(run.data.classNames[$0]) \(statistics.classes[$0].count)"
      }
      run.console.note(
        "selection: \(short.count) classes have fewer than K = \(selection.imagesPerClass): "
          + names.joined(separator: ", ") + (short.count > 5 ? ", …" : ""))
    }
  }
}

extension Run {
  /// How full, how sure and, where the truth is known, how pure a selection is.
  func statistics(of selection: Selection) -> SelectionStatistics {
    let unlabelled = data.unlabelled
    let isKnown = unlabelled.classes == data.classNames
    return SelectionStatistics(
      of: selection,
      truth: isKnown ? { unlabelled.label(at: unlabelled.index(of: $0)) } : nil)
  }
}
