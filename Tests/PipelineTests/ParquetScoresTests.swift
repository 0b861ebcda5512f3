import Files
import Foundation
import TestSupport
import Testing

@testable import Pipeline

@Suite(
  "Scores in Parquet", .enabled(if: ParquetLibrary.isAvailable, "there is no Apache Arrow here"))
struct ParquetScoresTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func classes(
    of fields: [ParquetField], _ columns: [ParquetColumn], keys: [String] = ["x/1", "5"]
  ) throws -> [[Int]?] {
    let path = folder.path + "/a.parquet"
    let file = try ParquetWriter(path: path, fields: fields)
    try file.write(columns)
    try file.finish()
    let names = ["ant", "bee", "cat"]
    let scores = try GatheredScores(
      of: KeyedImages.shards(keys), classNames: names, keeping: 2, kind: .probabilities,
      in: folder.path)
    try scores.read(
      ParquetScores(path: path, classes: names, given: nil, kind: .probabilities))
    return try scores.scores(0..<keys.count).map { $0?.classes }
  }

  @Test("keys may be integers, and so may scores and classes")
  func integers() throws {
    let wide = try classes(
      of: [
        .init("key", .int64), .init("cat", .int32), .init("ant", .int32), .init("bee", .float32),
      ],
      [.int64([5]), .int32([1]), .int32([0]), .float32([0])])
    #expect(wide == [nil, [2]])
    let pairs = try classes(
      of: [.init("image", .string), .init("label", .int32), .init("probability", .float32)],
      [
        .strings(ParquetStrings(["x/1", "5", "x/1"])), .int32([1, 2, 0]), .float32([0.25, 1, 0.5]),
      ])
    #expect(pairs == [[0, 1], [2]])
  }

  @Test("a row without its key or its class is refused by its number")
  func nulls() throws {
    let path = folder.path + "/a.parquet"
    let numbers: [ParquetColumn] = [.float32([1, 1]), .float32([0, 0]), .float32([0, 0])]
    expectError("\(path), row 2: column key is NULL", code: 65) {
      try classes(
        of: [
          .init("key", .string, isOptional: true), .init("ant", .float32), .init("bee", .float32),
          .init("cat", .float32),
        ], [.strings(ParquetStrings(["x/1", nil]))] + numbers)
    }
    expectError("\(path), row 1: column label is NULL", code: 65) {
      try classes(
        of: [
          .init("key", .string), .init("label", .string, isOptional: true), .init("p", .float32),
        ],
        [
          .strings(ParquetStrings(["x/1"])), .strings(ParquetStrings([nil])), .float32([1]),
        ])
    }
    expectError("\(path), row 1: there is no class 3 of 3", code: 65) {
      try classes(
        of: [.init("key", .string), .init("label", .int64), .init("p", .float32)],
        [.strings(ParquetStrings(["x/1"])), .int64([3]), .float32([1])])
    }
    expectError("\(path): column cat is string; give numbers", code: 65) {
      try classes(
        of: [
          .init("key", .string), .init("ant", .float32), .init("bee", .float32),
          .init("cat", .string),
        ],
        [.strings(ParquetStrings(["x/1"])), .float32([1]), .float32([0])]
          + [.strings(ParquetStrings(["0"]))])
    }
  }
}
