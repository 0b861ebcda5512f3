import Testing

@testable import Ranking

@Suite("Blocks of scores in memory")
struct ScoreBlocksTests {
  typealias Row = TopImagesPerClassTests.Row

  /// Blocks of up to 256 samples of one shard, P = 3 of 5 classes, and their rows.
  ///
  /// Where `clustered`, class 0 is highest in the second block and rare elsewhere, so that no part of
  /// the samples tells how its scores are spread.
  static func blocks(
    _ samples: Int, clustered: Bool, distinct: Int, using generator: inout SeededGenerator
  ) throws -> (blocks: [ScoreBlock], rows: [Row]) {
    var (blocks, rows): ([ScoreBlock], [Row]) = ([], [])
    for start in stride(from: 0, to: samples, by: 256) {
      let positions = start..<min(start + 256, samples)
      let ids = positions.map { SampleID(shard: 4, position: UInt32($0)) }
      var scores: [[Float]] = []
      var classes: [[UInt32]] = []
      for column in 0..<3 {
        scores.append(
          positions.map { position in
            let draw = Int.random(in: 0...distinct, using: &generator)
            if draw == distinct { return [.nan, -.infinity, .infinity, -0.0][position % 4] }
            return Float(draw - distinct / 2) + (clustered && position / 256 == 1 ? 1e6 : 0)
          })
        classes.append(
          positions.map { position in
            if clustered, position / 256 != 1 { return UInt32(1 + (position + column) % 4) }
            return UInt32((position &* 7 + column) % 5)
          })
        for (row, id) in ids.enumerated() {
          rows.append(Row(score: scores[column][row], label: Int(classes[column][row]), id: id))
        }
      }
      blocks.append(
        try ScoreBlock(
          firstPosition: start,
          keyHashes: ids.map { KeyHash.hash(of: TopImagesPerClassTests.key($0)) }, scores: scores,
          classes: classes, classCount: 5))
    }
    return (blocks, rows)
  }

  @Test("blocks give the head of a full sort with any number of threads", arguments: 0..<24)
  func fullSort(seed: Int) throws {
    var generator = SeededGenerator(seed: UInt64(seed))
    let (blocks, rows) = try Self.blocks(
      [100, 3000, 9000][seed % 3], clustered: seed % 2 == 1, distinct: [3, 100_000][seed / 2 % 2],
      using: &generator)
    let imagesPerClass = [1, 60, 400][seed / 4 % 3]
    let expected = (0..<5).map { label in
      Array(
        TopImagesPerClassTests.sorted(
          rows.filter { $0.label == label }, key: TopImagesPerClassTests.key
        ).prefix(imagesPerClass))
    }
    for threads in 1...3 {
      let top = TopImagesPerClass(
        classes: 5, imagesPerClass: imagesPerClass, key: TopImagesPerClassTests.key)
      let cut = threads == 3 ? blocks.count / 2 : blocks.count
      try top.insert(Array(blocks[..<cut]), shard: 4, threads: threads)
      try top.insert(Array(blocks[cut...]), shard: 4, threads: threads)
      top.rank(threads: threads)
      #expect(top.selected() == expected, "\(threads) threads")
    }
  }

  @Test("first rows that promise too much are found out, and their classes are ranked again")
  func misleadingBeginning() throws {
    // Scores are high exactly in the first 64th of four blocks of 80: 16 rows, enough to begin there
    // (rank 100/64 + 4.5·√(100/64) + 4 = 11) but not for K = 100.
    var (blocks, rows): ([ScoreBlock], [Row]) = ([], [])
    for block in 0..<80 {
      let ids = (0..<256).map { SampleID(shard: 0, position: UInt32(block * 256 + $0)) }
      let keyHashes = ids.map { KeyHash.hash(of: TopImagesPerClassTests.key($0)) }
      func make(_ scores: [Float]) throws -> ScoreBlock {
        try ScoreBlock(
          firstPosition: block * 256, keyHashes: keyHashes, scores: [scores, scores],
          classes: [Array(repeating: 0, count: 256), Array(repeating: 1, count: 256)], classCount: 2
        )
      }
      var scores = ids.map { Float($0.position % 97) }
      let first = try make(scores).rows(0..<1)
      for row in first where block < 4 { scores[row] = 1000 }
      blocks.append(try make(scores))
      for (id, score) in zip(ids, scores) {
        rows.append(Row(score: score, label: 0, id: id))
        rows.append(Row(score: score, label: 1, id: id))
      }
    }
    let top = TopImagesPerClass(
      classes: 2, imagesPerClass: 100, key: TopImagesPerClassTests.key)
    try top.insert(blocks, shard: 0, threads: 2)
    for label in 0..<2 {
      let expected = TopImagesPerClassTests.sorted(
        rows.filter { $0.label == label }, key: TopImagesPerClassTests.key)
      #expect(top.selected(inClass: label) == Array(expected.prefix(100)))
    }
  }

  @Test("rows that all pass and find no room wait for it, and none is lost", arguments: 1...3)
  func waiting(threads: Int) throws {
    // After the first block every row is better than all before.
    let count = 3 * BlockFilter.patience
    let blocks = try stride(from: 0, to: count, by: 4096).map { start in
      let positions = start..<min(start + 4096, count)
      return try ScoreBlock(
        firstPosition: start, keyHashes: positions.map { UInt64($0) << 32 },
        scores: [positions.map { Float($0) }], classes: [positions.map { _ in 1 }], classCount: 3)
    }
    let top = TopImagesPerClass(classes: 3, imagesPerClass: 70) { "\($0)" }
    try top.insert([blocks[0]], shard: 0, threads: threads)
    try top.insert(Array(blocks[1...]), shard: 0, threads: threads)
    let best = ((count - 70)..<count).reversed().map(Float.init)
    #expect(top.selected(inClass: 1).map(\.score) == best)
    #expect(top.selected(inClass: 0).isEmpty)
  }

  @Test("blocks of other classes are refused, and so are columns that do not fit together")
  func mismatch() throws {
    let top = TopImagesPerClass(classes: 2, imagesPerClass: 3) { _ in "" }
    let block = try ScoreBlock(keyHashes: [1], scores: [[1]], classes: [[2]], classCount: 3)
    #expect(throws: RankingError.self) { try top.insert([block], shard: 0) }
    #expect(throws: RankingError.self) {
      try ScoreBlock(keyHashes: [1], scores: [[1]], classes: [[3]], classCount: 3)
    }
    #expect(throws: RankingError.self) {
      try ScoreBlock(keyHashes: [1], scores: [[1, 2]], classes: [[0]], classCount: 3)
    }
  }
}
