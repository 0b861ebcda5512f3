import Files
import Foundation
import Terminal
import Training

/// Scores in a CSV file with a header.
struct CSVScores: ScoreTable {
  let path: String
  let columns: ScoreColumns
  let rowName = "line"
  private let names: [String]
  private let words: ClassWords

  var layout: ScoreLayout { columns.layout }
  var reading: [String] { ([columns.key] + columns.scores).map { names[$0] } }
  var passedOver: [String] { columns.passedOver.map { names[$0] } }

  /// Looks at the header of the file at `path`.
  init(path: String, classes: [String], given: [String]?, kind: ScoreKind) throws {
    self.path = path
    let reader = try Self.saying(path) { try CSVReader(path: path) }
    guard try Self.saying(path, reader.next) else {
      throw PipelineError.data("\(path) is empty; give a header and a line a picture")
    }
    names = reader.texts
    columns = try ScoreColumns(names, of: path, classes: classes, given: given, kind: kind)
    words = try ClassWords(classes, given: columns.layout == .pairs ? given : nil, of: path)
  }

  func read(into rows: some ScoreRows) throws {
    let reader = try Self.saying(path) { try CSVReader(path: path) }
    _ = try Self.saying(path, reader.next)
    var values = [Double](repeating: 0, count: columns.scores.count)
    var count = 0
    while try Self.saying(path, reader.next) {
      count += 1
      if count % 4096 == 0 { try StopSignal.check() }
      guard reader.count == names.count else {
        throw refusal(
          row: reader.line,
          "\(Format.counted(reader.count, "field", "fields")) under a header of \(names.count)")
      }
      if let error = columns.error, !reader[error].isEmpty { continue }
      let key = reader[columns.key]
      switch layout {
      case .wide:
        for (place, column) in columns.scores.enumerated() {
          values[place] = try number(column, of: reader)
        }
        try values.withUnsafeBufferPointer { try rows.take(key, row: reader.line, scores: $0) }
      case .pairs:
        let text = reader.text(columns.scores[0])
        guard let place = words.place(of: text) else {
          throw refusal(row: reader.line, "the labelled set has no class \(text)")
        }
        try rows.take(
          key, row: reader.line, class: place, score: number(columns.scores[1], of: reader))
      }
    }
  }

  private func number(_ column: Int, of reader: CSVReader) throws -> Double {
    let field = reader[column]
    if let number = Self.number(field) { return number }
    let text = String(decoding: field.prefix(40), as: UTF8.self)
    throw refusal(
      row: reader.line,
      "column \(names[column]) is \(text.isEmpty ? "empty" : text), which is no number")
  }

  /// The number in `field`, with a point; nil where it is none.
  private static func number(_ field: UnsafeRawBufferPointer) -> Double? {
    // Longer ones are none that any program writes.
    guard !field.isEmpty, field.count < 64 else { return nil }
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { text in
      for (index, byte) in field.enumerated() { text[index] = CChar(bitPattern: byte) }
      text[field.count] = 0
      guard let start = text.baseAddress else { return nil }
      var end: UnsafeMutablePointer<CChar>?
      let number = strtod(start, &end)
      return end == start + field.count ? number : nil
    }
  }

  /// Errors of the reader with the file's name.
  static func saying<Value>(_ path: String, _ body: () throws -> Value) throws -> Value {
    do {
      return try body()
    } catch let error as CSVError {
      throw PipelineError.data("\(path), line \(error.line): \(error.reason)")
    }
  }
}
