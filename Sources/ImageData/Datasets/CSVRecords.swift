import Foundation

/// The records of a CSV text (RFC 4180) with the lines that they begin on.
struct CSVRecords {
  struct Record: Equatable {
    let line: Int
    let fields: [String]
  }

  /// A quote that is never closed or stands in the middle of a field.
  struct Malformed: Error {
    let line: Int
    let reason: String
  }

  /// More fields than this have no meaning in any list, but would fill the memory.
  private static let mostFields = 1 << 16

  /// Takes `data` apart; empty lines are passed over.
  /// - Throws: `Malformed`.
  static func parse(_ data: Data) throws -> [Record] {
    var records: [Record] = []
    try forEach(in: data) { records.append($0) }
    return records
  }

  /// Takes `data` apart and hands out record by record; empty lines are passed over.
  /// - Throws: `Malformed`, and what `body` throws.
  static func forEach(in data: Data, _ body: (Record) throws -> Void) throws {
    var parser = Parser()
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    for byte in data.starts(with: mark) ? data.dropFirst(3) : data {
      try parser.take(byte)
      if let record = parser.takeRecord() { try body(record) }
    }
    try parser.finish()
    if let record = parser.takeRecord() { try body(record) }
  }

  private struct Parser {
    enum State { case start, plain, quoted, quoteInQuoted }
    var state = State.start
    var line = 1
    var firstLine = 1
    var field: [UInt8] = []
    var fields: [String] = []
    private var record: Record?

    /// The record that the last byte ended, if it did.
    mutating func takeRecord() -> Record? {
      guard record != nil else { return nil }
      defer { record = nil }
      return record
    }

    mutating func take(_ byte: UInt8) throws {
      let quote = UInt8(ascii: "\""), newline = UInt8(ascii: "\n")
      switch (state, byte) {
      case (.quoted, quote): state = .quoteInQuoted
      case (.quoted, _): field.append(byte)
      case (.quoteInQuoted, quote):
        field.append(quote)
        state = .quoted
      case (.start, quote): state = .quoted
      case (_, UInt8(ascii: ",")):
        endField()
        guard fields.count < mostFields else {
          throw Malformed(line: firstLine, reason: "more than \(mostFields) fields")
        }
      case (_, newline): endRecord()
      case (_, UInt8(ascii: "\r")): break
      case (.quoteInQuoted, _):
        throw Malformed(line: line, reason: "text after a closing quote")
      case (.plain, quote):
        throw Malformed(line: line, reason: "a quote inside an unquoted field")
      default:
        field.append(byte)
        state = .plain
      }
      if byte == newline {
        line += 1
        if state != .quoted { firstLine = line }
      }
    }

    mutating func endField() {
      fields.append(String(decoding: field, as: UTF8.self))
      field.removeAll(keepingCapacity: true)
      state = .start
    }

    mutating func endRecord() {
      if fields.isEmpty && field.isEmpty && state == .start { return }
      endField()
      record = Record(line: firstLine, fields: fields)
      fields.removeAll(keepingCapacity: true)
    }

    mutating func finish() throws {
      guard state != .quoted else {
        throw Malformed(line: firstLine, reason: "a quote that is never closed")
      }
      endRecord()
    }
  }

  /// `field` as it stands in a CSV file, quoted when it must be.
  static func quoted(_ field: String) -> String {
    guard field.utf8.contains(where: { [10, 13, 34, 44].contains($0) }) else { return field }
    return "\"" + field.replacingOccurrences(of: "\"", with: "\"\"") + "\""
  }
}
