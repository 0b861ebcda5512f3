import Files
import Foundation
public import Recipes
import SystemPackage

/// How predictions are written.
public enum PredictionFormat: String, Choice {
  /// A line of words a picture, for people.
  case text
  /// A table with a header, a row a picture.
  case csv
  /// A JSON object a line and picture.
  case jsonl
  /// The table in Parquet.
  case parquet

  /// What JSON lines are called elsewhere.
  public static var otherNames: [String: Self] {
    ["json": .jsonl, "ndjson": .jsonl, "jsonlines": .jsonl, "pq": .parquet]
  }

  /// The format that a file of this name has by its ending, if it is one that predictions are written in.
  public init?(ofFile name: String) {
    switch FilePath(text: name).extension?.lowercased() {
    case "csv": self = .csv
    case "jsonl", "ndjson": self = .jsonl
    case "parquet": self = .parquet
    default: return nil
    }
  }
}

/// Predictions as rows: a picture each, with the columns `key`, `class`, `probability`, the further
/// classes as `class_2`, `probability_2` and so on, `error`, and where all probabilities are asked for
/// a column `p_CLASS` of each class.
///
/// A picture that cannot be read has an `error` and no other values but its key; Parquet has NaN there.
public struct PredictionTable: Sendable {
  let format: PredictionFormat
  private let classNames: [String]
  private let top: Int
  private let allScores: Bool

  init(
    _ format: PredictionFormat, classNames: [String], top: Int, allScores: Bool
  ) {
    self.format = format
    self.classNames = classNames
    self.top = min(top, classNames.count)
    self.allScores = allScores
  }

  private var columns: [(name: String, isNumber: Bool)] {
    var columns = [("key", false)]
    for rank in 1...max(1, top) {
      let place = rank == 1 ? "" : "_\(rank)"
      columns += [("class\(place)", false), ("probability\(place)", true)]
    }
    columns.append(("error", false))
    return columns + (allScores ? classNames.map { ("p_\($0)", true) } : [])
  }

  /// What stands above the rows; nothing of JSON lines.
  public var header: [UInt8] {
    guard format != .jsonl else { return [] }
    var rows = CSVRows()
    rows.append(columns.map(\.name))
    return rows.bytes
  }

  /// The rows of `predictions`; those that become Parquet in the end are CSV until then.
  /// - Throws: `EncodingError`.
  public func rows(of predictions: [Prediction]) throws -> [UInt8] {
    if format == .jsonl {
      return try predictions.flatMap { try Array(JSON.line($0, spellsNonFinite: true)) + [10] }
    }
    var rows = CSVRows()
    for prediction in predictions {
      rows.append(prediction.path)
      for rank in 0..<max(1, top) {
        guard rank < prediction.top.count else {
          rows.append("")
          rows.append("")
          continue
        }
        rows.append(prediction.top[rank].class)
        rows.append(prediction.top[rank].score)
      }
      rows.append(prediction.error ?? "")
      if allScores {
        if let scores = prediction.scores {
          scores.forEach { rows.append($0) }
        } else {
          classNames.forEach { _ in rows.append("") }
        }
      }
      rows.endRow()
    }
    return rows.bytes
  }

  /// Writes the rows that the CSV file at `path` has as the Parquet file `target`.
  /// - Throws: `FileError`, `ParquetError`, `CSVError`.
  func writeParquet(of path: String, to target: String) throws {
    let columns = columns
    let fields = columns.map { column in
      let isClass = column.name.hasPrefix("class")
      return ParquetField(
        column.name, column.isNumber ? .float32 : .string,
        isOptional: !column.isNumber && column.name != "key", repeats: isClass)
    }
    let writer = try ParquetWriter(path: target, fields: fields)
    let reader = try CSVReader(path: path)
    var hasMore = try reader.next()  // the header
    while hasMore {
      var texts = [ParquetStrings](repeating: ParquetStrings(), count: columns.count)
      var numbers = [[Float]](repeating: [], count: columns.count)
      var count = 0
      while count < 4096 {
        hasMore = try reader.next()
        guard hasMore else { break }
        for (place, column) in columns.enumerated() {
          let text = place < reader.count ? reader.text(place) : ""
          if column.isNumber {
            numbers[place].append(Float(text) ?? .nan)
          } else {
            texts[place].append(text.isEmpty && column.name != "key" ? nil : text)
          }
        }
        count += 1
      }
      try writer.write(
        columns.indices.map {
          columns[$0].isNumber ? .float32(numbers[$0]) : .strings(texts[$0])
        })
    }
    try writer.finish()
  }
}
