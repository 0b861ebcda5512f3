/// Which classes the tags of each sample name: hashtags, mapped to classes, a shard's at a time.
public struct SampleTags: Sendable {
  /// Calls its last argument with a position and a class for each class that the tags of a sample in
  /// a range of positions of a shard name; the same pair may come twice.
  public typealias Lookup =
    @Sendable (
      _ shard: Int, _ positions: Range<Int>, _ each: (_ position: Int, _ class: Int) -> Void
    ) throws -> Void

  private let lookup: Lookup

  /// Looks tags up for ranges of positions, from several threads at the same time.
  public init(inRanges lookup: @escaping Lookup) { self.lookup = lookup }

  /// Looks the tags of one sample up after the other, from several threads at the same time.
  public init(ofEach classes: @escaping @Sendable (SampleID) -> [Int]) {
    lookup = { shard, positions, each in
      for position in positions {
        for index in classes(SampleID(shard: UInt32(shard), position: UInt32(position))) {
          each(position, index)
        }
      }
    }
  }

  /// The pairs of row and class of a block, sorted and each once, as row · 2^32 + class.
  func pairs(in block: ScoreBlock, shard: Int, classCount: Int) throws -> [UInt64] {
    var pairs: [UInt64] = []
    var wrong: (position: Int, class: Int)?
    let positions = block.firstPosition..<(block.firstPosition + block.count)
    try lookup(shard, positions) { position, index in
      guard positions.contains(position), index >= 0, index < classCount else {
        wrong = (position, index)
        return
      }
      pairs.append(UInt64(position - block.firstPosition) << 32 | UInt64(index))
    }
    if let wrong {
      throw RankingError.invalidArgument(
        "the tags of sample \(wrong.position) of shard \(shard) name the class \(wrong.class); "
          + "samples \(positions) and \(classCount) classes were asked for")
    }
    pairs.sort()
    var last: UInt64?
    pairs.removeAll { pair in
      defer { last = pair }
      return pair == last
    }
    return pairs
  }
}
