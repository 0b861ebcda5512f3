import Foundation
import Ranking
import Testing

@Suite("SelectionStatistics")
struct SelectionStatisticsTests {
  /// K = 4, two classes. Class 0 ranks images 0, 1, 2, 3; class 1 ranks images 4, 5, 0.
  private func statistics() -> SelectionStatistics {
    let top = TopImagesPerClass(classes: 2, imagesPerClass: 4, key: { "\($0.position)" })
    func insert(_ image: UInt32, _ index: Int, _ score: Float) {
      top.insert(
        score: score, class: index, keyHash: UInt64(image),
        id: SampleID(shard: 0, position: image))
    }
    for (image, score) in [(0, 3), (1, 2), (2, 1), (3, 0)] as [(UInt32, Float)] {
      insert(image, 0, score)
    }
    for (image, score) in [(4, 2), (5, 0), (0, -1)] as [(UInt32, Float)] {
      insert(image, 1, score)
    }
    return SelectionStatistics(of: Selection(top, classesPerSample: 2))
  }

  @Test("an image counts where a class ranks it best: what a larger K adds")
  func newImages() {
    let buckets = statistics().rankBuckets
    #expect(buckets.map(\.ranks) == [1...1, 2...2, 3...4])
    // Ranks 1: images 0 and 4. Ranks 2: 1 and 5. Ranks 3 and 4: 2 and 3; image 0 is there already.
    #expect(buckets.map(\.newImages) == [2, 2, 2])
    #expect(buckets.map(\.count) == [2, 2, 3])
  }

  @Test("the mean probability is that of the probabilities, not of the mean score")
  func meanProbability() throws {
    let mean = try #require(statistics().rankBuckets.last?.meanProbability)
    func probability(_ score: Double) -> Double { 1 / (1 + exp(-score)) }
    #expect(abs(mean - (probability(1) + probability(0) + probability(-1)) / 3) < 1e-12)
  }
}
