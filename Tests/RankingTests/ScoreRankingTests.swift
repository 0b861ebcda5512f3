import Foundation
import TestSupport
import Testing

@testable import Ranking

@Suite("Ranking of scores")
struct ScoreRankingTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// One class of one sample.
  struct Row {
    var sample: Int
    var label: Int
    var score: Float
  }

  /// The documented order, written once more in the plainest way.
  static func sorted(_ rows: [Row]) -> [Row] {
    rows.filter { !$0.score.isNaN }.sorted {
      if $0.score != $1.score { return $0.score > $1.score }
      let (leftHash, rightHash) = (
        KeyHash.hash(of: key($0.sample)), KeyHash.hash(of: key($1.sample))
      )
      if leftHash != rightHash { return leftHash < rightHash }
      let (left, right) = (Array(key($0.sample).utf8), Array(key($1.sample).utf8))
      return left == right ? $0.sample < $1.sample : left.lexicographicallyPrecedes(right)
    }
  }

  /// Keys in an order that is not that of the samples, each of many samples, so that every tie-break
  /// is needed: some of their hashes differ in the lower half only.
  static func key(_ sample: Int) -> String {
    keys[Int((UInt32(sample) &* 2_654_435_761) >> 8) % keys.count]
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

  /// Writes the rows of samples as shards that begin with the samples `starts`.
  func shards(
    _ samples: [[Row]], _ starts: [Int], classes: Int, samplesPerBlock: Int = 32
  ) throws -> [ScoredShard] {
    try starts.indices.map { index in
      let end = index + 1 < starts.count ? starts[index + 1] : samples.count
      let path = "\(folder.path)/\(starts.count)-\(index).scores"
      let file = try ScoreFileWriter(
        path: path, classesPerSample: samples.map(\.count).max() ?? 1, classes: classes,
        samplesPerBlock: samplesPerBlock)
      for sample in starts[index]..<end {
        try file.append(
          keyHash: KeyHash.hash(of: Self.key(sample)), classes: samples[sample].map(\.label),
          scores: samples[sample].map(\.score))
      }
      try file.finish()
      var record = try SelectionTests.record(
        shard: String(index), count: end - starts[index],
        classesPerSample: samples.map(\.count).max() ?? 1, classes: classes, scores: path)
      record.scoresChecksum = file.checksum
      return ScoredShard(record: record, scoresPath: path, index: index)
    }
  }

  /// What each class gets, best first, on so many threads.
  func selected(
    _ shards: [ScoredShard], _ starts: [Int], imagesPerClass: Int, threads: Int,
    minimumScore: Float = -.infinity, key: @escaping (Int) -> String = Self.key
  ) throws -> [[Int]] {
    var request = SelectionRequest(
      shards: shards, classesPerSample: shards[0].record.classesPerSample,
      imagesPerClass: imagesPerClass, threads: threads)
    request.minimumScore = minimumScore
    func sample(_ id: SampleID) -> Int { starts[Int(id.shard)] + Int(id.position) }
    let selection = try request.select(key: { key(sample($0)) }).selection
    #expect(selection.violatedInvariant() == nil)
    var lists: [[(rank: Int, sample: Int)]] = Array(repeating: [], count: selection.classCount)
    for row in selection.images.indices {
      for label in selection.labels(ofImage: row) {
        lists[label.class].append((label.rank, sample(selection.images[row])))
      }
    }
    return lists.map { $0.sorted { $0.rank < $1.rank }.map(\.sample) }
  }

  static func expected(_ samples: [[Row]], classes: Int, imagesPerClass: Int) -> [[Int]] {
    let rows = samples.flatMap(\.self)
    return (0..<classes).map { label in
      sorted(rows.filter { $0.label == label }).prefix(imagesPerClass).map(\.sample)
    }
  }

  /// Samples with P = 3 of 5 classes.
  ///
  /// Where `clustered`, class 0 is highest among 256 neighbours and rare elsewhere, so that no part of
  /// the samples tells how its scores are spread.
  static func samples(
    _ count: Int, clustered: Bool, distinct: Int, using generator: inout SeededGenerator
  ) -> [[Row]] {
    (0..<count).map { sample in
      let isInside = clustered && (256..<512).contains(sample)
      return (0..<3).map { column in
        let draw = Int.random(in: 0...distinct, using: &generator)
        let score =
          draw == distinct
          ? [.nan, -.infinity, .infinity, -0.0][sample % 4]
          : Float(draw - distinct / 2) + (isInside ? 1e6 : 0)
        let label =
          clustered && !isInside ? 1 + (sample + column) % 4 : (sample &* 7 + column) % 5
        return Row(sample: sample, label: label, score: score)
      }
    }
  }

  @Test(
    "what is selected is the head of a full sort, with any shards and any number of threads",
    arguments: 0..<24)
  func fullSort(seed: Int) throws {
    var generator = SeededGenerator(seed: UInt64(seed))
    let samples = Self.samples(
      [100, 3000, 9000][seed % 3], clustered: seed % 2 == 1, distinct: [3, 100_000][seed / 2 % 2],
      using: &generator)
    let imagesPerClass = [1, 60, 400][seed / 4 % 3]
    let expected = Self.expected(samples, classes: 5, imagesPerClass: imagesPerClass)
    let cuts = (0..<3).map { _ in Int.random(in: 0...samples.count, using: &generator) }
    for starts in [[0], [0] + cuts.sorted()] {
      let shards = try shards(samples, starts, classes: 5)
      for threads in 1...3 {
        #expect(
          try selected(shards, starts, imagesPerClass: imagesPerClass, threads: threads)
            == expected, "\(threads) threads, shards that begin at \(starts)")
      }
    }
  }

  @Test("a part that promises too much is found out, and its classes are ranked again")
  func misleadingPart() throws {
    // Of 96 blocks of 32 samples one has the 32 best of class 0. Whichever blocks are looked at
    // first, it is among them for some of these: 32 would be enough to begin there
    // (rank 100/64 + 4.5·√(100/64) + 4 = 11), but not for K = 100.
    for block in 0..<96 {
      let samples = (0..<3072).map { sample in
        (0..<2).map {
          let score = sample / 32 == block ? 1000 : Float(sample % 97)
          return Row(sample: sample, label: $0, score: score)
        }
      }
      let shards = try shards(samples, [0], classes: 2)
      #expect(
        try selected(shards, [0], imagesPerClass: 100, threads: 2)
          == Self.expected(samples, classes: 2, imagesPerClass: 100), "block \(block)")
    }
  }

  @Test(
    "of many equal scores the first by hash are taken, also where a part of them was left out at first",
    arguments: [5, 6, 7])
  func tiedPart(count: Int) throws {
    // Class 0 has 160 samples or more of one score, in 5, 6 or 7 of 96 blocks. Where one of these is looked at first, 12
    // of its 32 stay (120/64 + 4.5·√(120/64) + 4); with the others that is more than K = 120. Where the eighth that is
    // looked at next has another one, the class begins a second time, maybe at a key behind the first one.
    for block in 0..<96 {
      let blocks = Set((0..<count).map { (block + 13 * $0) % 96 })
      let samples = (0..<3072).map { sample in
        [blocks.contains(sample / 32) ? 0 : 2, 1].map {
          Row(sample: sample, label: $0, score: $0 == 0 ? 1000 : Float(sample % 97))
        }
      }
      let shards = try shards(samples, [0], classes: 3)
      #expect(
        try selected(shards, [0], imagesPerClass: 120, threads: 2)
          == Self.expected(samples, classes: 3, imagesPerClass: 120), "block \(block)")
    }
  }

  @Test(
    "in random order all images of a class that is not full are taken, however many threads there are"
  )
  func randomOrder() throws {
    // 10 of each class for K = 10, whose room of 26 eight threads use up in stretches of 4: the others wait.
    let count = 20_000
    let samples = (0..<count).map { [Row(sample: $0, label: $0 % 2_000, score: 0)] }
    let starts = (0..<8).map { $0 * count / 8 }
    let shards = try shards(samples, starts, classes: 2_000)
    var request = SelectionRequest(
      shards: shards, classesPerSample: 1, imagesPerClass: 10, threads: 8)
    request.strategy = .tags(
      SampleTags { [(starts[Int($0.shard)] + Int($0.position)) % 2_000] }, seed: 5)
    let selection = try request.select(key: { "\(starts[Int($0.shard)] + Int($0.position))" })
      .selection
    #expect(selection.images.count == count)
  }

  @Test("rows that all pass and find no room wait for it, and none is lost", arguments: 1...3)
  func waiting(threads: Int) throws {
    // Every row is better than all before, and each of the threads has some.
    let count = 6 * ScoreFilter.patience
    let samples = (0..<count).map { [Row(sample: $0, label: 1, score: Float($0 % (count / 3)))] }
    let starts = [0, count / 3, 2 * count / 3]
    let shards = try shards(samples, starts, classes: 3, samplesPerBlock: 4096)
    // Scores of one sample of each shard are equal: the hashes decide among three.
    let selected = try selected(shards, starts, imagesPerClass: 70, threads: threads) { "\($0)" }
    #expect(selected[0].isEmpty && selected[2].isEmpty)
    let scores = selected[1].map { $0 % (count / 3) }
    #expect(scores == (0..<70).map { count / 3 - 1 - $0 / 3 })
  }

  @Test("keys are looked up only where score and half the hash are equal")
  func lookups() throws {
    // Samples of one score, each with a key of its own.
    let collection = ScoredCollection(
      count: 1000, classes: 1, classesPerSample: 1, distinct: 1, seed: 0, in: folder)
    let shards = try collection.shards([0])
    var lookups = 0
    let selection = try collection.request(shards, imagesPerClass: 5).select { _ in
      lookups += 1
      return ""
    }.selection
    #expect(selection.images.count == 5)
    #expect(lookups == 0)
  }

  @Test("a class with fewer than K candidates takes what there is, and none below the minimum")
  func fewerThanK() throws {
    let scores: [Float] = [-1, 0, 2, .nan, -.infinity, -0.0]
    let samples = scores.enumerated().map { [Row(sample: $0, label: 1, score: $1)] }
    let shards = try shards(samples, [0], classes: 3)
    let lists = try selected(
      shards, [0], imagesPerClass: 100, threads: 2, minimumScore: 0, key: { "\($0)" })
    #expect(lists.map(\.count) == [0, 3, 0])
    #expect(lists[1][0] == 2 && Set(lists[1]) == [1, 2, 5], "−0 is 0")
  }

  @Test(
    "the minimum score holds for tagged images in random order, and leaves none of the others out")
  func taggedMinimum() throws {
    let samples = (0..<400).map {
      [Row(sample: $0, label: 0, score: $0 % 2 == 0 ? 1 : -1)]
    }
    let shards = try shards(samples, [0], classes: 1)
    var request = SelectionRequest(
      shards: shards, classesPerSample: 1, imagesPerClass: 400, threads: 2)
    request.strategy = .tags(SampleTags(ofEach: { _ in [0] }), seed: 3)
    request.minimumScore = 0
    let selection = try request.select(key: { "\($0.position)" }).selection
    #expect(selection.images.map(\.position) == stride(from: 0, to: 400, by: 2).map { UInt32($0) })
  }
}
