import Foundation
import TestSupport
import Testing

@testable import Ranking

@Suite("Selection request")
struct SelectionRequestTests {
  let folder: TemporaryFolder
  let collection: ScoredCollection

  init() throws {
    folder = try TemporaryFolder()
    collection = ScoredCollection(count: 700, seed: 5, in: folder)
  }

  @Test("threads, shards and the place of the result change nothing", arguments: 1...4)
  func anyThreads(threads: Int) throws {
    let whole = try collection.shards([0])
    let expected = whole.labels(
      try collection.request(whole, imagesPerClass: 40).select(key: whole.key).selection)
    #expect(expected.count == 6 * 40)
    for starts in [[0, 1, 350], Array(stride(from: 0, to: 700, by: 50))] {
      let shards = try collection.shards(starts)
      var request = collection.request(shards, imagesPerClass: 40)
      request.threads = threads
      let path = folder.path + "/selected.bin"
      let (mapped, reading) = try request.select(writingTo: path, key: shards.key)
      #expect(shards.labels(mapped) == expected)
      #expect(reading == .init(samples: 700, withoutEntries: 41))
      request.shards.reverse()
      let inMemory = try request.select(key: shards.key).selection
      #expect(inMemory == mapped)
      try inMemory.write(to: path + "2")
      #expect(try bytes(of: path) == bytes(of: path + "2"))
    }
  }

  @Test("many labels are sorted the same on several threads")
  func manyLabels() throws {
    let large = ScoredCollection(
      count: 30_000, classes: 4, classesPerSample: 3, distinct: 1 << 20, seed: 1, in: folder)
    let shards = try large.shards([0, 10_000])
    var request = large.request(shards, imagesPerClass: 20_000)
    let two = try request.select(key: shards.key).selection
    #expect(two.classes.count > 65_536)
    #expect(two.violatedInvariant() == nil)
    request.threads = 1
    #expect(try request.select(key: shards.key).selection == two)
  }

