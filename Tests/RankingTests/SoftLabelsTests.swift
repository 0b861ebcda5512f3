import Foundation
import TestSupport
import Testing

@testable import Ranking

@Suite("SoftLabels")
struct SoftLabelsTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// log p − log(1 − p).
  private func score(_ p: Double) -> Float { Float(log(p) - log(1 - p)) }

  private func selection(
    of collection: ScoredCollection, _ shards: ScoredCollection.Shards, imagesPerClass: Int
  ) throws -> Selection {
    try collection.request(shards, imagesPerClass: imagesPerClass).select { shards.key($0) }
      .selection
  }

  @Test("an image has all the classes that were kept of it, by their probabilities over their sum")
  func probabilities() throws {
    var collection = ScoredCollection(
      count: 2, classes: 4, classesPerSample: 3, seed: 1, in: folder)
    collection.samples = [
      [(2, score(0.5)), (0, score(0.25)), (3, score(0.125))], [(1, score(0.8)), (2, score(0.1))],
    ]
    let shards = try collection.shards([0])
    let selection = try selection(of: collection, shards, imagesPerClass: 1)
    let soft = try SoftLabels(of: selection, from: shards.scored, temperature: 1)
    #expect(soft.offsets == [0, 3, 5])
    #expect(soft.classes == [0, 2, 3, 1, 2])
    // 0.25, 0.5 and 0.125 over 0.875; 0.8 and 0.1 over 0.9.
    let expected: [Float] = [2.0 / 7, 4.0 / 7, 1.0 / 7, 8.0 / 9, 1.0 / 9]
    for (a, b) in zip(soft.probabilities, expected) { #expect(abs(a - b) < 1e-6) }
    // At temperature 2 their roots: 0.5, √0.5 and √0.125 over the sum.
    let flat = try SoftLabels(of: selection, from: shards.scored, temperature: 2)
    let roots = [0.25, 0.5, 0.125].map { $0.squareRoot() }
    let sum = roots.reduce(0, +)
    for (a, b) in zip(flat.probabilities, roots) { #expect(abs(Double(a) - b / sum) < 1e-6) }
  }

  @Test(
    "whatever the scores, in any number of shards and blocks, they are those of the image and sum to 1"
  )
  func shards() throws {
    let collection = ScoredCollection(count: 300, distinct: 100_000, seed: 2, in: folder)
    var all: [[String]] = []
    for starts in [[0], [0, 40, 41, 200]] {
      let shards = try collection.shards(starts)
      let selection = try selection(of: collection, shards, imagesPerClass: 20)
      let soft = try SoftLabels(of: selection, from: shards.scored, temperature: 0.5)
      #expect(soft.offsets.count == selection.images.count + 1)
      all.append(
        selection.images.indices.map { row in
          let place = soft.offsets[row]..<soft.offsets[row + 1]
          let sample = shards.sample(selection.images[row])
          #expect(
            Array(soft.classes[place]) == collection.samples[sample].map(\.class).sorted())
          #expect(abs(soft.probabilities[place].reduce(0, +) - 1) < 1e-6)
          return "\(sample) \(soft.classes[place]) \(soft.probabilities[place])"
        })
    }
    #expect(all[0] == all[1])
  }

  @Test("fewer classes of an image take part where fewer were selected from")
  func fewer() throws {
    let collection = ScoredCollection(count: 50, seed: 3, in: folder)
    let shards = try collection.shards([0])
    var request = collection.request(shards, imagesPerClass: 5)
    request.classesPerSample = 2
    let selection = try request.select { shards.key($0) }.selection
    let soft = try SoftLabels(of: selection, from: shards.scored, temperature: 1)
    #expect(zip(soft.offsets, soft.offsets.dropFirst()).allSatisfy { $1 - $0 == 2 })
  }

  @Test("other scores than those that were selected from are refused, and missing ones")
  func others() throws {
    let collection = ScoredCollection(count: 60, seed: 4, in: folder)
    let shards = try collection.shards([0, 30])
    let selection = try selection(of: collection, shards, imagesPerClass: 5)
    let other = ScoredCollection(count: 60, seed: 5, in: folder)
    let others = try other.shards([0, 30], name: "other")
    #expect {
      try SoftLabels(of: selection, from: others.scored, temperature: 1)
    } throws: { "\($0)".contains("the selection was not made from these scores; select again") }
    #expect {
      try SoftLabels(of: selection, from: [shards.scored[0]], temperature: 1)
    } throws: { "\($0)".contains("shard 1, from which images were selected, has no scores") }
  }
}
