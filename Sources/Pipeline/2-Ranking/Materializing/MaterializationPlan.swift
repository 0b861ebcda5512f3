import Files
import Foundation
import ImageData
import Ranking
import SystemPackage

/// Which row of a selection stands where among the materialized shards.
struct MaterializationPlan {
  let selection: String
  let seed: Int
  let count: Int
  let samplesPerShard: Int
  private let order: KeyedPermutation

  init(selection: String, seed: Int, count: Int, samplesPerShard: Int) {
    self.selection = selection
    self.seed = seed
    self.count = count
    self.samplesPerShard = max(1, samplesPerShard)
    order = KeyedPermutation(count: count, seed: UInt64(bitPattern: Int64(seed)), pass: 0)
  }

  /// What the folder of the shards says of itself.
  var origin: MaterializedFolder.Origin {
    .init(selection: selection, seed: seed, samplesPerShard: samplesPerShard)
  }

  var shardCount: Int { (count + samplesPerShard - 1) / samplesPerShard }

  func places(of shard: Int) -> Range<Int> {
    shard * samplesPerShard..<min(count, (shard + 1) * samplesPerShard)
  }

  func row(at place: Int) -> Int { order[place] }

  func name(of shard: Int) -> String { Format.padded(shard, digits: 5) }

  func sampleName(ofRow row: Int) -> String { Format.padded(row, digits: 9) }

  func record(of shard: Int, bytes: Int, sha256: String, unreadable: [Int])
    -> MaterializeSelection.Record
  {
    .init(
      selection: selection, seed: seed, samplesPerShard: samplesPerShard,
      first: places(of: shard).lowerBound, count: places(of: shard).count, bytes: bytes,
      sha256: sha256, unreadable: unreadable)
  }

  /// Whether `folder` has a shard of this plan, of the size that it had when it was written.
  func hasShard(_ shard: Int, in folder: String) -> Bool {
    let path = "\(folder)/\(name(of: shard))"
    guard let found = try? JSON.read(MaterializeSelection.Record.self, at: "\(path).json"),
      found.selection == selection, found.seed == seed, found.first == places(of: shard).lowerBound,
      found.count == places(of: shard).count
    else { return false }
    return FilePath(text: "\(path).tar").status.map { Int($0.st_size) == found.bytes } ?? false
  }
}

/// What a materialized sample's `.json` says.
struct MaterializedSample: Codable {
  let key: String
  let shard: String
  let classes: [Int]
  let classNames: [String]
  let scores: [Float]
  let ranks: [Int]

  enum CodingKeys: String, CodingKey {
    case key, shard, classes, scores, ranks
    case classNames = "class_names"
  }

  init(of selection: Selection, row: Int, key: String, shard: String, classNames names: [String]) {
    let labels = selection.labels(ofImage: row)
    self.key = key
    self.shard = shard
    classes = labels.map(\.class)
    classNames = labels.map { names[$0.class] }
    scores = labels.map(\.score)
    ranks = labels.map(\.rank)
  }

  /// The class with the highest score.
  var bestClass: Int { zip(scores, classes).max { $0.0 < $1.0 }?.1 ?? 0 }

  var json: Data { get throws { try JSON.line(self) } }
}
