import Foundation
import TestSupport
import Testing

@testable import Ranking

@Suite("Selection candidates")
struct SelectionCandidatesTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("rows come best first, then by the hash of the key, then by the key", arguments: 1...3)
  func bestFirst(threads: Int) throws {
    // Of 80,000 samples few have a score of their own.
    let collection = ScoredCollection(
      count: 80_000, classes: 2, classesPerSample: 2, distinct: 300, seed: 3, in: folder)
    let shards = try collection.shards([0, 1000])
    // Every other key is one of two images.
    let key: @Sendable (SampleID) -> String = { "\(shards.sample($0) / 2 * 2)" }
    var request = collection.request(shards, imagesPerClass: 80_000)
    request.threads = threads
    let path = threads == 1 ? nil : folder.path + "/selected.bin"
    let selection = try request.select(writingTo: path, key: key).selection
    #expect(selection.images.count > 70_000)
    let ranked = selection.images.indices.map { row in
      let scores = selection.labels(ofImage: row).map(\.score)
      let key = key(selection.images[row])
      return (row: row, score: scores.max() ?? 0, hash: KeyHash.hash(of: key))
    }
    let expected = ranked.sorted { left, right in
      if left.score != right.score { return left.score > right.score }
      return left.hash != right.hash ? left.hash < right.hash : left.row < right.row
    }
    let rows = try selection.rowsBestFirst(threads: threads, key: key)
    #expect(rows == expected.map { UInt32($0.row) })
  }

  @Test("given counts are filled up again after images are left out", arguments: 0..<4)
  func refilled(seed: Int) throws {
    var collection = ScoredCollection(count: 700, distinct: 50, seed: seed, in: folder)
    let shards = try collection.shards([0, 300])
    var request = collection.request(shards, imagesPerClass: 100)
    request.strategy = .unbalanced(.counts([0, 1, 20, 50, 100, 7]))
    request.fillsByRepetition = seed % 2 == 0
    let candidates = try request.candidates(
      perImage: 2, writingTo: folder.path + "/candidates.bin", key: shards.key)
    #expect(candidates.imagesPerClass == [0, 1, 20, 50, 100, 7])
    #expect(candidates.selection.imagesPerClass == 200)
    var generator = SeededGenerator(seed: UInt64(seed))
    let removed = candidates.selection.images.indices.filter { _ in
      Int.random(in: 0..<5, using: &generator) == 0
    }
    let rest = try candidates.removing(removed, writingTo: folder.path + "/selected.bin")
    for row in removed {
      collection.samples[shards.sample(candidates.selection.images[row])] = []
    }
    let without = try collection.shards([0, 300], name: "without")
    request.shards = without.scored
    let expected = try request.select(key: without.key).selection
    // Class 1 has two candidates, which may both be among the removed.
    let isFull = zip(0..<6, candidates.imagesPerClass).allSatisfy { index, count in
      rest.selection.classes.count { Int($0) == index } == count
    }
    #expect(rest.exhausted.isEmpty == isFull)
    if isFull { #expect(rest.selection == expected) }
    #expect(rest.selection.violatedInvariant() == nil)
  }

  @Test("with nothing left out candidates become the selection, whatever the strategy")
  func nothingRemoved() throws {
    let collection = ScoredCollection(count: 500, seed: 8, in: folder)
    let shards = try collection.shards([0, 77])
    var request = collection.request(shards, imagesPerClass: 30)
    for strategy in [.balanced, .unbalanced(.zipf(exponent: 1)), .unbalanced(.zipf(exponent: 0))]
      as [SelectionStrategy]
    {
      request.strategy = strategy
      let candidates = try request.candidates(perImage: 1.7, writingTo: nil, key: shards.key)
      let rest = try candidates.removing([])
      #expect(rest.exhausted.isEmpty)
      #expect(try rest.selection == request.select(key: shards.key).selection)
    }
  }

  @Test("classes that used their candidates up are named")
  func exhausted() throws {
    var collection = ScoredCollection(count: 0, classes: 2, seed: 0, in: folder)
    collection.samples = [[(0, 4)], [(0, 3)], [(0, 2)], [(1, 9)], [(1, 8)], [(1, 7)]]
    let shards = try collection.shards([0])
    var request = collection.request(shards, imagesPerClass: 2)
    request.strategy = .unbalanced(.counts([1, 2]))
    let candidates = try request.candidates(perImage: 1.5, writingTo: nil, key: shards.key)
    // Two of class 0 and three of class 1.
    #expect(shards.samples(candidates.selection) == [[0, 1], [3, 4, 5]])
    let rest = try candidates.removing([0, 1, 2])
    #expect(shards.samples(rest.selection) == [[], [4, 5]])
    #expect(rest.exhausted == [0])
    for wrong in [0, 0.5, .nan, .infinity] {
      #expect(throws: RankingError.self) {
        try request.candidates(perImage: wrong, writingTo: nil, key: shards.key)
      }
    }
  }
}
