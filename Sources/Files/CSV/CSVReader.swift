import Foundation

/// Reads a CSV file record by record, as spreadsheets and programs save them.
///
/// The encoding (UTF-8 with or without a byte order mark, UTF-16), a first line `sep=;` and what parts
/// the fields (comma, semicolon or tab) are found out from the head. Lines end in LF, CRLF or CR.
/// Quotes are RFC 4180's. Unquoted fields are without the spaces and tabs around them, quoted ones as
/// they are. Lines whose fields are all empty are passed over, and so are zero bytes and a Ctrl-Z at
/// the end.
///
/// ```swift
/// let reader = try CSVReader(path: "list.csv")
/// while try reader.next() { print(reader.line, reader.text(0)) }
/// ```
/// Fields are slices of one buffer, so a list of any length takes the memory of one record.
public final class CSVReader {
  /// The file.
  public let path: String
  /// What parts the fields.
  public let delimiter: UInt8
  /// The line on which the current record begins, from 1.
  public private(set) var line = 0
  private let text: CSVText
  private var fields: [Range<Int>] = []
  private var isAnyQuoted = false
  /// The line that the next record begins on.
  private var nextLine = 1
  /// The bytes of the current record and its line end.
  private var taken = 0

  /// More fields than this have no meaning in any list, but would fill the memory.
  static let mostFields = 1 << 16
  /// A record of more bytes is one whose quote is not closed.
  static let mostBytes = 16 << 20

  /// Opens the file at `path` and looks at its head.
  /// - Throws: `FileError`, or `CSVError` where the encoding is none that is read.
  public init(path: String) throws {
    self.path = path
    text = try CSVText(path: path)
    let dialect = CSVDialect(head: text.bytes)
    delimiter = dialect.delimiter
    text.drop(dialect.headBytes)
    if dialect.headBytes > 0 { nextLine = 2 }
  }

  /// How many fields the current record has.
  public var count: Int { fields.count }

  /// A field's bytes, which are valid until the next record is read.
  public subscript(field: Int) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: text.bytes[fields[field]])
  }

  /// A field as text, with U+FFFD for what is not UTF-8.
  public func text(_ field: Int) -> String { String(decoding: self[field], as: UTF8.self) }

  /// All fields as texts.
  public var texts: [String] { fields.indices.map { text($0) } }

  /// Goes on to the next record.
  /// - Returns: Whether there is one.
  /// - Throws: `FileError`, `CSVError`.
  public func next() throws -> Bool {
    repeat {
      guard try nextLines() else { return false }
    } while !isAnyQuoted && fields.allSatisfy(\.isEmpty)
    return true
  }

  /// Finds the end of a record and takes it apart.
  private func nextLines() throws -> Bool {
    text.drop(taken)
    line = nextLine
    guard let (end, lineEnds) = try endOfRecord() else {
      taken = text.bytes.count
      return false
    }
    let bytes = text.bytes
    try split(UnsafeMutableRawBufferPointer(rebasing: bytes[..<end]))
    nextLine = line + lineEnds + 1
    let isPair =
      end + 1 < bytes.count && bytes[end] == CSVDialect.carriageReturn
      && bytes[end + 1] == CSVDialect.newline
    taken = min(bytes.count, end + (isPair ? 2 : 1))
    return true
  }

  /// Where the record that comes next ends, and how many line ends stand within its quotes.
  private func endOfRecord() throws -> (end: Int, lineEnds: Int)? {
    var at = 0
    var isQuoted = false
    var lineEnds = 0
    while true {
      let bytes = text.bytes
      while at < bytes.count {
        let byte = bytes[at]
        if byte == CSVDialect.quote {
          isQuoted.toggle()
        } else if byte == CSVDialect.newline || byte == CSVDialect.carriageReturn {
          if !isQuoted {
            // The line feed that belongs to a carriage return may be still to come.
            if at + 1 == bytes.count { _ = try text.more() }
            return (at, lineEnds)
          }
          let isSecond =
            byte == CSVDialect.newline && at > 0 && bytes[at - 1] == CSVDialect.carriageReturn
          lineEnds += isSecond ? 0 : 1
        }
        at += 1
      }
      guard at <= Self.mostBytes else {
        try split(bytes)  // says it where a quote is the reason
        throw CSVError(line: line, reason: "more than \(Self.mostBytes) bytes in one line")
      }
      if try text.more() { continue }
      // What an old editor or a crash leaves at the end of a file.
      while at > 0, !isQuoted, Self.isNothing(bytes[at - 1]) { at -= 1 }
      return at > 0 ? (at, lineEnds) : nil
    }
  }

  /// Takes a record apart; doubled quotes become one in place.
  private func split(_ bytes: UnsafeMutableRawBufferPointer) throws {
    fields.removeAll(keepingCapacity: true)
    isAnyQuoted = false
    var at = 0
    while true {
      while at < bytes.count, isBlank(bytes[at]) { at += 1 }
      if at < bytes.count, bytes[at] == CSVDialect.quote {
        at = try splitQuoted(bytes, from: at + 1)
      } else {
        let start = at
        while at < bytes.count, bytes[at] != delimiter {
          if bytes[at] == CSVDialect.quote {
            throw CSVError(line: line, reason: "a quote inside an unquoted field")
          }
          at += 1
        }
        var end = at
        while end > start, isBlank(bytes[end - 1]) { end -= 1 }
        let isEmpty = bytes[start..<end].allSatisfy(Self.isNothing)
        fields.append(start..<(isEmpty ? start : end))
      }
      guard at < bytes.count else { return }
      at += 1
      guard fields.count < Self.mostFields else {
        throw CSVError(line: line, reason: "more than \(Self.mostFields) fields")
      }
    }
  }

  /// Takes the field whose opening quote stands before `start`; returns where the field ends.
  private func splitQuoted(_ bytes: UnsafeMutableRawBufferPointer, from start: Int) throws -> Int {
    isAnyQuoted = true
    var at = start
    var end = start
    while true {
      guard at < bytes.count else {
        throw CSVError(line: line, reason: "a quote that is never closed")
      }
      if bytes[at] == CSVDialect.quote {
        at += 1
        guard at < bytes.count, bytes[at] == CSVDialect.quote else { break }
      }
      bytes[end] = bytes[at]
      end += 1
      at += 1
    }
    fields.append(start..<end)
    while at < bytes.count, isBlank(bytes[at]) { at += 1 }
    guard at == bytes.count || bytes[at] == delimiter else {
      throw CSVError(line: line, reason: "text after a closing quote")
    }
    return at
  }

  private static func isNothing(_ byte: UInt8) -> Bool {
    byte == 0 || byte == CSVDialect.controlZ
  }

  private func isBlank(_ byte: UInt8) -> Bool {
    (byte == CSVDialect.space || byte == CSVDialect.tab) && byte != delimiter
  }
}

/// A line of a CSV file that cannot be taken apart.
public struct CSVError: Error, CustomStringConvertible, Equatable {
  /// The line, from 1.
  public let line: Int
  /// What is wrong with it.
  public let reason: String

  /// Makes the error.
  public init(line: Int, reason: String) {
    self.line = line
    self.reason = reason
  }

  /// One line: where and why.
  public var description: String { "line \(line): \(reason)" }
}
