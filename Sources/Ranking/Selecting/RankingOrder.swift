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
/// An entry holds the score, the upper half of the hash and a number that says which image it is. The
/// rest is needed only where the first two are equal, about once in 2^32 pairs of equal scores, and
/// then comes from the key itself.
///
/// Keys are asked for one at a time, on whichever thread compares: the lock makes it safe to pass a
/// closure that is not made for several threads.
final class RankingOrder: TieBreak, @unchecked Sendable {
  private let key: (_ number: UInt64) -> String
  private let lock = Mutex(())

  /// Orders images whose numbers ascend as their ids do.
  init(key: @escaping (_ number: UInt64) -> String) { self.key = key }

  @inline(never)
  func precedes(_ left: RankingEntry, _ right: RankingEntry) -> Bool {
    guard left.second != right.second else { return false }
    let (leftKey, rightKey) = lock.withLock { _ in (key(left.second), key(right.second)) }
    let (leftHash, rightHash) = (KeyHash.hash(of: leftKey), KeyHash.hash(of: rightKey))
    if leftHash != rightHash { return leftHash < rightHash }
    if leftKey.utf8.elementsEqual(rightKey.utf8) { return left.second < right.second }
    return leftKey.utf8.lexicographicallyPrecedes(rightKey.utf8)
  }
}
