import Files
import Foundation
import TestSupport
import Testing

@testable import Ranking

@Suite("Selection")
struct SelectionTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  static func record(
    shard: String, count: Int, classesPerSample: Int, classes: Int, scores: String
  ) throws -> ShardRecord {
    ShardRecord(
      shard: shard, count: count, modelSHA256: "m", recipeHash: "r", inputIdentity: "u",
      leftOutIdentity: "d", batch: 32,
      precision: "float32", libtorch: "2.13.0", cpuFeatures: "avx2", device: "cpu",
      classesPerSample: classesPerSample, classes: classes,
      scoresSHA256: try ScoreFileReader(path: scores).sha256, seconds: 1, imagesPerSecond: 1)
  }

  /// Scores `rows`, one list of (class, score) a sample.
  func shard(
    _ rows: [[(Int, Float)]], index: Int, classes: Int, classesPerSample: Int,
    keyHash: (Int) -> UInt64 = { UInt64($0) }
  ) throws -> ScoredShard {
    let path = "\(folder.path)/\(index).scores"
    let file = try ScoreFileWriter(
      path: path, classesPerSample: classesPerSample, classes: classes, samplesPerBlock: 16)
    for (position, row) in rows.enumerated() {
      try file.append(
        keyHash: keyHash(position), classes: row.map(\.0), scores: row.map(\.1))
    }
    try file.finish()
    var record = try Self.record(
      shard: String(index), count: rows.count, classesPerSample: classesPerSample,
      classes: classes, scores: path)
    record.scoresChecksum = file.checksum
    return ScoredShard(record: record, scoresPath: path, index: index)
  }

  func key(_ id: SampleID) -> String { "\(id.shard)/\(id.position)" }

  @Test("an image in two lists is one row with two labels")
  func twoLists() throws {
    // K = 2. Class 0: 5 (sample 0), 4 (sample 1), 3. Class 1: 2 (sample 2), 1 (sample 0), -1.
    let shard = try shard(
      [[(0, 5), (1, 1)], [(0, 4), (1, -1)], [(0, 3), (1, 2)], []], index: 0, classes: 3,
      classesPerSample: 2)
    let (selection, reading) = try Selection.select(
      shards: [shard], classesPerSample: 2, imagesPerClass: 2, key: key)
    #expect(selection.images.map(\.position) == [0, 1, 2])
    #expect(
      selection.labels(ofImage: 0) == [
        .init(class: 0, score: 5, rank: 1), .init(class: 1, score: 1, rank: 2),
      ])
    #expect(selection.labels(ofImage: 1) == [.init(class: 0, score: 4, rank: 2)])
    #expect(selection.labels(ofImage: 2) == [.init(class: 1, score: 2, rank: 1)])
    #expect(reading == .init(samples: 4, withoutEntries: 1, notANumber: 0))

    let single = try Selection.select(
      shards: [shard], classesPerSample: 1, imagesPerClass: 2, key: key)
    #expect(
      Array(single.selection.classes) == [0, 0], "with P' = 1 only the highest class takes part")
  }

  @Test("a picture whose scores are not numbers is counted and not selected")
  func notANumber() throws {
    let shard = try shard(
      [[(0, .nan), (1, .nan)], [(0, 1)]], index: 0, classes: 2, classesPerSample: 2)
    let (selection, reading) = try Selection.select(
      shards: [shard], classesPerSample: 2, imagesPerClass: 5, key: key)
    #expect(selection.images.map(\.position) == [1])
    #expect(reading.notANumber == 1)
  }

  @Test("shards read in any order give the same bytes", arguments: 0..<8)
  func anyOrder(seed: Int) throws {
    var generator = SeededGenerator(seed: UInt64(seed))
    var shards: [ScoredShard] = []
    for index in 0..<5 {
      let rows = (0..<Int.random(in: 0...100, using: &generator)).map { _ in
        let order = (0..<6).shuffled(using: &generator).prefix(3)
        return order.map { ($0, Float(Int.random(in: -2...2, using: &generator))) }
      }
      // Few hashes, so that the key decides often.
      shards.append(
        try shard(rows, index: index, classes: 6, classesPerSample: 3) { UInt64($0 % 3) })
    }
    var files: [[UInt8]] = []
    for order in [shards, shards.reversed(), shards.shuffled(using: &generator)] {
      let selection = try Selection.select(
        shards: order, classesPerSample: 3, imagesPerClass: 20, key: key
      ).selection
      #expect(selection.violatedInvariant() == nil)
      let path = folder.path + "/selected.bin"
      try selection.write(to: path)
      #expect(try Selection(path: path) == selection)
      files.append(try bytes(of: path))
    }
    #expect(files[0] == files[1])
    #expect(files[0] == files[2])
  }

  @Test("the same samples cut into other shards are selected by the same keys")
  func anySharding() throws {
    var generator = SeededGenerator(seed: 3)
    let rows = (0..<200).map { _ in
      [(Int.random(in: 0..<4, using: &generator), Float(Int.random(in: 0...3, using: &generator)))]
    }
    func keys(cut: Int) throws -> [String] {
      let cuts = [0..<cut, cut..<rows.count]
      let shards = try cuts.enumerated().map { index, range in
        try shard(Array(rows[range]), index: index, classes: 4, classesPerSample: 1) {
          KeyHash.hash(of: "k\(range.lowerBound + $0)")
        }
      }
      func key(_ id: SampleID) -> String {
        "k\(cuts[Int(id.shard)].lowerBound + Int(id.position))"
      }
      let selection = try Selection.select(
        shards: shards, classesPerSample: 1, imagesPerClass: 17, key: key
      ).selection
      return selection.images.indices.map { row in
        "\(key(selection.images[row])) \(selection.labels(ofImage: row))"
      }
    }
    let expected = try keys(cut: 100)
    #expect(expected.count == 4 * 17)
    #expect(try keys(cut: 1) == expected)
    #expect(try keys(cut: 173) == expected)
  }

  @Test("shards scored differently are refused in one line that names shards and fields")
  func mixture() throws {
    let first = try shard([[(0, 1)]], index: 0, classes: 2, classesPerSample: 1)
    var second = try shard([[(0, 1)]], index: 1, classes: 2, classesPerSample: 1)
    second.record.batch = 64
    second.record.precision = "bf16"
    second.record.seconds = 100
    #expect(first.record.differences(from: second.record) == ["the batch size", "the precision"])
    let error = #expect(throws: RankingError.self) {
      try Selection.select(
        shards: [first, second], classesPerSample: 1, imagesPerClass: 1, key: key)
    }
    #expect(
      error?.description == "shards 0 and 1 cannot be ranked together: they differ in "
        + "the batch size (32 and 64), the precision (float32 and bf16); score one of them again")
  }

  @Test("a score file that is not the one in its record is refused")
  func foreignFile() throws {
    let other = try shard([[(0, 2)]], index: 1, classes: 2, classesPerSample: 1)
    for hasChecksum in [true, false] {
      var shard = try shard([[(0, 1)]], index: 0, classes: 2, classesPerSample: 1)
      // Records of earlier versions have the SHA-256 alone.
      if !hasChecksum { shard.record.scoresChecksum = nil }
      _ = try Selection.select(shards: [shard], classesPerSample: 1, imagesPerClass: 1, key: key)
      try write(try bytes(of: other.scoresPath), to: shard.scoresPath)
      let error = #expect(throws: RankingError.self) {
        try Selection.select(shards: [shard], classesPerSample: 1, imagesPerClass: 1, key: key)
      }
      #expect(
        error?.description
          == "\(shard.scoresPath): it is not the file in its record; score this shard again")
    }
  }

  @Test("one index for two shards, P' above P and no shards at all are refused")
  func badArguments() throws {
    let shard = try shard([[(0, 1)]], index: 0, classes: 2, classesPerSample: 1)
    for (shards, count) in [([shard, shard], 1), ([shard], 2), ([], 1)] {
      #expect(throws: RankingError.self) {
        try Selection.select(shards: shards, classesPerSample: count, imagesPerClass: 1, key: key)
      }
    }
  }

  @Test("records with impossible numbers are refused before anything is counted with them")
  func impossibleRecords() throws {
    let good = try shard([[(0, 1)]], index: 0, classes: 2, classesPerSample: 1)
    for change in [
      { $0.count = .max }, { $0.count = -1 }, { $0.classes = .max }, { $0.classes = 0 },
      { $0.classesPerSample = .max }, { $0.count = 2 }, { $0.classesPerSample = 2 },
    ] as [(inout ShardRecord) -> Void] {
      var shard = good
      change(&shard.record)
      #expect(throws: RankingError.self) {
        try Selection.select(
          shards: [shard], classesPerSample: 1, imagesPerClass: 5, key: key)
      }
    }
    #expect(
      try Selection.select(
        shards: [good], classesPerSample: 1, imagesPerClass: Int(UInt32.max), key: key
      ).selection.images.count == 1, "K larger than any collection is no matter")
  }

  @Test("a record survives its JSON")
  func record() throws {
    var record = try shard([[(0, 1)]], index: 0, classes: 2, classesPerSample: 1).record
    record.unreadable = 1
    record.omissionsSHA256 = "s"
    let path = folder.path + "/0.json"
    try record.json().write(to: URL(fileURLWithPath: path))
    #expect(try ShardRecord(path: path) == record)
    try write(Array("{".utf8), to: path)
    let error = #expect(throws: RankingError.self) { try ShardRecord(path: path) }
    #expect(error?.description.hasPrefix(path) == true)
    #expect(error?.description.contains("(it is not JSON); score this shard again") == true)
    try write(Array("{\"shard\": \"a\"}".utf8), to: path)
    let lacking = #expect(throws: RankingError.self) { try ShardRecord(path: path) }
    #expect(lacking?.description.contains("it has no ") == true)
  }

  @Test("a flipped byte anywhere in the selection file is found")
  func flippedBytes() throws {
    let shard = try shard([[(0, 1), (1, 2)], [(1, 1)]], index: 0, classes: 2, classesPerSample: 2)
    let path = folder.path + "/selected.bin"
    try Selection.select(shards: [shard], classesPerSample: 2, imagesPerClass: 2, key: key)
      .selection.write(to: path)
    let whole = try bytes(of: path)
    // 64 + 2 images (16 + 24 bytes) + 3 labels (36 bytes) + 4 + 8.
    #expect(whole.count == 152)
    for offset in whole.indices {
      var damaged = whole
      damaged[offset] ^= 0x80
      try write(damaged, to: path)
      #expect(throws: RankingError.self, "byte \(offset)") { try Selection(path: path) }
      try write(Array(whole[..<offset]), to: path)
      #expect(throws: RankingError.self, "length \(offset)") { try Selection(path: path) }
    }
  }

  @Test("a selection of more classes than memory has room for is refused, its checksums right")
  func tooManyClasses() throws {
    let path = folder.path + "/selected.bin"
    for (classes, isRead) in [(1 << 24, true), ((1 << 24) + 1, false), (Int(UInt32.max), false)] {
      let layout = SelectionLayout(classCount: classes, imagesPerClass: 1, classesPerSample: 1)
      var file = ByteColumn(layout.header)
      file.append(UInt64(0))
      file.append(file.bytes[64...].withUnsafeBytes { XXHash64.hash($0) })
      try write(file.bytes, to: path)
      #expect(((try? Selection(path: path)) != nil) == isRead, "\(classes) classes")
    }
  }

  @Test("the CSV has a line for each image and class, quoted where needed")
  func csv() throws {
    let shard = try shard([[(1, 0), (0, -2)]], index: 0, classes: 2, classesPerSample: 2)
    let selection = try Selection.select(
      shards: [shard], classesPerSample: 2, imagesPerClass: 1, key: key
    ).selection
    let path = folder.path + "/selected.csv"
    try selection.writeCSV(
      to: path,
      names: SelectionNames(
        shards: ["00000"], classes: ["king,fisher", "\"wren\""], teacher: "resnet18",
        key: { "00000/\($0.position)" }))
    // p = 1/(1 + e²) = 0.11920292 and 1/(1 + 1).
    let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
    #expect(
      lines == [
        "image,shard,class,class_name,score,probability,rank,teacher",
        #"00000/0,00000,0,"king,fisher",-2.0,0.11920292,1,resnet18"#,
        #"00000/0,00000,1,"""wren""",0.0,0.5,1,resnet18"#,
      ])
  }

  @Test("statistics count fill, labels an image and purity by rank")
  func statistics() throws {
    // Class 0 selects samples 0, 1, 2, 3 in this order; class 1 only sample 0.
    let rows: [[(Int, Float)]] = [[(0, 4), (1, 1)], [(0, 3)], [(0, 2)], [(0, .infinity)]]
    let shard = try shard(rows, index: 0, classes: 3, classesPerSample: 2)
    let selection = try Selection.select(
      shards: [shard], classesPerSample: 2, imagesPerClass: 4, key: key
    ).selection
    // Ranks of class 0: sample 3 (∞), 0, 1, 2. Sample 1 is unknown, sample 2 is class 1.
    let truth: [Int?] = [0, nil, 1, 0]
    let statistics = SelectionStatistics(of: selection) { truth[Int($0.position)] }
    #expect(statistics.classes.map(\.count) == [4, 1, 0])
    #expect(statistics.classes[0].lowestScore == 2)
    #expect(statistics.classes[2].lowestScore == nil)
    #expect(statistics.imagesByLabelCount == [3, 1])
    // Right: samples 3 and 0 in class 0; wrong: sample 2 in class 0, sample 0 in class 1.
    #expect(statistics.known == 4)
    #expect(statistics.purity == 0.5)
    #expect(statistics.rankBuckets.map(\.ranks) == [1...1, 2...2, 3...4])
    #expect(statistics.rankBuckets.map(\.count) == [2, 1, 2])
    #expect(statistics.rankBuckets.map(\.purity) == [0.5, 1, 0])
    // Rank 1: ∞ is left out, class 1 gives 1. Rank 2: 4. Ranks 3 and 4: (3 + 2)/2.
    #expect(statistics.rankBuckets.map(\.meanScore) == [1, 4, 2.5])
    #expect(SelectionStatistics(of: selection).purity == nil)
  }
}
