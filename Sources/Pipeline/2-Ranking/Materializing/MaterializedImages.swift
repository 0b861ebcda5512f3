import Files
import Foundation
import ImageData
import Ranking
import Shards
import SystemPackage
import Terminal

/// Where the pictures of a run's selection were materialized: `materialized.json` of `2-ranking`.
struct MaterializedImages: Codable {
  private let folder: String
  private let selection: String
  private let seed: Int
  private let samplesPerShard: Int

  enum CodingKeys: String, CodingKey {
    case folder, seed
    case selection = "selection_sha256"
    case samplesPerShard = "samples_per_shard"
  }

  private static func path(in folder: String) -> String { "\(folder)/materialized.json" }

  /// Notes beside a selection that `plan` is carried out in `folder`.
  static func note(_ folder: String, _ plan: MaterializationPlan, beside selected: RunSelection)
    throws
  {
    let place = MaterializedImages(
      folder: FilePath(text: folder).absolute.text, selection: plan.selection,
      seed: plan.seed, samplesPerShard: plan.samplesPerShard)
    try DurableFile.write(try JSON.pretty(place), to: path(in: selected.folder))
  }

  /// The pictures of `selection`, in the order of its rows, when all of its shards are there.
  ///
  /// Shards are known by their records and sizes; their bytes are not read for it.
  static func pictures(of selected: RunSelection, in run: Run) throws -> (any ImageDataset)? {
    let selection = selected.selection
    guard let place = try? JSON.read(MaterializedImages.self, at: path(in: selected.folder)),
      place.selection == selected.sha256
    else { return nil }
    let plan = MaterializationPlan(
      selection: place.selection, seed: place.seed, count: selection.images.count,
      samplesPerShard: place.samplesPerShard)
    let there = (0..<plan.shardCount).count { plan.hasShard($0, in: place.folder) }
    guard there == plan.shardCount else {
      run.console.note(
        "materialized: \(there) of \(Format.counted(plan.shardCount, "shard", "shards")) in "
          + "\(place.folder); the pictures are read from U")
      return nil
    }
    run.console.note("materialized: the pictures are read from \(place.folder)")
    let index = "\(run.directory.folder(of: .ranking))/materialized.index"
    var options = IndexOptions()
    options.commands = .denied
    try buildIndex(
      of: place.folder, in: index, options: options, shouldStop: { StopSignal.isAsked })
    let unlabelled = run.data.unlabelled
    return try GatheredImages(
      IndexedCollection(folder: index), count: selection.images.count,
      keys: { unlabelled.key(at: unlabelled.index(of: selection.images[$0])) })
  }
}
