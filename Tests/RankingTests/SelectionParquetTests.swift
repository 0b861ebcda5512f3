import Files
import Foundation
import TestSupport
import Testing

@testable import Ranking

@Suite("selected.parquet")
struct SelectionParquetTests {
  let folder: TemporaryFolder
  var path: String { folder.path + "/selected.parquet" }

  static let available: Comment = "there is no Apache Arrow here: run `make parquet`"

  init() throws { folder = try TemporaryFolder() }

  /// `images` images with one to three of `classes` classes each, in two shards.
  private func selection(images: Int, classes: Int) throws -> Selection {
    let half = images / 2
    let shards = try [0..<half, half..<images].enumerated().map { shard, range in
      let scores = folder.path + "/\(shard).scores"
      let file = try ScoreFileWriter(path: scores, classesPerSample: 3, classes: classes)
      for image in range {
        let labels = (0...(image % 3)).map { (image + $0) % classes }
        try file.append(
          keyHash: KeyHash.hash(of: "\(image)"), classes: labels,
          scores: labels.map { _ in Float(image % 1000) / 16 - 20 })
      }
      try file.finish()
      return ScoredShard(
        record: try SelectionTests.record(
          shard: "\(shard)", count: range.count, classesPerSample: 3, classes: classes,
          scores: scores), scoresPath: scores, index: shard)
    }
    return try Selection.select(shards: shards, classesPerSample: 3, imagesPerClass: max(1, images))
    {
      "shard-\($0.shard)/picture-\($0.position).jpg"
    }.selection
  }

  static func names(classes: Int) -> SelectionNames {
    SelectionNames(
      shards: ["first, \"shard\"", "second"], classes: (0..<classes).map { "class \($0) ä" },
      teacher: "0123abcd"
    ) { "shard-\($0.shard)/picture-\($0.position).jpg" }
  }

  /// The rows as texts, floats as Swift writes them.
  private func rows() throws -> [[String]] {
    var rows: [[String]] = []
    let reader = try ParquetReader(path: path)
    try reader.forEachBatch(of: reader.columns.map(\.name)) { batch in
      for row in 0..<batch.count {
        rows.append(
          reader.columns.indices.map { column in
            batch.string(column, at: row) ?? batch.integer(column, at: row).map { "\($0)" }
              ?? batch.real(column, at: row).map { "\(Float($0))" } ?? "NULL"
          })
      }
    }
    return rows
  }

  @Test(
    "it has the columns and rows of selected.csv, of the documented types",
    .enabled(if: ParquetLibrary.isAvailable, available))
  func sameAsCSV() throws {
    let selection = try selection(images: 10, classes: 4)
    try selection.writeParquet(to: path, names: Self.names(classes: 4))
    let reader = try ParquetReader(path: path)
    #expect(reader.columns.map(\.name) == Selection.csvColumns)
    #expect(
      reader.columns.map(\.kind) == [
        .strings, .strings, .integers, .strings, .reals, .reals, .integers, .strings,
      ])
    #expect(
      reader.columns.map(\.type) == [
        "string", "string", "int32", "string", "float", "float", "int32", "string",
      ])
    try selection.writeCSV(to: folder.path + "/selected.csv", names: Self.names(classes: 4))
    let text = try String(contentsOfFile: folder.path + "/selected.csv", encoding: .utf8)
    let lines = text.split(separator: "\n").dropFirst()
    #expect(lines.count == 19)  // 1 + 2 + 3 labels three times, then 1
    for (line, row) in zip(lines, try rows()) {
      let quoted = row.map { $0.contains(",") ? "\"\($0.replacing("\"", with: "\"\""))\"" : $0 }
      #expect(quoted.joined(separator: ",") == line)
    }
    #expect(try rows().count == 19)
  }

  @Test(
    "the same selection is the same bytes, also when it is empty",
    .enabled(if: ParquetLibrary.isAvailable, available))
  func deterministic() throws {
    for images in [0, 30_000] {
      let selection = try selection(images: images, classes: 10)
      try selection.writeParquet(to: path, names: Self.names(classes: 10))
      let first = try Checksum.sha256(file: path)
      try selection.writeParquet(to: path, names: Self.names(classes: 10))
      #expect(try Checksum.sha256(file: path) == first)
      #expect(try ParquetReader(path: path).count == selection.classes.count)
    }
  }

  @Test(
    "a name that is missing is told and leaves no file",
    .enabled(if: ParquetLibrary.isAvailable, available))
  func missingNames() throws {
    let selection = try selection(images: 10, classes: 4)
    #expect(throws: RankingError.self) {
      try selection.writeParquet(to: path, names: Self.names(classes: 3))
    }
    var names = Self.names(classes: 4)
    names.shards = ["one"]
    let error = #expect(throws: RankingError.self) {
      try selection.writeParquet(to: path, names: names)
    }
    #expect(error?.description == "\(path): shard 1 has no name; there are 1")
    #expect(try !folder.contents().contains { $0.contains(".parquet") })
  }

  @Test(
    "without the library the error says what to install", .enabled(if: !ParquetLibrary.isAvailable))
  func without() throws {
    let error = #expect(throws: ParquetError.self) {
      try selection(images: 1, classes: 1).writeParquet(
        to: path, names: Self.names(classes: 1))
    }
    #expect(error?.description.contains("run `make parquet`") == true)
    #expect(try !folder.contents().contains { $0.contains(".parquet") })
  }
}
