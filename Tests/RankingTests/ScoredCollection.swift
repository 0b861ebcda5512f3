import Foundation
import TestSupport

@testable import Ranking

/// Scored samples that can be cut into shards in any way: what a selection is made from in tests.
struct ScoredCollection {
  /// One list of (class, score) a sample; none for a sample that could not be read.
  var samples: [[(class: Int, score: Float)]]
  var classes: Int
  var classesPerSample: Int
  let folder: TemporaryFolder

  /// Samples with different random classes, few different scores, and now and then none.
  init(
    count: Int, classes: Int = 6, classesPerSample: Int = 3, distinct: Int = 1000, seed: Int,
    in folder: TemporaryFolder
  ) {
    var generator = SeededGenerator(seed: UInt64(seed))
    samples = (0..<count).map { sample in
      guard sample % 17 != 3 else { return [] }
      return (0..<classes).shuffled(using: &generator).prefix(classesPerSample).map {
        (class: $0, score: Float(Int.random(in: 0..<distinct, using: &generator)) / 8)
      }.sorted { $0.score > $1.score }
    }
    (self.classes, self.classesPerSample, self.folder) = (classes, classesPerSample, folder)
  }

  static func key(_ sample: Int) -> String { "sample-\(sample)" }

  /// Shards that begin with the given samples.
  struct Shards {
    var starts: [Int]
    var scored: [ScoredShard]

    func sample(_ id: SampleID) -> Int { starts[Int(id.shard)] + Int(id.position) }
    func key(_ id: SampleID) -> String { ScoredCollection.key(sample(id)) }
  }

  /// Writes the score files of shards that begin with the samples `starts`.
  func shards(_ starts: [Int], name: String = "s") throws -> Shards {
    let scored = try starts.indices.map { index in
      let end = index + 1 < starts.count ? starts[index + 1] : samples.count
      let path = "\(folder.path)/\(name)-\(starts.count)-\(index).scores"
      let file = try ScoreFileWriter(
        path: path, classesPerSample: classesPerSample, classes: classes, samplesPerBlock: 32)
      for sample in starts[index]..<end {
        try file.append(
          keyHash: KeyHash.hash(of: Self.key(sample)), classes: samples[sample].map(\.class),
          scores: samples[sample].map(\.score))
      }
      try file.finish()
      let record = try SelectionTests.record(
        shard: String(index), count: end - starts[index], classesPerSample: classesPerSample,
        classes: classes, scores: path)
      return ScoredShard(record: record, scoresPath: path, index: index)
    }
    return Shards(starts: starts, scored: scored)
  }

  /// Asks for the top of `shards`.
  func request(_ shards: Shards, imagesPerClass: Int) -> SelectionRequest {
    SelectionRequest(
      shards: shards.scored, classesPerSample: classesPerSample, imagesPerClass: imagesPerClass,
      threads: 2)
  }
}

extension ScoredCollection.Shards {
  /// What is selected, without ids: sample, class, rank and score, in the order of the samples.
  func labels(_ selection: Selection) -> [String] {
    selection.images.indices.flatMap { row in
      let sample = sample(selection.images[row])
      return selection.labels(ofImage: row).map { "\(sample) \($0.class) \($0.rank) \($0.score)" }
    }
  }

  /// The samples selected for each class, by rank.
  func samples(_ selection: Selection) -> [[Int]] {
    var lists: [[(rank: Int, sample: Int)]] = Array(repeating: [], count: selection.classCount)
    for row in selection.images.indices {
      for label in selection.labels(ofImage: row) {
        lists[label.class].append((label.rank, sample(selection.images[row])))
      }
    }
    return lists.map { $0.sorted { $0.rank < $1.rank }.map(\.sample) }
  }
}

extension Selection {
  /// Selects the highest of each class in memory, with nothing else asked for.
  static func select(
    shards: [ScoredShard], classesPerSample: Int, imagesPerClass: Int,
    key: @escaping (SampleID) -> String
  ) throws -> (selection: Selection, reading: Reading) {
    try SelectionRequest(
      shards: shards, classesPerSample: classesPerSample, imagesPerClass: imagesPerClass
    ).select(key: key)
  }
}
