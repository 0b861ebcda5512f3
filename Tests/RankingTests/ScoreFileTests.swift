import Files
import Foundation
import TestSupport
import Testing

@testable import Ranking

@Suite("Score file")
struct ScoreFileTests {
  let folder: TemporaryFolder
  var path: String { folder.path + "/00000.scores" }

  init() throws { folder = try TemporaryFolder() }

  /// Ten samples in blocks of four: 3 of 5 classes each, sample 7 without entries.
  func writeTen(classes: Int = 5) throws {
    let file = try ScoreFileWriter(
      path: path, classesPerSample: 3, classes: classes, samplesPerBlock: 4)
    for position in 0..<10 {
      if position == 7 {
        try file.appendEmpty(keyHash: 7)
      } else {
        try file.append(
          keyHash: UInt64(position), classes: [position % 5, (position + 1) % 5],
          scores: [Float(position), position == 4 ? .nan : -1])
      }
    }
    try file.finish()
  }

  @Test("what is written is read, in both widths of a class", arguments: [5, 65_535, 65_536])
  func roundTrip(classes: Int) throws {
    try writeTen(classes: classes)
    let file = try ScoreFileReader(path: path)
    #expect(file.count == 10)
    #expect(file.classCount == classes)
    #expect(file.classesPerSample == 3)
    #expect(file.blockCount == 3)
    let width = classes > 65_535 ? 4 : 2
    // Two blocks of 4 and one of 2 samples, each padded to 8, with an 8-byte checksum.
    let four = (4 * (8 + 3 * (4 + width)) + 7) / 8 * 8 + 8
    let two = (2 * (8 + 3 * (4 + width)) + 7) / 8 * 8 + 8
    #expect(try bytes(of: path).count == 64 + 2 * four + two)
    #expect(try file.block(2).firstPosition == 8)
    let block = try file.block(1)
    #expect((0..<4).map(block.keyHash(at:)) == [4, 5, 6, 7])
    let six = try file.entries(at: 6)
    #expect(six.map(\.class) == [1, 2])
    #expect(six.map(\.score) == [6, -1])
    #expect(try file.entries(at: 7).isEmpty)
    #expect(try file.entries(at: 4)[1].score.isNaN)
    #expect(throws: RankingError.self) { try file.entries(at: 10) }
  }

  @Test("the highest class of each width is a class, not none", arguments: [65_535, 65_536])
  func highestClass(classes: Int) throws {
    let file = try ScoreFileWriter(path: path, classesPerSample: 1, classes: classes)
    try file.append(keyHash: 1, classes: [classes - 1], scores: [2])
    try file.finish()
    #expect(try ScoreFileReader(path: path).entries(at: 0).map(\.class) == [classes - 1])
  }

  @Test("a shard without samples is a header alone")
  func empty() throws {
    try ScoreFileWriter(path: path, classesPerSample: 10, classes: 1000).finish()
    #expect(try bytes(of: path).count == 64)
    #expect(try ScoreFileReader(path: path).count == 0)
  }

  @Test("the first bytes are the ones that are documented")
  func header() throws {
    try writeTen()
    let header = try bytes(of: path).prefix(56)
    let expected: [UInt8] =
      Array("HALSCORE".utf8) + [1, 0, 0, 0, 3, 0, 0, 0, 5, 0, 0, 0, 4, 0, 0, 0]
      + [10, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0] + Array(repeating: 0, count: 20)
    #expect(Array(header) == expected)
  }

  @Test("a file that is not finished is not there")
  func unfinished() throws {
    do {
      let file = try ScoreFileWriter(path: path, classesPerSample: 1, classes: 2)
      try file.append(keyHash: 1, classes: [1], scores: [2])
    }
    #expect(try folder.contents() == [])
  }

