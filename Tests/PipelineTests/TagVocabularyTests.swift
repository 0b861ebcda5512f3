import Foundation
import ImageData
import Recipes
import Shards
import TestSupport
import Testing
import Torch
@testable import Training

@testable import Pipeline

@Suite("Tag vocabulary")
struct TagVocabularyTests {
  private func vocabulary(
    _ tags: [[String]], least: Int = 1, classes: String? = nil
  ) throws -> TagVocabulary {
    var settings = Recipe.Teacher.Pretraining()
    settings.minimumImages = least
    let folder = try TemporaryFolder()
    settings.tagClasses = try classes.map { try folder.write($0, to: "classes.csv") }
    return try TagVocabulary(of: TaggedDataset(tags), at: "/w", settings, workers: 2)
  }

  @Test("a tag that enough pictures carry is a class, twice on one picture counts once")
  func frequent() throws {
    let found = try vocabulary(
      [["b", "a", "b"], ["a"], ["b", "c"], [], ["c"], ["d"]], least: 2)
    #expect(found.classNames == ["a", "b", "c"])
    #expect(found.imagesPerClass == [2, 2, 2])
    // Picture 3 has no tag, picture 5 only one that one picture carries.
    #expect(found.indices == [0, 1, 2, 4])
    #expect(found.offsets == [0, 2, 3, 5, 6])
    #expect(found.labels == [0, 1, 0, 1, 2, 2])
    #expect((found.images, found.tagged) == (6, 5))
    #expect(found.tags.map(\.name) == ["a", "b", "c", "d"])
    #expect(
      found.line
        == "4 pictures of 6 with 3 classes of 4 tags (1 left out); passed over: 1 without a "
        + "tag, 1 with none that is a class")
  }

  @Test("case, a # and Unicode's ways of writing one letter make no other tag")
  func spellings() throws {
    let found = try vocabulary([["Caf\u{E9}"], ["#cafe\u{301}"], ["CAF\u{C9}", "tea"], ["Tea "]])
    #expect(found.classNames == ["caf\u{E9}", "tea"])
    #expect(found.imagesPerClass == [3, 2])
    #expect(found.classNames[0].unicodeScalars.count == 4)
  }

  @Test("a list gives several tags and languages one class, and one tag several classes")
  func mapped() throws {
    let list = "tag,class\n#dog,dog\nHund,dog\nchien,dog\ncat,cat\npet,cat\npet,dog\nfish,fish\n"
    let found = try vocabulary(
      [["hund", "chien"], ["Cat"], ["pet"], ["sunset"], ["dog", "cat"]], classes: list)
    #expect(found.classNames == ["cat", "dog"])
    #expect(found.imagesPerClass == [3, 3])
    #expect(found.indices == [0, 1, 2, 4])
    #expect(found.labels == [1, 0, 0, 1, 0, 1])
    #expect(found.rareClasses == ["fish"])
    #expect(found.line.hasSuffix("too few pictures carry fish, left out"))
  }

  @Test(
    "classes of a list that too few pictures carry are left out, and others keep their pictures")
  func rare() throws {
    let list = "a,one\nb,two\nc,three\n"
    let found = try vocabulary(
      [["a", "b"], ["b"], ["c"], ["c", "a"], ["b", "x"]], least: 2, classes: list)
    #expect(found.classNames == ["one", "three", "two"])
    let fewer = try vocabulary(
      [["a", "b"], ["b"], ["c"], ["b", "c"], ["a"], ["a"]], least: 3, classes: list)
    #expect(fewer.classNames == ["one", "two"])
    #expect(fewer.indices == [0, 1, 3, 4, 5])
    #expect(fewer.labels == [0, 1, 1, 1, 0, 0])
  }

  @Test(
    "what cannot be learned from is refused with what there is",
    arguments: [
      ([[], []], 1, nil, "none of the 2 pictures of /w has a tag"),
      (
        [["a"], ["a", "b"], ["b"], ["c"]], 3, nil,
        "of its 3 tags no other is carried by teacher.pretraining.minimumImages (3) pictures; lower it; "
          + "the most frequent are a (2), b (2), c (1)"
      ),
      ([["a"], ["a"]], 2, nil, "only one class is to be learned from /w, a"),
      ([["a"], ["b"]], 1, "x,one\ny,two\n", "none of its 2 tags stands in"),
      ([["a"], ["b"]], 1, "a,one\nb,one\n", "no other is carried by a picture"),
      ([["a"], ["a"], ["b"]], 2, "a,one\nb,two\n", "two are carried by fewer than"),
    ] as [([[String]], Int, String?, String)])
  func refused(tags: [[String]], least: Int, classes: String?, reason: String) throws {
    let error = #expect(throws: PipelineError.self) {
      try vocabulary(tags, least: least, classes: classes)
    }
    #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
    #expect(error?.exitCode == 65)
  }

  @Test("each of m classes has a target of 1/m, and a copy of a known picture is no example")
  func targets() throws {
    let tagged = try TaggedImages(
      EvenShards(TaggedDataset([["a", "b", "c"], ["b"], [], ["a", "c"]]), shardSize: 2), at: "/w",
      {
        var settings = Recipe.Teacher.Pretraining()
        settings.minimumImages = 1
        return settings
      }(), workers: 1)
    let examples = try tagged.learned.examples(without: [1])
    #expect((0..<examples.count).map { examples.dataset.key(at: $0) } == ["0.png", "3.png"])
    let order = SequentialOrder()
    let loader = try BatchLoader(
      dataset: examples.dataset, order: order, positions: 0..<2, batchSize: 2,
      preset: .evaluation(EvaluationPreset(resize: 1, crop: 1, channels: 1)), seed: 0, workers: 1)
    let batch = try #require(try loader.next())
    let rows = try Targets(examples, order: order).rows(for: batch)
    let third = Float(1) / 3
    #expect(try rows.targets.array(of: Float.self) == [third, third, third, 0.5, 0, 0.5])
    #expect(throws: PipelineError.self) { try tagged.learned.examples(without: [0, 1, 3]) }
  }

  @Test("frequencies that follow Zipf's law give its exponent")
  func zipf() throws {
    for exponent in [0.8, 1.0, 1.5] {
      let frequencies = (1...2000).map { Int((1e9 * pow(Double($0), -exponent)).rounded()) }
      let curve = TagStatistics.curve(of: frequencies)
      #expect(curve.first?.rank == 1 && curve.last?.rank == 2000)
      let fit = try #require(TagStatistics.fit(of: curve))
      #expect(abs(fit.exponent - exponent) < 1e-4)
      #expect(abs(fit.images(atRank: 10) / (1e9 * pow(10, -exponent)) - 1) < 1e-3)
    }
    #expect(TagStatistics.fit(of: TagStatistics.curve(of: [5, 3])) == nil)
  }
}
