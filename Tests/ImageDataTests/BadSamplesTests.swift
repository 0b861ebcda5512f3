import Foundation
import TestSupport
import Testing

@testable import ImageData

extension LoaderTests {
  @Suite("Unreadable pictures")
  struct BadSamplesTests {
    let preset = Preset.evaluation(EvaluationPreset(resize: 4, crop: 4, channels: 1))

    private func started(
      _ dataset: any ImageDataset, workers: Int = 2, policy: UnreadablePolicy = .mark,
      limit: BadSamples.Limit = BadSamples.Limit(), path: String? = nil
    ) throws -> BatchLoader {
      try BatchLoader(
        dataset: dataset, order: SequentialOrder(), positions: 0..<dataset.count, batchSize: 50,
        preset: preset, seed: 1, workers: workers, onUnreadable: policy,
        badSamples: BadSamples(of: dataset, limit: limit, path: path))
    }

    @Test("they are skipped, counted once, and named with their reasons in bad-samples.csv")
    func counted() throws {
      let folder = try TemporaryFolder()
      try folder.add("colour.jpg", as: "a/1.jpg")
      try folder.add("truncated.jpg", as: "a/2.jpg")
      try folder.add("html-named.jpg", as: "b/with, comma.jpg")
      try folder.add("rgb.png", as: "b/4.png")
      let dataset = try FolderDataset(root: folder.path)
      let csv = folder.path + "/bad-samples.csv"
      let loader = try started(dataset, limit: .none, path: csv)
      let batch = try #require(try loader.next())
      #expect(batch.unreadable == [1, 3])
      #expect(batch.labels == [0, 0, 1, 1])
      #expect(batch.pixels[16..<32].allSatisfy { $0 == 0 })
      #expect(loader.badSamples.count == 2 && loader.badSamples.tried == 4)
      try loader.badSamples.write()
      let lines = try String(contentsOfFile: csv, encoding: .utf8).split(separator: "\n")
      #expect(lines.count == 3)
      #expect(lines[0] == "key,reason")
      #expect(lines[1].hasPrefix("a/2.jpg,JPEG: "))
      #expect(lines[2] == "\"b/with, comma.jpg\",\"this is HTML or XML, not a picture\"")
    }

