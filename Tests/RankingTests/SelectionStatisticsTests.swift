import Foundation
import TestSupport
import Testing

@testable import Ranking

@Suite("SelectionStatistics")
struct SelectionStatisticsTests {
  /// K = 4, two classes. Class 0 ranks images 0, 1, 2, 3; class 1 ranks images 4, 5, 0.
  private func statistics() throws -> SelectionStatistics {
    let folder = try TemporaryFolder()
    var collection = ScoredCollection(
      count: 0, classes: 2, classesPerSample: 2, seed: 0, in: folder)
    collection.samples = [
      [(0, 3), (1, -1)], [(0, 2)], [(0, 1)], [(0, 0)], [(1, 2)], [(1, 0)],
    ]
    let shards = try collection.shards([0])
    let selection = try collection.request(shards, imagesPerClass: 4).select(key: shards.key)
      .selection
    return SelectionStatistics(of: selection)
  }

  @Test("an image counts where a class ranks it best: what a larger K adds")
  func newImages() throws {
    let buckets = try statistics().rankBuckets
    #expect(buckets.map(\.ranks) == [1...1, 2...2, 3...4])
    // Ranks 1: images 0 and 4. Ranks 2: 1 and 5. Ranks 3 and 4: 2 and 3; image 0 is there already.
    #expect(buckets.map(\.newImages) == [2, 2, 2])
    #expect(buckets.map(\.count) == [2, 2, 3])
  }

  @Test("the mean probability is that of the probabilities, not of the mean score")
  func meanProbability() throws {
    let mean = try #require(try statistics().rankBuckets.last?.meanProbability)
    func probability(_ score: Double) -> Double { 1 / (1 + exp(-score)) }
    #expect(abs(mean - (probability(1) + probability(0) + probability(-1)) / 3) < 1e-12)
  }
}
