import Copies
import Foundation
import TestSupport
import Testing

@testable import ImageData

// One suite for all that starts loader threads, one after another: some tests count threads.
@Suite("BatchLoader", .serialized)
struct LoaderTests {
  /// JPEGs and PNGs by turns, one in eleven unreadable.
  static func pictures(count: Int) throws -> MadeDataset {
    let files = try ["photo.jpg", "colour.jpg", "rgb-16-bit.png", "lossy.webp", "truncated.jpg"]
      .map { EncodedImage.file(try TestImages.data($0)) }
    return MadeDataset(
      classes: ["a", "b", "c"], count: count, labels: (0..<count).map { $0 % 4 == 3 ? nil : $0 % 3 }
    ) { index in files[index % 11 == 5 ? 4 : index % 4] }
  }

  /// What a loader gave for one position.
  struct Row: Equatable {
    let position: Int, index: Int
    let label: Int?
    let pixels: [UInt8]
    let hash: ContentHash?
    let isReadable: Bool
  }

  static func rows(of batch: ImageBatch) -> [Row] {
    let size = batch.size * batch.size * batch.channels
    return (0..<batch.count).map { row in
      Row(
        position: batch.positions.lowerBound + row, index: batch.indices[row],
        label: batch.labels[row], pixels: Array(batch.pixels[row * size..<(row + 1) * size]),
        hash: batch.hashes[row], isReadable: !batch.unreadable.contains(row))
    }
  }

  static func rows(_ loader: BatchLoader) throws -> [Row] {
    var rows: [Row] = []
    while let batch = try loader.next() { rows += self.rows(of: batch) }
    return rows
  }

  static let trainPreset = Preset.train(
    TrainPreset(size: 12, erasing: .init(probability: 0.3, fill: [9, 8, 7])))

  static func loader(
    _ dataset: MadeDataset, _ positions: Range<Int>, batch: Int = 8, workers: Int = 2,
    depth: Int = 4, seed: UInt64 = 6, preset: Preset = trainPreset,
    policy: UnreadablePolicy = .substitute, limit: BadSamples.Limit = .none
  ) throws -> BatchLoader {
    try BatchLoader(
      dataset: dataset, order: ShuffledOrder(count: dataset.count, seed: seed),
      positions: positions, batchSize: batch, preset: preset, seed: seed, workers: workers,
      queueDepth: depth, hashContent: true, onUnreadable: policy,
      badSamples: BadSamples(of: dataset, limit: limit))
  }

  // MARK: - Order

  @Test("workers, queue depth and batch size change no byte, over several passes")
  func sameBytes() throws {
    let dataset = try Self.pictures(count: 30)
    let expected = try Self.rows(Self.loader(dataset, 0..<75, workers: 1, depth: 1))
    #expect(expected.map(\.position) == Array(0..<75))
    for (workers, depth, batch) in [(2, 4, 8), (5, 1, 8), (5, 7, 8), (1, 3, 8), (3, 2, 32)] {
      let loader = try Self.loader(
        dataset, 0..<75, batch: batch, workers: workers, depth: depth)
      #expect(try Self.rows(loader) == expected)
    }
  }

  @Test("a loader that begins anywhere goes on with the same rows", arguments: [1, 8, 29, 31, 74])
  func anyStart(_ start: Int) throws {
    let dataset = try Self.pictures(count: 30)
    let all = try Self.rows(Self.loader(dataset, 0..<75))
    let rest = try Self.rows(Self.loader(dataset, start..<75, workers: 3))
    #expect(rest == Array(all[start...]))
  }