  @Test("every flipped byte is found, and the error names the file")
  func flippedBytes() throws {
    try writeTen()
    let whole = try bytes(of: path)
    for offset in whole.indices {
      var damaged = whole
      damaged[offset] ^= 0x10
      try write(damaged, to: path)
      let error = #expect(throws: RankingError.self, "byte \(offset)") {
        let file = try ScoreFileReader(path: path)
        for block in 0..<file.blockCount { _ = try file.block(block) }
      }
      #expect(error?.description.hasPrefix(path + ": ") == true)
    }
  }

  @Test("every flipped bit of a score file is found by selecting from it")
  func flippedBits() throws {
    try writeTen()
    let whole = try bytes(of: path)
    var record = try SelectionTests.record(
      shard: "0", count: 10, classesPerSample: 3, classes: 5, scores: path)
    // The record is compared by the checksums of the blocks, without a reading of its own.
    record.scoresSHA256 = "not compared"
    let file = try ScoreFileReader(path: path)
    let checksums = try (0..<file.blockCount).map { try file.block($0).checksum }
    record.scoresChecksum = ScoreFileLayout.checksumText(checksums.reduce(0, &+))
    let request = SelectionRequest(
      shards: [ScoredShard(record: record, scoresPath: path, index: 0)], classesPerSample: 3,
      imagesPerClass: 2)
    let key: (SampleID) -> String = { "\($0.position)" }
    #expect(try request.select(key: key).selection.classes.count == 10)
    for offset in whole.indices {
      var damaged = whole
      damaged[offset] ^= 1 << UInt8(offset % 8)
      try write(damaged, to: path)
      let error = #expect(throws: RankingError.self, "byte \(offset)") {
        try request.select(key: key)
      }
      #expect(error?.description.hasPrefix(path + ": ") == true)
    }
  }

  @Test("a class beyond the classes, behind a checksum that matches, is named with its sample")
  func impossibleClass() throws {
    try writeTen()
    var damaged = try bytes(of: path)
    // Block 0: 4 hashes, 12 scores, then the classes; the second is sample 1's first class.
    damaged.replaceSubrange((64 + 80 + 2)..<(64 + 80 + 4), with: [9, 0])
    let sum = damaged[64..<(64 + 104)].withUnsafeBytes { XXHash64.hash($0, seed: 0) }
    withUnsafeBytes(of: sum.littleEndian) {
      damaged.replaceSubrange((64 + 104)..<(64 + 112), with: Array($0))
    }
    try write(damaged, to: path)
    let record = try SelectionTests.record(
      shard: "0", count: 10, classesPerSample: 3, classes: 5, scores: path)
    let error = #expect(throws: RankingError.self) {
      try Selection.select(
        shards: [ScoredShard(record: record, scoresPath: path, index: 0)], classesPerSample: 3,
        imagesPerClass: 2, key: { "\($0)" })
    }
    #expect(
      error?.description
        == "\(path): sample 1 has a class beyond 5; score this shard again")
  }

  @Test("a damaged block is named with its number and first sample")
  func damagedBlock() throws {
    try writeTen()
    var damaged = try bytes(of: path)
    damaged[64 + (4 * 26 + 8) + 3] ^= 1
    try write(damaged, to: path)
    let error = #expect(throws: RankingError.self) { try ScoreFileReader(path: path).block(1) }
    #expect(
      error?.description == "\(path): block 1 (from sample 4) is damaged: "
        + "its checksum does not match; score this shard again")
  }

  @Test("swapped blocks are found")
  func swappedBlocks() throws {
    try writeTen()
    var swapped = try bytes(of: path)
    let size = 4 * 26 + 8
    let first = Array(swapped[64..<(64 + size)])
    swapped.replaceSubrange(64..<(64 + size), with: swapped[(64 + size)..<(64 + 2 * size)])
    swapped.replaceSubrange((64 + size)..<(64 + 2 * size), with: first)
    try write(swapped, to: path)
    #expect(throws: RankingError.self) { try ScoreFileReader(path: path).block(0) }
  }

  @Test("a file cut at any length is refused")
  func truncated() throws {
    try writeTen()
    let whole = try bytes(of: path)
    for length in 0..<whole.count {
      try write(Array(whole[..<length]), to: path)
      #expect(throws: RankingError.self) { try ScoreFileReader(path: path) }
    }
  }

  @Test("a class out of range is refused when it is written")
  func outOfRange() throws {
    let file = try ScoreFileWriter(path: path, classesPerSample: 2, classes: 3)
    #expect(throws: RankingError.self) {
      try file.append(keyHash: 0, classes: [3], scores: [1])
    }
    #expect(throws: RankingError.self) {
      try file.append(keyHash: 0, classes: [0, 1, 2], scores: [1, 1, 1])
    }
  }
}
