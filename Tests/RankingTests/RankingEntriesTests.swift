import Files
import TestSupport
import Testing

@testable import Ranking

@Suite("Ranking entries")
struct RankingEntriesTests {
  /// Equal first halves are ordered by the second half, descending.
  struct Descending: TieBreak {
    func precedes(_ left: RankingEntry, _ right: RankingEntry) -> Bool {
      left.second > right.second
    }
  }

  /// Entries whose first halves take one of `distinct` values over a range of so many bits.
  static func entries(_ count: Int, distinct: UInt64, bits: UInt64, seed: Int) -> [RankingEntry] {
    var generator = SeededGenerator(seed: UInt64(seed))
    return (0..<count).map { index in
      let value = UInt64.random(in: 0..<distinct, using: &generator)
      let spread = SplitMix64.finalized(value) >> (64 - bits)
      return RankingEntry(first: UInt64.max - spread, second: UInt64(index))
    }
  }

  static func pairs(_ entries: some Sequence<RankingEntry>) -> [[UInt64]] {
    entries.map { [$0.first, $0.second] }
  }

  @Test(
    "entries are cut and sorted as the standard library does, whatever their number and range",
    arguments: [0, 1, 2, 33, 1000, 5000, 70_000], [1, 3, 1 << 40])
  func sorting(count: Int, distinct: UInt64) {
    for bits in [1, 9, 40, 64] as [UInt64] {
      let entries = Self.entries(count, distinct: distinct, bits: bits, seed: count)
      let expected = entries.sorted(by: Descending().isOrdered)
      var sorted = entries
      sorted.withUnsafeMutableBufferPointer { $0.sort(Descending()) }
      #expect(Self.pairs(sorted) == Self.pairs(expected))
      for kept in Set([1, count / 3, count / 2 + 1, count - 1, count]) where kept > 0 {
        guard kept <= count else { continue }
        var cut = entries
        let last = cut.withUnsafeMutableBufferPointer { $0.keepFirst(kept, Descending()) }
        #expect(last == expected[kept - 1].first)
        let first = cut[..<kept].sorted(by: Descending().isOrdered)
        #expect(Self.pairs(first) == Self.pairs(expected[..<kept]))
      }
    }
  }

  @Test(
    "the first scores are sorted as the standard library does, however they are spread",
    arguments: [0, 1, 33, 1000, 5000, 70_000], [1, 3, 1 << 40])
  func firstScores(count: Int, distinct: UInt64) {
    var generator = SeededGenerator(seed: UInt64(count))
    for scale in [0, Float.leastNonzeroMagnitude * 8, 1, 1e4, 3e38, Float.infinity] {
      let entries = (0..<count).map { index in
        let value = Float(UInt64.random(in: 0..<distinct, using: &generator)) / Float(distinct)
        let score = (value - 0.4) * scale
        return RankingEntry(
          first: RankKey.of(score: score.isNaN ? 0 : score, keyHash: UInt64(index % 3) << 32),
          second: UInt64(index))
      }
      let expected = entries.sorted(by: Descending().isOrdered)
      for kept in Set([0, min(count, 1), count / 3, max(count - 1, 0), count]) {
        var sorted = entries
        sorted.withUnsafeMutableBufferPointer { $0.sortFirst(kept, Descending()) }
        #expect(Self.pairs(sorted[..<kept]) == Self.pairs(expected[..<kept]))
      }
    }
  }

  @Test("a rank key orders as the score descending, and gives the score back")
  func rankKeys() {
    let scores: [Float] = [
      .infinity, 3e38, 1.5, 1, .leastNonzeroMagnitude, 0, -1, -3e38, -.infinity,
    ]
    let keys = scores.map { RankKey.of(score: $0, keyHash: .max) }
    #expect(keys == keys.sorted())
    #expect(Set(keys).count == keys.count)
    #expect(keys.map(RankKey.score(of:)) == scores)
    #expect(RankKey.of(score: -0.0, keyHash: 1 << 40) == RankKey.of(score: 0, keyHash: 1 << 40))
    #expect(RankKey.of(score: 1, keyHash: 1 << 40) < RankKey.of(score: 1, keyHash: 2 << 40))
  }
}
