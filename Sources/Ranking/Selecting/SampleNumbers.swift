/// The samples of scored shards, numbered from 0 without gaps in the order of their ids.
///
/// A ranking counts in these numbers rather than in ids: selected images then fall evenly into ranges
/// of numbers, which is how they are sorted.
struct SampleNumbers: Sendable {
  /// The number of the first sample of each shard in the order that they were given in.
  let firsts: [UInt64]
  /// The numbers at which shards begin, ascending, then that of all samples.
  private let starts: [UInt64]
  /// The indices of the shards in that order.
  private let indices: [UInt32]

  init(_ shards: [ScoredShard]) {
    var firsts = Array(repeating: UInt64(0), count: shards.count)
    var (starts, indices): ([UInt64], [UInt32]) = ([], [])
    var next: UInt64 = 0
    for place in shards.indices.sorted(by: { shards[$0].index < shards[$1].index }) {
      firsts[place] = next
      starts.append(next)
      indices.append(UInt32(truncatingIfNeeded: shards[place].index))
      next += UInt64(shards[place].record.count)
    }
    starts.append(next)
    (self.firsts, self.starts, self.indices) = (firsts, starts, indices)
  }

  /// How many samples there are.
  var count: Int { Int(starts[indices.count]) }

  /// The id of the sample with a number; `hint` is where the last one was found, and of ascending
  /// numbers the next is there or near.
  @inline(__always)
  func id(_ number: UInt64, near hint: inout Int) -> SampleID {
    if number < starts[hint] || number >= starts[hint + 1] { hint = place(of: number) }
    return SampleID(
      shard: indices[hint], position: UInt32(truncatingIfNeeded: number - starts[hint]))
  }

  /// The id of the sample with a number.
  func id(_ number: UInt64) -> SampleID {
    var hint = 0
    return id(number, near: &hint)
  }

  /// The last shard that begins at or before a number; empty ones begin where the next does.
  private func place(of number: UInt64) -> Int {
    var (low, high) = (0, indices.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if starts[middle] <= number { low = middle } else { high = middle }
    }
    return low
  }
}