  @Test("a fraction takes the same samples in any sharding, and a larger one takes them too")
  func fraction() throws {
    let whole = try collection.shards([0])
    let cut = try collection.shards([0, 99, 555])
    var before: Set<Int> = []
    for fraction in [0.1, 0.5, 0.9, 1] {
      var request = collection.request(whole, imagesPerClass: 700)
      request.fraction = try SampleFraction(fraction, seed: 7)
      let (selection, reading) = try request.select(key: whole.key)
      let samples = Set(selection.images.map(whole.sample))
      #expect(samples.isSuperset(of: before))
      // Five standard deviations of a binomial distribution around the expected number.
      let outside = Double(reading.outsideFraction)
      #expect(
        abs(outside - 700 * (1 - fraction)) <= 5 * (700 * fraction * (1 - fraction)).squareRoot())
      request.shards = cut.scored
      #expect(
        cut.labels(try request.select(key: cut.key).selection) == whole.labels(selection))
      before = samples
    }
    #expect(before.count == 659, "every readable sample")
    let other = try SampleFraction(0.5, seed: 8)
    let same = (0..<1000).count {
      let hash = KeyHash.hash(of: String($0))
      return other.contains(keyHash: hash) == SampleFraction.all.contains(keyHash: hash)
    }
    #expect((400...600).contains(same))
    for wrong in [0, -1, 1.5, .nan] {
      #expect(throws: RankingError.self) { try SampleFraction(wrong, seed: 0) }
    }
  }

  @Test("given counts select the first of each class")
  func counts() throws {
    let shards = try collection.shards([0, 300])
    var request = collection.request(shards, imagesPerClass: 100)
    let balanced = shards.samples(try request.select(key: shards.key).selection)
    request.strategy = .unbalanced(.counts([0, 1, 2, 50, 100, 7]))
    let selection = try request.select(key: shards.key).selection
    #expect(
      shards.samples(selection)
        == zip(balanced, [0, 1, 2, 50, 100, 7]).map { Array($0.prefix($1)) })
    #expect(selection.imagesPerClass == 100)
    request.strategy = .unbalanced(.counts([1]))
    #expect(throws: RankingError.self) { try request.select(key: shards.key) }
  }

  @Test("Zipf's counts have the total of the balanced ones, and no class more than it has")
  func zipf() throws {
    // 1/1 : 1/2 : 1/3 of 3 · 60 = 98.18 : 49.09 : 32.73; the largest remainder is the last.
    #expect(
      ClassShares.zipf(exponent: 1, candidates: [100, 300, 200], imagesPerClass: 60)
        == [33, 98, 49])
    // 98.18 are more than 70; 110 are left for 1/2 : 1/3 = 66 : 44.
    #expect(
      ClassShares.zipf(exponent: 1, candidates: [70, 68, 66], imagesPerClass: 60) == [70, 66, 44])
    #expect(ClassShares.zipf(exponent: 0, candidates: [9, 9], imagesPerClass: 5) == [5, 5])
    #expect(ClassShares.zipf(exponent: 2, candidates: [0, 3, 0], imagesPerClass: 5) == [0, 3, 0])
    #expect(ClassShares.zipf(exponent: 1, candidates: [], imagesPerClass: 5) == [])

    let shards = try collection.shards([0, 300])
    var request = collection.request(shards, imagesPerClass: 40)
    let balanced = try request.select(key: shards.key).selection
    request.strategy = .unbalanced(.zipf(exponent: 1))
    let zipf = try request.select(key: shards.key).selection
    #expect(zipf.classes.count == balanced.classes.count)
    let candidates = (0..<6).map { label in
      collection.samples.count { $0.contains { $0.class == label } }
    }
    let expected = ClassShares.zipf(exponent: 1, candidates: candidates, imagesPerClass: 40)
    #expect(shards.samples(zipf).map(\.count) == expected)
    request.strategy = .unbalanced(.zipf(exponent: .nan))
    #expect(throws: RankingError.self) { try request.select(key: shards.key) }
  }

  @Test("tagged images are ranked by score, and only for classes among their own")
  func tagsRanked() throws {
    let shards = try collection.shards([0, 300])
    let whole = shards.samples(
      try collection.request(shards, imagesPerClass: 700).select(key: shards.key).selection)
    var request = collection.request(shards, imagesPerClass: 25)
    // Sample s carries the tags of class s mod 6, twice, and of s mod 5.
    let starts = shards.starts
    request.strategy = .tagsRanked(
      SampleTags { id in
        let sample = starts[Int(id.shard)] + Int(id.position)
        return [sample % 6, sample % 5, sample % 6]
      })
    let selected = shards.samples(try request.select(key: shards.key).selection)
    for label in 0..<6 {
      let tagged = whole[label].filter { $0 % 6 == label || $0 % 5 == label }
      #expect(selected[label] == Array(tagged.prefix(25)))
    }
  }

  @Test("tagged images are drawn by their keys, whatever their scores and their shards")
  func tags() throws {
    func selected(_ starts: [Int], seed: UInt64) throws -> [[Int]] {
      let shards = try collection.shards(starts)
      var request = collection.request(shards, imagesPerClass: 25)
      request.strategy = .tags(
        SampleTags { id in
          let sample = starts[Int(id.shard)] + Int(id.position)
          return sample % 2 == 0 ? [sample % 6, sample % 6] : []
        }, seed: seed)
      let selection = try request.select(key: shards.key).selection
      for row in selection.images.indices {
        let entries = collection.samples[shards.sample(selection.images[row])]
        for label in selection.labels(ofImage: row) {
          let entry = entries.first { $0.class == label.class }
          #expect(label.score == entry?.score ?? -.infinity)
        }
      }
      return shards.samples(selection)
    }
    let drawn = try selected([0], seed: 3)
    #expect(drawn.map(\.count) == [25, 0, 25, 0, 25, 0])
    for (label, samples) in drawn.enumerated() {
      #expect(samples.allSatisfy { $0 % 6 == label && !collection.samples[$0].isEmpty })
      #expect(Set(samples).count == samples.count)
    }
    #expect(try selected([0, 1, 500], seed: 3) == drawn)
    #expect(try selected([0], seed: 4) != drawn)
  }

  @Test("tags that name no class are refused with their sample")
  func wrongTags() throws {
    let shards = try collection.shards([0])
    var request = collection.request(shards, imagesPerClass: 5)
    request.strategy = .tagsRanked(SampleTags { $0.position == 9 ? [6] : [] })
    let error = #expect(throws: RankingError.self) { try request.select(key: shards.key) }
    #expect(error?.description.contains("sample 9 of shard 0 name the class 6") == true)
  }

  @Test("missing shards are refused by name, or allowed and counted")
  func missing() throws {
    let shards = try collection.shards([0, 300])
    var request = collection.request(shards, imagesPerClass: 5)
    request.missingShards = (2..<9).map { "0000\($0)" }
    let error = #expect(throws: RankingError.self) { try request.select(key: shards.key) }
    #expect(
      error?.description
        == "7 of 9 shards have no scores (00002, 00003, 00004, 00005, 00006 and 2 more); "
        + "score them, or allow missing shards")
    request.allowsMissingShards = true
    #expect(try request.select(key: shards.key).reading.missingShards.count == 7)
  }

  @Test("poor classes are filled by repeating their first ranks once more")
  func repetition() throws {
    // Class 0 has samples 0, 1, 2 by score, class 1 sample 2 and class 2 none; K = 5.
    var few = collection
    few.samples = [[(0, 3)], [(0, 2)], [(0, 1), (1, 7)]]
    let shards = try few.shards([0])
    var request = few.request(shards, imagesPerClass: 5)
    let path = folder.path + "/selected.bin"
    #expect(try request.select(key: shards.key).selection.repeats == nil)
    request.fillsByRepetition = true
    let filled = try request.select(writingTo: path, key: shards.key).selection
    // 5 = 2 + 2 + 1 for class 0; class 1 asks for sample 2 five times.
    #expect(filled.repeats.map(Array.init) == [2, 2, 5])
    let whole = try bytes(of: path)
    #expect(whole[8] == 2, "version 2")
    for offset in whole.indices {
      var damaged = whole
      damaged[offset] ^= 1
      try write(damaged, to: path)
      #expect(throws: RankingError.self, "byte \(offset)") { try Selection(path: path) }
    }
    request.imagesPerClass = 1
    #expect(try request.select(key: shards.key).selection.repeats.map(Array.init) == [1, 1])
    #expect((1...3).map { SelectionWriter.repeats(rank: $0, count: 3, quota: 11) } == [4, 4, 3])
  }
}
