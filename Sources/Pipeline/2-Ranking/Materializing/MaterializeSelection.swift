import Files
import Foundation
import ImageData
import Ranking
import Recipes
import Shards
import Terminal

/// Writes D̂ as WebDataset shards of its own, shuffled beforehand: for training from sequential reads,
/// for other programs, and where U cannot be read at random.
///
/// A sample is `ROW.jpg` (or what else its kind ends in), `ROW.cls` (its best class) and `ROW.json` (key, shard, all
/// classes with scores and ranks), ROW being its row of `selected.bin`. Which sample stands where is a
/// function of the recipe's seed: the same files come out however often the work is interrupted and
/// however many processes share it.
public enum MaterializeSelection {
  /// What one shard holds, written after it: the mark that it is done.
  struct Record: Codable, Equatable {
    var selection: String
    var seed: Int
    var samplesPerShard: Int
    var first: Int
    var count: Int
    var bytes: Int
    var sha256: String
    /// Rows whose picture could no longer be read.
    var unreadable: [Int]

    enum CodingKeys: String, CodingKey {
      case selection = "selection_sha256"
      case seed, first, count, bytes, sha256, unreadable
      case samplesPerShard = "samples_per_shard"
    }
  }

  /// Writes the shards that are not there yet.
  /// - Parameters:
  ///   - run: The run, whose pictures are selected.
  ///   - beside: The folder of a selection beside the run; nil means the run's own.
  ///   - out: The folder; nil means `materialized` beside the selection.
  ///   - samplesPerShard: How many samples a shard has, the last one excepted.
  ///   - share: Which of the shards are this process's; nil means all of them.
  /// - Returns: The folder.
  /// - Throws: `PipelineError`; one that says so when nothing is selected yet, or when the folder
  ///   holds another selection or anything else.
  @discardableResult
  public static func perform(
    in run: Run, selectedIn beside: String? = nil, out: String? = nil,
    samplesPerShard: Int = 10_000, share: WorkShare? = nil
  ) throws -> String {
    let selected = try RunSelection(of: run, in: beside)
    let own = "\(run.directory.folder(of: .ranking))/materialized"
    let folder = out ?? "\(selected.folder)/materialized"
    if folder != own { try run.requireApart(folder) }
    let plan = MaterializationPlan(
      selection: selected.sha256, seed: run.recipe.seed,
      count: selected.selection.images.count, samplesPerShard: samplesPerShard)
    let shards = try MaterializedFolder(folder, for: plan, classNames: run.data.classNames)
    do {
      try write(plan, selected, in: run, to: shards, share)
    } catch {
      shards.withdraw()
      throw error
    }
    return folder
  }

  private static func write(
    _ plan: MaterializationPlan, _ selected: RunSelection, in run: Run,
    to shards: MaterializedFolder, _ share: WorkShare?
  ) throws {
    let (folder, selection) = (shards.path, selected.selection)
    if let share {
      run.console.note(
        "materialize: \(share.title)" + (share.reason.map { ", because \($0)" } ?? "")
          + (share.reason == nil || share.count == 1
            ? "" : "; for all shards give --shard-index 0 --num-shards 1"))
    }
    let missing = (0..<plan.shardCount).filter {
      (share?.contains($0) ?? true) && !shards.isDone($0)
    }
    guard !missing.isEmpty else {
      run.console.note("materialized: \(folder) has every shard")
      return try MaterializedImages.note(folder, plan, beside: selected)
    }
    let pictures = try GatherSelection.pictures(of: selected, in: run)
    try MaterializedImages.note(folder, plan, beside: selected)
    let progress = run.console.progress(
      "materialize", total: missing.reduce(0) { $0 + plan.places(of: $1).count })
    for shard in missing {
      try write(shard, of: plan, selection, pictures, in: run, to: folder, progress)
    }
    progress.finish()
  }

  private static func write(
    _ shard: Int, of plan: MaterializationPlan, _ selection: Selection,
    _ pictures: any ImageDataset, in run: Run, to folder: String, _ progress: ProgressBar
  ) throws {
    let path = "\(folder)/\(plan.name(of: shard))"
    let tar = try TarWriter(path: "\(path).tar")
    let unlabelled = run.data.unlabelled
    var unreadable: [Int] = []
    for place in plan.places(of: shard) {
      try StopSignal.check()
      let row = plan.row(at: place)
      let id = selection.images[row]
      do {
        let picture = try pictures.read(at: row).asFile()
        let name = plan.sampleName(ofRow: row)
        let sample = MaterializedSample(
          of: selection, row: row, key: unlabelled.key(at: unlabelled.index(of: id)),
          shard: unlabelled.shardName(Int(id.shard)), classNames: run.data.classNames)
        try tar.append("\(name).\(picture.extension)", picture.bytes)
        try tar.append("\(name).cls", Data("\(sample.bestClass)\n".utf8))
        try tar.append("\(name).json", sample.json)
      } catch ImageDataError.unreadable {
        unreadable.append(row)
      }
      progress.advance(by: 1)
    }
    try tar.finish()
    try DurableFile.write(
      JSON.pretty(
        plan.record(
          of: shard, bytes: tar.byteCount, sha256: Checksum.sha256(file: "\(path).tar"),
          unreadable: unreadable)), to: "\(path).json")
  }
}
