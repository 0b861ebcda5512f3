/// Where a sample is: the index of its shard and its position inside the shard.
public struct SampleID: Hashable, Comparable, Sendable {
  /// The index of the shard in the data set's list of shards.
  public var shard: UInt32
  /// The position inside the shard, from 0.
  public var position: UInt32

  /// Makes the id of the sample at `position` of `shard`.
  public init(shard: UInt32, position: UInt32) {
    self.shard = shard
    self.position = position
  }

  /// Takes shard and position out of one integer.
  init(packed: UInt64) {
    self.init(shard: UInt32(packed >> 32), position: UInt32(truncatingIfNeeded: packed))
  }

  /// Shard and position in one integer whose order is the order of the ids.
  var packed: UInt64 { UInt64(shard) << 32 | UInt64(position) }

  /// Orders by shard, then by position.
  public static func < (left: SampleID, right: SampleID) -> Bool { left.packed < right.packed }
}
