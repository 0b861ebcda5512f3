import Files
import Foundation
import ImageData
import Ranking
import Recipes
import Shards
import SystemPackage
import Terminal

/// Stage 2, second half: the top K pictures of each class become D̂.
///
/// Selects from the score files alone, as often as one likes; no picture is read.
public enum SelectTopImages {
  /// Selects, drops copies, and writes `selected.bin` and its exports.
  /// - Throws: `PipelineError`; one that names the shards that are not scored yet.
  public static func perform(in run: Run) throws {
    let shards = try ScoredShards(in: run)
    try shards.requireSameCoverage(in: run)
    try run.stage(.ranking) {
      let start = Stopwatch()
      let folder = run.directory.folder(of: .ranking)
      let (files, samples) = try select(from: shards, in: run, to: folder)
      try shards.noteCoverage(in: folder)
      return StageOutcome(
        outputs: files, seconds: shards.seconds + start.seconds, imagesSeen: samples,
        accuracies: [:],
        computed: shards.scored.first.map {
          ($0.record.device, $0.record.precision, $0.record.libtorch)
        })
    }
  }

  /// Selects into `folder` beside the run, which stays as it is: for comparing selections.
  /// - Throws: As `perform(in:)`.
  public static func perform(in run: Run, to folder: String) throws {
    let new = NewFolders(to: folder)
    do {
      try SelectionFolder.make(folder, in: run)
      try write(run, to: folder)
      try SelectionOrigin(of: run, in: folder).write(to: folder)
    } catch {
      // Folders that were made for what was then refused go, if nothing is in them.
      new.removeEmpty()
      throw error
    }
  }

  private static func write(_ run: Run, to folder: String) throws {
    let shards = try ScoredShards(in: run)
    _ = try select(from: shards, in: run, to: folder)
    try shards.noteCoverage(in: folder)
  }

  /// Whether a selection can be made as the run's recipe wants it; nothing is written but for a while.
  /// - Throws: As `perform(in:)`.
  public static func check(in run: Run) throws {
    // Beside the run's files: candidates may take more than a temporary folder has.
    let folder = "\(run.directory.path)/selection.tmp-\(getpid())"
    defer { try? FilePath(text: folder).remove() }
    try RunDirectory.makeFolder(folder)
    try write(run, to: folder)
  }

  private static func select(from shards: ScoredShards, in run: Run, to folder: String) throws
    -> (files: [String], samples: Int)
  {
    let unlabelled = run.data.unlabelled
    // First what is wrong with the settings: an earlier selection stays then.
    try shards.requireContents(in: run)
    let request = try SelectionRequest(in: run, scored: shards.scored, missing: shards.missing)
    try request.checkedClassCount()
    try SelectionFolder.clear(folder)
    try shards.requireReadable(in: run, listingTo: folder)
    let key: (SampleID) -> String = { unlabelled.key(at: unlabelled.index(of: $0)) }
    let path = "\(folder)/selected.bin"
    let selection: Selection
    let reading: Selection.Reading
    if run.recipe.ranking.duplicates == .keep {
      FilePath(text: "\(folder)/duplicates.csv").unlink()
      (selection, reading) = try request.select(writingTo: path, key: key)
    } else {
      (selection, reading) = try DropDuplicates(run: run, folder: folder)
        .select(request, writingTo: path, key: key)
    }
    guard selection.images.count > 0 else {
      FilePath(text: path).unlink()
      let others =
        reading.samples - shards.unreadable - shards.excluded - shards.withoutScores
        - reading.notANumber
        - reading.outsideFraction
      let reasons = [
        (shards.unreadable, "cannot be read"),
        (shards.excluded, "are left out, being labelled or test pictures (excluded.csv)"),
        (shards.withoutScores, "have no scores (unscored.csv)"),
        (reading.notANumber, "have scores that are not numbers"),
        (reading.outsideFraction, "are outside ranking.fraction"),
        (others, "have no score above ranking.minimumScore or no tag of a class"),
      ]
      throw PipelineError.data(
        "nothing was selected from \(reading.samples) unlabelled pictures: "
          + reasons.filter { $0.0 > 0 }.map { "\($0) \($1)" }.joined(separator: ", "))
    }
    let exports = try export(
      selection, teacher: shards.scored.first?.record.modelSHA256, in: run, to: folder)
    tell(selection, reading, of: shards, in: run)
    return (["selected.bin"] + exports, reading.samples)
  }

  /// Writes the selection for other programs.
  /// - Returns: The names of the files.
  private static func export(
    _ selection: Selection, teacher: String?, in run: Run, to folder: String
  ) throws -> [String] {
    let unlabelled = run.data.unlabelled
    let names = SelectionNames(
      shards: (0..<unlabelled.shardCount).map(unlabelled.shardName),
      classes: run.data.classNames, teacher: teacher ?? "",
      key: { unlabelled.key(at: unlabelled.index(of: $0)) })
    let stem = "\(folder)/selected"
    try selection.writeCSV(to: stem + ".csv", names: names)
    try selection.writeNumPy(to: stem + ".npy", key: names.key)
    guard ParquetLibrary.isAvailable else { return ["selected.csv", "selected.npy"] }
    try selection.writeParquet(to: stem + ".parquet", names: names)
    return ["selected.csv", "selected.npy", "selected.parquet"]
  }

  private static func tell(
    _ selection: Selection, _ reading: Selection.Reading, of shards: ScoredShards, in run: Run
  ) {
    if let line = shards.missingLine { run.console.note("selection: \(line)") }
    if reading.outsideFraction > 0 {
      run.console.note(
        "selection: from \(Format.count(reading.samples - reading.outsideFraction)) of "
          + "\(Format.count(reading.samples)) pictures (ranking.fraction)")
    }
    let statistics = run.statistics(of: selection)
    let purity =
      statistics.purity.map { ", \(Format.fixed(100 * $0, 1)) % of the labels right" } ?? ""
    run.console.note(
      "selection: \(Format.counted(selection.images.count, "picture", "pictures")) with "
        + "\(Format.counted(selection.classes.count, "label", "labels"))\(purity)")
    guard run.recipe.ranking.strategy != .unbalanced else { return }
    let short = statistics.shortClasses
    if !short.isEmpty {
      let names = short.lazy.map {
        "\(run.data.classNames[$0]) \(statistics.classes[$0].count)"
      }
      run.console.note(
        "selection: \(Format.counted(short.count, "class has", "classes have")) fewer than K = \(selection.imagesPerClass): "
          + Format.few(names))
    }
  }
}

extension Run {
  /// How full, how sure and, where the truth is known, how pure a selection is.
  func statistics(of selection: Selection) -> SelectionStatistics {
    let unlabelled = data.unlabelled
    return SelectionStatistics(
      of: selection,
      quotas: recipe.ranking.strategy == .unbalanced
        ? Array(repeating: 0, count: selection.classCount) : nil,
      truth: data.isTruthKnown ? { unlabelled.label(at: unlabelled.index(of: $0)) } : nil)
  }
}
