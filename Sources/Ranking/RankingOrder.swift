import Synchronization

/// What decides between two entries whose first halves are equal.
protocol TieBreak {
  /// Whether `left` comes before `right`.
  func precedes(_ left: RankingEntry, _ right: RankingEntry) -> Bool
}

extension TieBreak {
  /// The whole order: the first half ascending, then this tie-break.
  @inline(__always)
  func isOrdered(_ left: RankingEntry, _ right: RankingEntry) -> Bool {
    left.first != right.first ? left.first < right.first : precedes(left, right)
  }
}

/// The total order of a ranking: score descending, then the hash of the key ascending, then the
/// key's UTF-8 bytes ascending, then (for one key in two places) the id ascending.
///
/// An entry holds the score and the upper half of the hash. The rest is needed only where both are
/// equal, about once in 2^32 pairs of equal scores, and then comes from the key itself.
///
/// Keys are asked for one at a time, on whichever thread compares: the lock makes it safe to pass a
/// closure that is not made for several threads.
final class RankingOrder: TieBreak, @unchecked Sendable {
  private let key: (SampleID) -> String
  private let lock = Mutex(())

  init(key: @escaping (SampleID) -> String) { self.key = key }

  @inline(never)
  func precedes(_ left: RankingEntry, _ right: RankingEntry) -> Bool {
    guard left.second != right.second else { return false }
    let (leftKey, rightKey) = lock.withLock { _ in (key(left.id), key(right.id)) }
    let (leftHash, rightHash) = (KeyHash.hash(of: leftKey), KeyHash.hash(of: rightKey))
    if leftHash != rightHash { return leftHash < rightHash }
    if leftKey.utf8.elementsEqual(rightKey.utf8) { return left.second < right.second }
    return leftKey.utf8.lexicographicallyPrecedes(rightKey.utf8)
  }
}
