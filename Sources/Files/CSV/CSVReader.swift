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
/// Fields are slices of one buffer, so a list of any length takes the memory of one record. One thread
/// reads at a time: what changes with each record is not checked for being changed by two at once, which
/// would take a third of the time.
public final class CSVReader {
  /// The file.
  public let path: String
  /// What parts the fields.
  public let delimiter: UInt8
  /// The line on which the current record begins, from 1.
  @exclusivity(unchecked) public private(set) var line = 0
  /// The last comment above the first record, without its `#`.
  public private(set) var comment: String?
  private let text: CSVText
  @exclusivity(unchecked) private var fields: [Range<Int>] = []
  @exclusivity(unchecked) private var isAnyQuoted = false
  /// The line that the next record begins on.
  @exclusivity(unchecked) private var nextLine = 1
  /// The bytes of the current record and its line end.
  @exclusivity(unchecked) private var taken = 0

  /// More fields than this have no meaning in any list, but would fill the memory.
  static let mostFields = 1 << 16
  /// A record of more bytes is one whose quote is not closed.
  static let mostBytes = 16 << 20

  /// Opens the file at `path` and looks at its head.
  /// - Parameters:
  ///   - path: The file.
  ///   - isComment: Says of a line above the first record that begins with `#` whether it is a comment,
  ///     which is passed over; by default none is.
  /// - Throws: `FileError`, or `CSVError` where the encoding is none that is read.
  public init(
    path: String, isComment: (UnsafeRawBufferPointer) -> Bool = { _ in false }
  ) throws {
    self.path = path
    text = try CSVText(path: path)
    let stated = CSVDialect.stated(in: text.bytes)
    if let stated {
      text.drop(stated.end)
      nextLine = 2
    }
    var lineCount = nextLine
    while let (line, end) = try Self.commentLine(of: text, isComment, &lineCount) {
      comment = line
      text.drop(end)
      nextLine = lineCount
    }
    delimiter = stated?.delimiter ?? CSVDialect.delimiter(of: text.bytes)
  }

  /// The first line of `text` that is not blank, where it is a comment: what stands in it, and where
  /// the next line begins, whose number `lineCount` becomes.
  private static func commentLine(
    of text: CSVText, _ isComment: (UnsafeRawBufferPointer) -> Bool, _ lineCount: inout Int
  ) throws -> (line: String, end: Int)? {
    var start = 0
    while true {
      var end = start
      while true {
        let bytes = text.bytes
        while end < bytes.count, !CSVDialect.isLineEnd(bytes[end]) { end += 1 }
        // The line feed that belongs to a carriage return may be still to come.
        guard end + 1 >= bytes.count, end <= mostBytes, try text.more() else { break }
      }
      let bytes = text.bytes
      guard end > start || end < bytes.count else { return nil }
      var line = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
      while let first = line.first, first == CSVDialect.space || first == CSVDialect.tab {
        line = UnsafeRawBufferPointer(rebasing: line.dropFirst())
      }
      lineCount += 1
      start = CSVDialect.nextLine(after: end, in: bytes)
      guard !line.isEmpty else { continue }
      guard line.first == UInt8(ascii: "#"), end <= mostBytes, isComment(line) else { return nil }
      return (String(decoding: line.drop { $0 == UInt8(ascii: "#") }, as: UTF8.self), start)
    }
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
    } while !isAnyQuoted && fields.allSatisfy { $0.isEmpty }
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
    taken = CSVDialect.nextLine(after: end, in: bytes)
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
        } else if CSVDialect.isLineEnd(byte) {
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
