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

  /// Takes `data` apart; empty lines are passed over.
  /// - Throws: `Malformed`.
  static func parse(_ data: Data) throws -> [Record] {
    var parser = Parser()
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    for byte in data.starts(with: mark) ? data.dropFirst(3) : data { try parser.take(byte) }
    return try parser.finish()
  }

  private struct Parser {
    enum State { case start, plain, quoted, quoteInQuoted }
    var state = State.start
    var line = 1
    var firstLine = 1
    var field: [UInt8] = []
    var fields: [String] = []
    var records: [Record] = []

    mutating func take(_ byte: UInt8) throws {
      let quote = UInt8(ascii: "\""), newline = UInt8(ascii: "\n")
      switch (state, byte) {
      case (.quoted, quote): state = .quoteInQuoted
      case (.quoted, _): field.append(byte)
      case (.quoteInQuoted, quote):
        field.append(quote)
        state = .quoted
      case (.start, quote): state = .quoted
      case (_, UInt8(ascii: ",")): endField()
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
      records.append(Record(line: firstLine, fields: fields))
      fields.removeAll(keepingCapacity: true)
    }

    mutating func finish() throws -> [Record] {
      guard state != .quoted else {
        throw Malformed(line: firstLine, reason: "a quote that is never closed")
      }
      endRecord()
      return records
    }
  }

  /// `field` as it stands in a CSV file, quoted when it must be.
  static func quoted(_ field: String) -> String {
    guard field.utf8.contains(where: { [10, 13, 34, 44].contains($0) }) else { return field }
    return "\"" + field.replacingOccurrences(of: "\"", with: "\"\"") + "\""
  }
}