  @Test("a run that stopped after two batches is resumed with the third")
  func resumed() throws {
    let dataset = try Self.pictures(count: 30)
    let all = try Self.rows(Self.loader(dataset, 0..<40))
    let first = try Self.loader(dataset, 0..<40)
    var rows: [Row] = []
    for _ in 0..<2 { rows += Self.rows(of: try #require(try first.next())) }
    first.stop()
    #expect(try first.next() == nil)
    rows += try Self.rows(Self.loader(dataset, rows.count..<40))
    #expect(rows == all)
  }

  @Test("a pass holds every sample once, and two passes vary a sample differently")
  func passes() throws {
    let photo = EncodedImage.file(try TestImages.data("photo.jpg"))
    let dataset = MadeDataset(count: 20) { _ in photo }
    let rows = try Self.rows(Self.loader(dataset, 0..<40))
    #expect(rows[..<20].map(\.index).sorted() == Array(0..<20))
    #expect(rows[20...].map(\.index).sorted() == Array(0..<20))
    #expect(Set(rows.map(\.pixels)).count == 40)
    let other = try Self.rows(Self.loader(dataset, 0..<40, seed: 7))
    #expect(other.map(\.index) != rows.map(\.index))
  }

  @Test("labels, hashes and the last short batch come with their rows")
  func contents() throws {
    let dataset = MadeDataset(
      classes: ["a", "b"], count: 10, labels: (0..<10).map { $0 == 4 ? nil : $0 % 2 })
    let loader = try BatchLoader(
      dataset: dataset, order: SequentialOrder(), positions: 0..<10, batchSize: 4,
      preset: .evaluation(EvaluationPreset(resize: 4, crop: 4, channels: 1)), seed: 0, workers: 2,
      hashContent: true)
    var sizes: [Int] = [], truths: [Bool] = []
    var rows: [Row] = []
    while let batch = try loader.next() {
      sizes.append(batch.count)
      truths.append(batch.labels.allSatisfy { $0 != nil })
      rows += Self.rows(of: batch)
    }
    #expect(sizes == [4, 4, 2])
    #expect(truths == [true, false, true])
    #expect(rows.map(\.label) == dataset.labels)
    #expect(rows.map(\.hash) == (0..<10).map { ContentHash(of: MadeDataset.plain($0)) })
    #expect(try loader.next() == nil)
  }

  @Test("a batch keeps its bytes while later ones are loaded")
  func batchesAreKept() throws {
    let dataset = try Self.pictures(count: 30)
    let loader = try Self.loader(dataset, 0..<80, depth: 1)
    let first = try #require(try loader.next())
    let before = Self.rows(of: first)
    while try loader.next() != nil {}
    #expect(Self.rows(of: first) == before)
  }

  // MARK: - Ending

  /// How many threads of this process are a loader's.
  private func loaderThreads() throws -> Int {
    try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count { task in
      let name = try? String(contentsOfFile: "/proc/self/task/\(task)/comm", encoding: .utf8)
      return name?.hasPrefix("loader ") == true
    }
  }

  /// Whether there are soon `count` of them: a thread names itself when it runs for the first time,
  /// and the system takes it off its list a moment after it ended.
  private func threads(become count: Int) throws -> Bool {
    for _ in 0..<500 where try loaderThreads() != count { usleep(10_000) }
    return try loaderThreads() == count
  }

  @Test("stop() ends the threads, whatever the consumer has fetched", .timeLimit(.minutes(1)))
  func stop() throws {
    for fetched in 0..<4 {
      let loader = try Self.loader(try Self.pictures(count: 30), 0..<10_000, workers: 3, depth: 2)
      #expect(try threads(become: 3))
      for _ in 0..<fetched { #expect(try loader.next() != nil) }
      loader.stop()
      #expect(try threads(become: 0))
      #expect(try loader.next() == nil)
      loader.stop()
    }
  }

  @Test("a loader that is let go ends its threads too", .timeLimit(.minutes(1)))
  func letGo() throws {
    var kept: ImageBatch?
    do {
      let loader = try Self.loader(try Self.pictures(count: 30), 0..<10_000, workers: 3, depth: 1)
      kept = try loader.next()
    }
    #expect(try threads(become: 0))
    #expect(kept?.count == 8)
  }

  @Test("a consumer that reads everything ends the threads", .timeLimit(.minutes(1)))
  func readToTheEnd() throws {
    let loader = try Self.loader(try Self.pictures(count: 30), 0..<100, workers: 5, depth: 1)
    #expect(try Self.rows(loader).count == 100)
    #expect(try threads(become: 0))
  }

  @Test("nothing to load is the end at once", .timeLimit(.minutes(1)))
  func empty() throws {
    #expect(try Self.loader(MadeDataset(count: 0), 0..<0).next() == nil)
  }

  @Test("an error that is not a picture's fault ends the run and is thrown again")
  func failure() throws {
    struct DiskGone: Error {}
    let dataset = MadeDataset(count: 100) { index in
      if index == 61 { throw DiskGone() }
      return MadeDataset.plain(index)
    }
    let loader = try Self.loader(dataset, 0..<100, workers: 3)
    #expect(throws: DiskGone.self) { while try loader.next() != nil {} }
    #expect(throws: DiskGone.self) { try loader.next() }
    #expect(loader.badSamples.count == 0)
    #expect(try threads(become: 0))
  }

  // MARK: - Arguments

  @Test("arguments that make no sense are refused")
  func arguments() throws {
    let dataset = MadeDataset(count: 10)
    #expect(throws: ImageDataError.self) { try Self.loader(dataset, 0..<10, batch: 0) }
    #expect(throws: ImageDataError.self) { try Self.loader(dataset, 0..<10, batch: .max) }
    #expect(throws: ImageDataError.self) { try Self.loader(dataset, 0..<10, workers: 0) }
    #expect(throws: ImageDataError.self) { try Self.loader(dataset, 0..<10, depth: 0) }
    #expect(throws: ImageDataError.self) { try Self.loader(dataset, -1..<10) }
    #expect(throws: ImageDataError.self) { try Self.loader(MadeDataset(count: 0), 0..<10) }
    let beyond = try BatchLoader(
      dataset: dataset, order: SequentialOrder(), positions: 0..<11, batchSize: 4,
      preset: Self.trainPreset, seed: 0, workers: 1)
    #expect(throws: ImageDataError.self) { while try beyond.next() != nil {} }
  }
}
