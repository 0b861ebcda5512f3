import Foundation
import Testing

@testable import Ranking

@Suite("TopImagesPerClass")
struct TopImagesPerClassTests {
  struct Row {
    var score: Float
    var label: Int
    var id: SampleID
    var keyHash: UInt64 { KeyHash.hash(of: key(id)) }
  }

  /// The documented order, written once more in the plainest way.
  static func sorted(_ rows: [Row], key: (SampleID) -> String) -> [RankedImage] {
    rows.filter { !$0.score.isNaN }
      .map { RankedImage(score: $0.score, id: $0.id) }
      .sorted {
        if $0.score != $1.score { return $0.score > $1.score }
        let (leftHash, rightHash) = (KeyHash.hash(of: key($0.id)), KeyHash.hash(of: key($1.id)))
        if leftHash != rightHash { return leftHash < rightHash }
        let (left, right) = (Array(key($0.id).utf8), Array(key($1.id).utf8))
        return left == right ? $0.id < $1.id : left.lexicographicallyPrecedes(right)
      }
  }

  /// Keys in an order that is not that of the ids, each in many places, so that every tie-break is
  /// needed: some of their hashes differ in the lower half only.
  static func key(_ id: SampleID) -> String {
    keys[Int((id.position &* 2_654_435_761) >> 8) % keys.count]
  }

  /// Three ordinary keys, and all among the first 200,000 numbers whose hash shares its upper half
  /// with another's: about 200,000² / 2^33 pairs.
  static let keys: [String] = {
    let hashes = (0..<200_000).map { ($0, KeyHash.hash(of: String($0))) }
    let byUpperHalf = Dictionary(grouping: hashes, by: { $0.1 >> 32 })
    let shared = byUpperHalf.values.filter { $0.count > 1 }.joined().map { String($0.0) }
    return ["a", "b", "c"] + shared.sorted()
  }()

  @Test("there are keys whose hashes share the half that an entry holds")
  func collisions() {
    #expect(Self.keys.count >= 5)
    #expect(Set(Self.keys.map(KeyHash.hash(of:))).count == Self.keys.count)
    #expect(Set(Self.keys.map { KeyHash.hash(of: $0) >> 32 }).count < Self.keys.count)
  }

  /// Rows with few distinct scores and keys.
  static func rows(
    count: Int, classes: Int, distinct: Int, using generator: inout SeededGenerator
  ) -> [Row] {
    (0..<count).map { position in
      let draw = Int.random(in: 0..<(distinct + 4), using: &generator)
      let score: Float =
        switch draw {
        case distinct: .nan
        case distinct + 1: .infinity
        case distinct + 2: -.infinity
        case distinct + 3: -0.0
        default: Float(draw) - Float(distinct / 2)
        }
      return Row(
        score: score, label: Int.random(in: 0..<classes, using: &generator),
        id: SampleID(shard: UInt32(position % 3), position: UInt32(position)))
    }
  }

  static func ranking(
    _ rows: some Sequence<Row>, classes: Int, imagesPerClass: Int
  ) -> TopImagesPerClass {
    let top = TopImagesPerClass(classes: classes, imagesPerClass: imagesPerClass, key: key)
    for row in rows {
      top.insert(score: row.score, class: row.label, keyHash: row.keyHash, id: row.id)
    }
    return top
  }

  @Test(
    "what is selected is the head of a full sort, in any order and any split",
    arguments: 0..<40)
  func fullSort(seed: Int) throws {
    var generator = SeededGenerator(seed: UInt64(seed))
    let classes = 3
    let imagesPerClass = [1, 2, 7, 40, 100, 5000][seed % 6]
    let rows = Self.rows(
      count: Int.random(in: 0...3000, using: &generator), classes: classes,
      distinct: [0, 3, 1000][seed % 3], using: &generator)
    let expected = (0..<classes).map { label in
      Array(Self.sorted(rows.filter { $0.label == label }, key: Self.key).prefix(imagesPerClass))
    }

    let whole = Self.ranking(rows, classes: classes, imagesPerClass: imagesPerClass)
    #expect(whole.selected() == expected)
    #expect(whole.nanCount == rows.count { $0.score.isNaN })
    #expect(whole.selected() == expected, "asking twice changes nothing")

    let shuffled = Self.ranking(
      rows.shuffled(using: &generator), classes: classes, imagesPerClass: imagesPerClass)
    #expect(shuffled.selected() == expected)

    let cut = Int.random(in: 0...rows.count, using: &generator)
    let left = Self.ranking(rows[..<cut], classes: classes, imagesPerClass: imagesPerClass)
    let right = Self.ranking(rows[cut...], classes: classes, imagesPerClass: imagesPerClass)
    if seed.isMultiple(of: 2) { _ = left.selected() }
    try right.merge(left)
    #expect(right.selected() == expected)
    #expect(right.nanCount == whole.nanCount)
  }

  @Test("ascending scores, where every row is better than all before, give the last ones")
  func ascending() {
    let rows = (0..<10_000).map {
      Row(
        score: Float($0), label: 0, id: SampleID(shard: 0, position: UInt32($0)))
    }
    let best = Self.ranking(rows, classes: 1, imagesPerClass: 10).selected(inClass: 0)
    #expect(best.map(\.score) == (9990..<10_000).reversed().map(Float.init))
  }

  @Test("keys are looked up only where score and hash are equal")
  func lookups() {
    var lookups = 0
    let top = TopImagesPerClass(classes: 1, imagesPerClass: 5) { _ in
      lookups += 1
      return ""
    }
    for position in 0..<1000 {
      top.insert(
        score: 1, class: 0, keyHash: KeyHash.hash(of: String(position)),
        id: SampleID(shard: 0, position: UInt32(position)))
    }
    #expect(top.selected(inClass: 0).count == 5)
    #expect(lookups == 0)
  }

  @Test("a class with fewer than K candidates takes what there is, and none below the minimum")
  func fewerThanK() {
    let top = TopImagesPerClass(classes: 3, imagesPerClass: 100, minimumScore: 0) { _ in "" }
    for (position, score) in [Float(-1), 0, 2, .nan, -.infinity].enumerated() {
      top.insert(
        score: score, class: 1, keyHash: 0, id: SampleID(shard: 0, position: UInt32(position)))
    }
    #expect(top.selected().map { $0.map(\.score) } == [[], [2, 0], []])
    #expect(top.nanCount == 1)
  }

  @Test("K = 0 selects nothing, not even certain images")
  func nothing() {
    let top = TopImagesPerClass(classes: 1, imagesPerClass: 0) { _ in "" }
    top.insert(score: .infinity, class: 0, keyHash: 0, id: SampleID(shard: 0, position: 0))
    #expect(top.selected() == [[]])
  }

  @Test("rankings of different depth are not merged")
  func mismatch() {
    let top = TopImagesPerClass(classes: 2, imagesPerClass: 3) { _ in "" }
    let other = TopImagesPerClass(classes: 2, imagesPerClass: 4) { _ in "" }
    #expect(throws: RankingError.self) { try top.merge(other) }
  }
}
