/// Rows of a CSV file in memory, fields parted by commas (RFC 4180).
///
/// ```swift
/// var rows = CSVRows()
/// rows.append(["key", "reason"])
/// rows.append("a.jpg")
/// rows.append("cut short, or \"empty\"")
/// rows.endRow()
/// ```
public struct CSVRows {
  /// The rows' bytes.
  public private(set) var bytes: [UInt8] = []
  private var isRowEmpty = true

  /// No rows.
  public init() {}

  /// Appends a field, in quotes where a reader would not give it back otherwise.
  public mutating func append(_ text: String) { append(field: text.utf8) }

  /// Appends a field of bytes, in quotes where a reader would not give it back otherwise.
  public mutating func append(field: some BidirectionalCollection<UInt8>) {
    part()
    guard Self.needsQuotes(field) else { return bytes.append(contentsOf: field) }
    bytes.append(CSVDialect.quote)
    for byte in field {
      if byte == CSVDialect.quote { bytes.append(byte) }
      bytes.append(byte)
    }
    bytes.append(CSVDialect.quote)
  }

  /// Appends a number.
  public mutating func append(_ number: some Numeric & LosslessStringConvertible) {
    part()
    bytes.append(contentsOf: number.description.utf8)
  }

  /// Appends fields as they came from rows before: quoted where they have to be, parted by commas.
  public mutating func append(written fields: [UInt8]) {
    part()
    bytes.append(contentsOf: fields)
  }

  /// Ends the row.
  public mutating func endRow() {
    bytes.append(CSVDialect.newline)
    isRowEmpty = true
  }

  /// Appends a row of texts.
  public mutating func append(_ row: [String]) {
    row.forEach { append($0) }
    endRow()
  }

  /// Forgets the rows so far.
  public mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

  private mutating func part() {
    if !isRowEmpty { bytes.append(CSVDialect.comma) }
    isRowEmpty = false
  }

  private static func needsQuotes(_ field: some BidirectionalCollection<UInt8>) -> Bool {
    func isBlank(_ byte: UInt8?) -> Bool { byte == CSVDialect.space || byte == CSVDialect.tab }
    if isBlank(field.first) || isBlank(field.last) { return true }
    return field.contains { byte in
      byte == CSVDialect.quote || byte == CSVDialect.comma || byte == CSVDialect.newline
        || byte == CSVDialect.carriageReturn
    }
  }
}
