import CImage
import Files
import Foundation
import Testing

@testable import Copies

/// What `NearPairs` finds, with distances.
private struct NearDuplicates {
  /// A row and an earlier one near it.
  struct Pair: Hashable {
    var row: Int
    var original: Int
    var distance: Int
    var isIdentical: Bool
  }

  var pairs: [Pair]
  /// The rows to leave out.
  var duplicates: [Pair]

  init(among hashes: [PerceptualHash], threads: Int? = nil) throws {
    let found = try NearPairs(
      among: HashColumn(count: hashes.count) { hashes[$0] },
      within: PerceptualHash.nearDistance, threads: threads)
    func pair(_ pair: RowPair) -> Pair {
      let (hash, other) = (hashes[pair.row], hashes[pair.original])
      return Pair(
        row: pair.row, original: pair.original, distance: hash.distance(to: other),
        isIdentical: hash == other)
    }
    (pairs, duplicates) = (found.pairs.map(pair), found.leftOut.map(pair))
  }
}

@Suite("Near duplicates")
struct NearDuplicatesTests {
  /// SplitMix64.
  struct Draws {
    var state: UInt64
    mutating func word() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      return SplitMix64.finalized(state)
    }
    mutating func fingerprint() -> Fingerprint { Fingerprint(low: word(), high: word()) }
    mutating func hash() -> PerceptualHash {
      PerceptualHash(whole: fingerprint(), inner: fingerprint())
    }
    /// `hash` with `count` different bits of both parts flipped.
    mutating func flipped(_ hash: PerceptualHash, _ count: Int) -> PerceptualHash {
      PerceptualHash(whole: flipped(hash.whole, count), inner: flipped(hash.inner, count))
    }
    mutating func flipped(_ hash: Fingerprint, _ count: Int) -> Fingerprint {
      var copy = hash
      while copy.distance(to: hash) < count {
        let place = word()
        let bit: UInt64 = 1 << (place % 64)
        if place >> 32 & 1 == 0 {
          copy.low = copy.low & ~bit | ~hash.low & bit
        } else {
          copy.high = copy.high & ~bit | ~hash.high & bit
        }
      }
      return copy
    }
  }

  /// `count` hashes, the last tenth of which are copies that differ in 0 to 30 bits.
  func made(_ count: Int, seed: UInt64 = 1) -> [PerceptualHash] {
    var draws = Draws(state: seed)
    let originals = count - count / 10
    var hashes = (0..<originals).map { _ in draws.hash() }
    for index in 0..<count / 10 {
      let original = hashes[3 * index]
      var copy = PerceptualHash(
        whole: draws.flipped(original.whole, index % 31), inner: draws.fingerprint())
      // Some are near the original's inner part, and of some the inner part is near the whole.
      switch index % 5 {
      case 1: copy.whole = draws.flipped(original.inner, index % 31)
      case 2: copy = PerceptualHash(whole: copy.inner, inner: copy.whole)
      case 3: copy.inner = original.inner
      default: break
      }
      hashes.append(copy)
    }
    return hashes
  }

  private func near(_ row: Int, _ original: Int, _ distance: Int) -> NearDuplicates.Pair {
    NearDuplicates.Pair(row: row, original: original, distance: distance, isIdentical: false)
  }

  private func same(_ row: Int, _ original: Int) -> NearDuplicates.Pair {
    NearDuplicates.Pair(row: row, original: original, distance: 0, isIdentical: true)
  }

  /// A hash whose inner part is like nothing else here.
  func hash(_ low: UInt64, _ high: UInt64, inner: UInt64) -> PerceptualHash {
    PerceptualHash(
      whole: Fingerprint(low: low, high: high),
      inner: Fingerprint(low: SplitMix64.finalized(inner), high: SplitMix64.finalized(~inner)))
  }

  @Test("of few rows every pair within the distance is found, and no other")
  func exact() throws {
    let hashes = made(3000)
    var expected: [NearDuplicates.Pair] = []
    for row in hashes.indices {
      for earlier in 0..<row {
        let distance = hashes[row].distance(to: hashes[earlier])
        guard distance <= 24 else { continue }
        expected.append(
          hashes[row] == hashes[earlier] ? same(row, earlier) : near(row, earlier, distance))
      }
    }
    #expect(expected.count >= 200)
    #expect(try NearDuplicates(among: hashes).pairs == expected)
  }

  @Test("every pair within 25 bits agrees in one of 13 blocks but for a bit, at worst")
  func pigeonhole() {
    let blocks = HashBlocks(rows: 100_000, logPerKey: 4).blocks
    #expect(blocks.count == 13)
    #expect(blocks.map(\.width).reduce(0, +) == 128)
    var draws = Draws(state: 3)
    for _ in 0..<2000 {
      let hash = draws.fingerprint(), copy = draws.flipped(hash, 25)
      #expect(blocks.contains { ($0.key(hash) ^ $0.key(copy)).nonzeroBitCount <= 1 })
    }
  }

  @Test("the blocks cover all bits whatever the number of rows")
  func blocks() {
    for rows in [0, 1, 2, 100, 131_072, 131_073, 1_000_000, 10_000_000, 1 << 27, 1 << 32] {
      for logPerKey in [2, 4] {
        let blocks = HashBlocks(rows: rows, logPerKey: logPerKey).blocks
        #expect((5...13).contains(blocks.count))
        #expect(blocks.map(\.start) == blocks.indices.map { 128 * $0 / blocks.count })
        #expect(blocks.map(\.width).reduce(0, +) == 128)
        let ones = Fingerprint(low: .max, high: .max)
        #expect(blocks.allSatisfy { $0.key(ones) == 1 << $0.width - 1 })
      }
    }
  }

  @Test("of many rows close pairs are certain and the others likely")
  func many() throws {
    let hashes = made(100_000)
    let originals = 90_000
    let found = Set(
      try NearDuplicates(among: hashes).pairs.map { [$0.row, $0.original, $0.distance] })
    let blocks = HashBlocks(rows: 200_000, logPerKey: 4).blocks.count
    var missed = 0
    for copy in originals..<100_000 {
      let original = 3 * (copy - originals)
      let distance = hashes[copy].distance(to: hashes[original])
      guard distance <= 24 else { continue }
      let isFound = found.contains([copy, original, distance])
      if distance < 2 * blocks { #expect(isFound) }
      missed += isFound ? 0 : 1
    }
    // Bits that flip evenly are the worst case; those of pictures flip in the high blocks.
    #expect(missed < 800)
  }

  @Test("any number of threads gives the same pairs", arguments: [1, 2, 5])
  func threads(_ count: Int) throws {
    let hashes = made(20_000)
    #expect(
      try NearDuplicates(among: hashes, threads: count).pairs
        == NearDuplicates(among: hashes, threads: 3).pairs)
  }

  @Test("a quarter of the buckets at a time gives the same pairs")
  func quarters() throws {
    var draws = Draws(state: 12)
    let crowd = draws.hash()
    let hashes = made(20_000) + (0..<3000).map { draws.flipped(crowd, 1 + $0 % 10) } + made(100)
    let column = HashColumn(count: hashes.count) { hashes[$0] }
    let whole = try NearPairs(among: column, within: 24)
    let quarters = try NearPairs(among: column, within: 24, threads: 2, mostAtOnce: 0)
    #expect(whole.pairs.count > 10_000)
    #expect(quarters.pairs == whole.pairs)
    #expect(quarters.leftOut == whole.leftOut)
  }

  @Test("equal rows are found in one part or in many, but not those that are to be equal to none")
  func equalRows() throws {
    var draws = Draws(state: 13)
    let values = (0..<5000).map { _ in draws.word() % 3000 }
    var first: [UInt64: UInt32] = [:]
    var expected: [RowPair] = []
    for (row, value) in values.enumerated() where value != 7 {
      if let earlier = first[value] {
        expected.append(RowPair(UInt32(row), earlier))
      } else {
        first[value] = UInt32(row)
      }
    }
    let column = HashColumn(count: values.count) { values[$0] }
    for most in [0, 5000] {
      let pairs = try EqualRows.find(in: column, threads: 3, mostInOnePart: most) { _, value in
        value == 7 ? nil : SplitMix64.finalized(value)
      }
      #expect(pairs == expected)
    }
  }

  @Test("fingerprints meet when one of some is near one of others")
  func meeting() {
    var draws = Draws(state: 14)
    for left in 0..<10 {
      for right in 0..<10 {
        let (ours, theirs) = (
          (0..<left).map { _ in draws.fingerprint() }, (0..<right).map { _ in draws.fingerprint() }
        )
        let least = ours.flatMap { one in theirs.map { one.distance(to: $0) } }.min()
        for limit in [least.map { $0 - 1 }, least, 128].compactMap({ $0 }) {
          let meet = ours.withUnsafeBytes { ours in
            theirs.withUnsafeBytes { theirs in
              guard let ours = ours.bindMemory(to: UInt64.self).baseAddress,
                let theirs = theirs.bindMemory(to: UInt64.self).baseAddress
              else { return least != nil }
              return cimage_fingerprints_meet(
                ours, Int32(left), theirs, Int32(right), Int32(limit)) != 0
            }
          }
          #expect(meet == (least.map { $0 <= limit } ?? false), "\(left) and \(right)")
        }
      }
    }
  }

  @Test("a chain loses only what is near a kept row; its group is the whole chain")
  func chain() throws {
    let first = hash(0xFFFF, 1, inner: 1)
    let second = hash(0xFFFF, 0xFFFFF << 20 | 1, inner: 2)
    let third = hash(0xFFFF | 0xFFFFF << 30, 0xFFFFF << 20 | 1, inner: 3)
    let other = hash(~0xFFFF, ~1, inner: 4)
    let result = try NearDuplicates(among: [first, other, second, third])
    #expect(result.pairs == [near(2, 0, 20), near(3, 2, 20)])
    #expect(result.duplicates == [near(2, 0, 20)])
  }

  @Test("a row with the fingerprint of a left-out row is left out too, for the same original")
  func fate() throws {
    let first = hash(0xFFFF, 1, inner: 1)
    let second = hash(0xFFFF, 0xFFFFF << 20 | 1, inner: 2)
    let result = try NearDuplicates(among: [first, second, second, first])
    #expect(result.duplicates == [near(1, 0, 20), near(2, 0, 20), same(3, 0)])
  }

  @Test("rows without information are near nothing, not even each other")
  func none() throws {
    let faint = PerceptualHash(whole: Fingerprint(low: 1, high: 0), inner: .none)
    let result = try NearDuplicates(among: [.none, .none, faint, .none])
    #expect(result.pairs.isEmpty)
    #expect(try NearDuplicates(among: []).pairs.isEmpty)
  }

  @Test("many rows of one fingerprint are one group, and all but the first are left out")
  func identical() throws {
    var draws = Draws(state: 9)
    let hash = draws.hash()
    let result = try NearDuplicates(among: Array(repeating: hash, count: 100_000))
    #expect(result.duplicates.count == 99_999)
    #expect(result.duplicates.allSatisfy { $0.original == 0 })
  }

  @Test("many different copies of one picture stay bounded, and nearly all are left out")
  func crowd() throws {
    var draws = Draws(state: 11)
    let hash = draws.hash()
    let hashes = [hash] + (0..<20_000).map { draws.flipped(hash, 1 + $0 % 10) }
    let result = try NearDuplicates(among: hashes)
    #expect(result.pairs.count <= 8 * hashes.count)
    // Fewer than 11 bits from the first: none can be far from every kept one.
    #expect(result.duplicates.count == 20_000)
  }

  @Test("a pair list keeps the 8 earliest partners of a row, whatever came first")
  func pairList() {
    var list = PairList()
    for partner in stride(from: UInt32(19), through: 0, by: -1) {
      list.append(partner, 100)
      list.append(100, partner)
    }
    list.append(7, 8)
    list.compact()
    #expect(list.pairs == [RowPair(8, 7)] + (0..<8).map { RowPair(100, $0) })
  }
}
