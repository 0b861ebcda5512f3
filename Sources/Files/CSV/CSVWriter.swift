/// Writes a CSV file: its rows go to the disk as they come, and it is there as a whole or not at all.
public final class CSVWriter {
  /// The row that is being written; `endRow()` ends it.
  public var rows = CSVRows()
  private let file: DurableFile
  private static let pieceBytes = 1 << 20

  /// Begins the file at `path` with the names of its columns.
  /// - Throws: `FileError` naming `path`.
  public init(path: String, header: [String]) throws {
    file = try DurableFile(path: path)
    rows.append(header)
  }

  /// Appends a row of texts.
  /// - Throws: `FileError` naming the file.
  public func append(_ row: [String]) throws {
    row.forEach { rows.append($0) }
    try endRow()
  }

  /// Ends the row.
  /// - Throws: `FileError` naming the file.
  public func endRow() throws {
    rows.endRow()
    if rows.bytes.count > Self.pieceBytes { try flush() }
  }

  /// Makes the file the one at its path, durably.
  /// - Throws: `FileError` naming the file.
  public func commit() throws {
    try flush()
    try file.commit()
  }

  private func flush() throws {
    try rows.bytes.withUnsafeBytes { try file.write($0) }
    rows.removeAll()
  }
}
