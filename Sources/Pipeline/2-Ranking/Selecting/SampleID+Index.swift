import ImageData
import Ranking
import Shards

extension ShardedDataset {
  /// The index of a sample, or `count` when there is no such shard.
  func index(of id: SampleID) -> Int {
    let shard = Int(id.shard)
    return shard < shardCount ? range(ofShard: shard).lowerBound + Int(id.position) : count
  }
}