    @Test("a substitute stands in for training: another sample with its own label and pixels")
    func substitutes() throws {
      let dataset = MadeDataset.broken(count: 40) { $0 % 10 == 3 }
      let loader = try started(dataset, policy: .substitute, limit: .none)
      let batch = try #require(try loader.next())
      #expect(batch.unreadable.isEmpty)
      #expect(
        Set(batch.indices.enumerated().filter { $0.offset != $0.element }.map(\.offset)) == [
          3, 13, 23, 33,
        ])
      #expect(batch.indices.allSatisfy { $0 % 10 != 3 })
      #expect(
        loader.badSamples.entries.map(\.key).sorted() == [
          "sample-13", "sample-23", "sample-3", "sample-33",
        ])
    }

    @Test("above 1 % of at least 1,000 the run stops, at the same batch for any workers")
    func share() throws {
      // 11 bad of the first 1,050 tried; the eleventh makes 11 of 1,001.
      let dataset = MadeDataset.broken(count: 3000) { $0 % 100 == 0 }
      for workers in [1, 5] {
        let loader = try started(dataset, workers: workers)
        var batches = 0
        let error = #expect(throws: ImageDataError.self) {
          while try loader.next() != nil { batches += 1 }
        }
        #expect(batches == 20)
        #expect(
          error?.description.hasPrefix("11 of 1001 pictures of made are unreadable, the last ")
            == true)
        #expect(error?.description.contains("sample-1000 (made, to be \"bad\")") == true)
        #expect(throws: ImageDataError.self) { try loader.next() }
      }
    }

    @Test("1 % exactly, or one of however few, is no reason to stop; the second of a few is")
    func tolerated() throws {
      let one = try started(MadeDataset.broken(count: 3000) { $0 % 100 == 99 })
      while try one.next() != nil {}
      #expect(one.badSamples.count == 30 && one.badSamples.tried == 3000)
      let small = try started(MadeDataset.broken(count: 24) { $0 == 20 })
      while try small.next() != nil {}
      #expect(small.badSamples.count == 1)
      let two = try started(MadeDataset.broken(count: 24) { $0 % 12 == 0 })
      let error = #expect(throws: ImageDataError.self) { while try two.next() != nil {} }
      #expect(error?.description.hasPrefix("2 of 13 pictures of made are unreadable") == true)
    }

    @Test(
      "the limit is a share of any number of pictures, but for one of 20 and more; a share of 0 allows none",
      arguments: [
        (0.01, 3, 0), (0.01, 19, 0), (0.01, 20, 1), (0.4, 3, 1), (0.05, 19, 0), (1, 1, 1),
        (0.01, 24, 1), (0.01, 199, 1), (0.01, 200, 2), (0.01, 1000, 10), (0.01, 1_000_000, 10_000),
        (0.29, 100, 29), (0.5, 24, 12), (0, 24, 0), (1, 24, 24),
      ])
    func allowed(fraction: Double, count: Int, expected: Int) {
      #expect(BadSamples.Limit(fraction: fraction).allowed(of: count) == expected)
    }

    @Test("the same bad pictures in every pass are no more in a row than they are")
    func passes() throws {
      let dataset = MadeDataset.broken(count: 8) { _ in true }
      let samples = BadSamples(of: dataset, limit: BadSamples.Limit(fraction: 1, inRow: 9))
      for _ in 0..<100 {
        for index in 0..<8 {
          try samples.recordBad(index: index, key: "sample-\(index)", reason: "bad")
        }
      }
      #expect(samples.count == 8)
    }

    @Test(
      "what several processes have found in a set is judged together; the same picture counts once")
    func shared() throws {
      let dataset = MadeDataset.broken(count: 500) { _ in true }
      // One in a hundred.
      let samples = BadSamples(of: dataset)
      for index in 0..<3 { try samples.recordBad(index: index, key: "\(index)", reason: "bad") }
      samples.add([1, 2, 3, 4].map { .init(key: "\($0)", reason: "bad") })
      #expect(samples.count == 5)
      try samples.requireFew()
      samples.add([.init(key: "5", reason: "torn")])
      let error = #expect(throws: ImageDataError.self) { try samples.requireFew() }
      #expect(
        error.map { "\($0)" }?.contains("6 of 500 pictures") == true
          && error.map { "\($0)" }?.hasSuffix("5 (torn)") == true, "\(String(describing: error))")
    }

    @Test("where hardly a picture can be read, one that can stands in for the others")
    func lastOne() throws {
      let dataset = MadeDataset.broken(count: 300) { $0 != 123 }
      let loader = try started(dataset, policy: .substitute, limit: .none)
      let batch = try #require(try loader.next())
      #expect(batch.unreadable.isEmpty && batch.indices.allSatisfy { $0 == 123 })
    }

    @Test("100 in a row stop the run, 99 do not; the list is written before")
    func inRow() throws {
      let limit = BadSamples.Limit(fraction: 1)
      let almost = try started(
        MadeDataset.broken(count: 500) { 200..<299 ~= $0 }, limit: limit)
      while try almost.next() != nil {}
      #expect(almost.badSamples.count == 99)
      let folder = try TemporaryFolder()
      let csv = folder.path + "/bad-samples.csv"
      let loader = try started(
        MadeDataset.broken(count: 500) { 200..<320 ~= $0 }, limit: limit, path: csv)
      let error = #expect(throws: ImageDataError.self) { while try loader.next() != nil {} }
      #expect(error?.description.hasPrefix("100 pictures in a row of made are unreadable") == true)
      #expect(error?.description.hasSuffix("all are in \(csv)") == true)
      let lines = try String(contentsOfFile: csv, encoding: .utf8).split(separator: "\n")
      #expect(lines.count == 101)
    }

    @Test("a data set in which nothing is readable stops, also when substitutes are tried")
    func nothingReadable() throws {
      for limit in [BadSamples.Limit(), .none] {
        let loader = try started(
          MadeDataset.broken(count: 500) { _ in true }, policy: .substitute, limit: limit)
        let error = #expect(throws: ImageDataError.self) { while try loader.next() != nil {} }
        #expect(error?.description.hasPrefix("none of 500 pictures of made could be read") == true)
      }
    }

    @Test("a sample that is met in every pass counts once")
    func once() throws {
      let dataset = MadeDataset.broken(count: 10) { $0 == 4 }
      let samples = BadSamples(of: dataset, limit: .none)
      for _ in 0..<5 {
        for index in 0..<10 {
          if index == 4 {
            try samples.recordBad(index: 4, key: "sample-4", reason: "bad")
          } else {
            samples.recordGood()
          }
        }
      }
      #expect(samples.count == 1 && samples.tried == 10 && samples.entries.count == 1)
    }
  }
}
