import Files
import Foundation
import ImageData
import Ranking

/// Stage 2, second half: the top K pictures of each class become D̂.
///
/// Selects from the score files alone, as often as one likes; no picture is read.
public enum SelectTopImages {
  /// Selects, drops copies, and writes `selected.bin` and its exports.
  /// - Throws: `PipelineError`; one that names the shards that are not scored yet.
  public static func perform(in run: Run) throws {
    try run.stage(.ranking) {
      let start = Date()
      let unlabelled = run.data.unlabelled
      let (scored, missing) = try scoredShards(in: run)
      var request = try SelectionRequest(in: run, scored: scored, missing: missing)
      let key: (SampleID) -> String = { unlabelled.key(at: unlabelled.index(of: $0)) }
      let path = run.directory.selectionPath
      let selection: Selection
      let reading: Selection.Reading
      if run.recipe.ranking.duplicates == .keep {
        (selection, reading) = try request.select(writingTo: path, key: key)
      } else {
        if request.isRefillable {
          request.imagesPerClass = Int(
            (Double(request.imagesPerClass) * run.recipe.ranking.candidates).rounded(.up))
        }
        let between = "\(run.directory.folder(of: .ranking))/candidates.bin"
        defer { unlink(between) }
        let candidates: Selection
        (candidates, reading) = try request.select(writingTo: between, key: key)
        selection = try DropDuplicates(candidates, in: run).selection(writingTo: path)
      }
      guard selection.images.count > 0 else {
        unlink(path)
        throw PipelineError.data(
          "nothing was selected from \(reading.samples) unlabelled pictures; "
            + "\(reading.withoutEntries) have no scores, \(reading.notANumber) scores are not numbers"
        )
      }
      let exports = try export(selection, teacher: scored.first?.record.modelSHA256, in: run)
      try writeLeftOut(scored, in: run)
      tell(selection, reading, of: scored.count + missing.count, in: run)
      return StageOutcome(
        outputs: ["selected.bin"] + exports,
        seconds: scored.reduce(-start.timeIntervalSinceNow) { $0 + $1.record.seconds },
        imagesSeen: reading.samples, accuracies: [:])
    }
  }

  /// The shards that have scores, and the names of those that have none.
  static func scoredShards(in run: Run) throws -> (scored: [ScoredShard], missing: [String]) {
    let folder = run.directory.scoresFolder
    let shards = run.data.unlabelled
    var scored: [ScoredShard] = []
    var missing: [String] = []
    for shard in 0..<shards.shardCount {
      let name = shards.shardName(shard)
      guard FileManager.default.fileExists(atPath: "\(folder)/\(name).json") else {
        missing.append(name)
        continue
      }
      scored.append(
        ScoredShard(
          record: try ShardRecord(path: "\(folder)/\(name).json"),
          scoresPath: "\(folder)/\(name).scores", index: shard))
    }
    guard run.recipe.ranking.allowMissing || missing.isEmpty else {
      let names = missing.prefix(5).joined(separator: ", ") + (missing.count > 5 ? ", …" : "")
      throw PipelineError.usage(
        "\(missing.count) of \(shards.shardCount) shards are not scored yet (\(names)); "
          + "`halcyon score` goes on, and --allow-missing selects without them")
    }
    return (scored, missing)
  }

  /// Writes the selection for other programs.
  /// - Returns: The names of the files.
  private static func export(_ selection: Selection, teacher: String?, in run: Run) throws
    -> [String]
  {
    let unlabelled = run.data.unlabelled
    let names = SelectionNames(
      shards: (0..<unlabelled.shardCount).map(unlabelled.shardName),
      classes: run.data.classNames, teacher: teacher ?? "",
      key: { unlabelled.key(at: unlabelled.index(of: $0)) })
    let stem = (run.directory.selectionPath as NSString).deletingPathExtension
    try selection.writeCSV(to: stem + ".csv", names: names)
    try selection.writeNumPy(to: stem + ".npy", key: names.key)
    guard ParquetLibrary.isAvailable else { return ["selected.csv", "selected.npy"] }
    try selection.writeParquet(to: stem + ".parquet", names: names)
    return ["selected.csv", "selected.npy", "selected.parquet"]
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
    let excluded = shards.flatMap(\.record.excluded)
    for (name, why, omissions) in [
      ("bad-samples.csv", "cannot be read", unreadable),
      ("excluded.csv", "left out, which D or the test pictures hold", excluded),
    ] {
      let path = "\(folder)/\(name)"
      unlink(path)
      guard !omissions.isEmpty else { continue }
      func quoted(_ text: String) -> String { "\"\(text.replacing("\"", with: "\"\""))\"" }
      let lines = omissions.map { "\(quoted($0.key)),\(quoted($0.reason))\n" }
      try DurableFile.write("key,reason\n" + lines.joined(), to: path)
      let count = Format.counted(omissions.count, "picture", "pictures")
      run.console.note("scores: \(count) \(why): \(path)")
    }
    let total = shards.reduce(0) { $0 + $1.record.count }
    if run.recipe.ranking.leaveOut == .near, excluded.count * 20 > total {
      run.console.note(
        "scores: more than a twentieth of the pictures was left out as too like known ones; if they "
          + "only share a pose or a background, set ranking.leaveOut: exact")
    }
  }

  private static func tell(
    _ selection: Selection, _ reading: Selection.Reading, of shardCount: Int, in run: Run
  ) {
    let missing = reading.missingShards
    if !missing.isEmpty {
      run.console.note(
        "selection: without \(missing.count) of \(shardCount) shards, which have no scores: "
          + missing.prefix(5).joined(separator: ", ") + (missing.count > 5 ? ", …" : ""))
    }
    if reading.outsideFraction > 0 {
      run.console.note(
        "selection: from \(Format.count(reading.samples - reading.outsideFraction)) of "
          + "\(Format.count(reading.samples)) pictures (ranking.fraction)")
    }
    let statistics = run.statistics(of: selection)
    let purity =
      statistics.purity.map { ", \(Format.fixed(100 * $0, 1)) % of the labels right" } ?? ""
    run.console.note(
      "selection: \(Format.count(selection.images.count)) pictures with "
        + "\(Format.count(selection.classes.count)) labels\(purity)")
    guard run.recipe.ranking.strategy != .unbalanced else { return }
    let short = statistics.shortClasses
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
    return SelectionStatistics(
      of: selection,
      truth: data.isTruthKnown ? { unlabelled.label(at: unlabelled.index(of: $0)) } : nil)
  }
}
