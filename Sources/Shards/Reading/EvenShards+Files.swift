import Files
import ImageData

extension EvenShards {
  /// The states of a shard's files in one word; nil where they are not known.
  public func filesState(ofShard shard: Int) -> String? {
    let states = range(ofShard: shard).map { fileState(at: $0) }
    guard states.contains(where: { $0 != 0 }) else { return nil }
    return String(states.withUnsafeBytes { XXHash64.hash($0) }, radix: 16)
  }
}
