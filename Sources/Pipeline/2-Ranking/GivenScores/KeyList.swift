import Files
import SystemPackage

/// A list of keys: a text file with one a line, or a CSV file with a column of keys.
final class KeyList {
  let path: String
  private let lines: LineReader
  private var first: [UInt8]?
  private let csv: CSVReader?
  private let column: Int

  /// Opens the list at `path`.
  /// - Throws: `FileError`, `PipelineError.data` naming it.
  init(path: String) throws {
    self.path = path
    lines = try LineReader(path: path)
    first = try lines.next()
    let reader = try? CSVReader(path: path)
    guard let reader, (try? reader.next()) == true,
      let column = reader.texts.firstIndex(where: ScoreColumns.isKey)
    else {
      (csv, column) = (nil, 0)
      return
    }
    (csv, self.column) = (reader, column)
  }

  /// The next key; nil at the end.
  func next() throws -> [UInt8]? {
    if let csv {
      guard try CSVScores.saying(path, csv.next) else { return nil }
      guard column < csv.count else {
        throw PipelineError.data("\(path), line \(csv.line): it has no key")
      }
      return Array(csv[column])
    }
    if let first {
      self.first = nil
      return first
    }
    return try lines.next()
  }
}

/// The lines of a text file, in memory for one of them and a block.
private final class LineReader {
  private let file: PositionedFile
  private var block: [UInt8] = []
  private var place = 0
  private var offset = 0
  private static let blockBytes = 1 << 18
  private static let mostBytes = 1 << 16

  init(path: String) throws {
    file = try PositionedFile(path: path)
    file.expectSequentialReading()
  }

  /// The next line without its end; nil at the end of the file.
  func next() throws -> [UInt8]? {
    var line: [UInt8] = []
    while true {
      if let end = block[place...].firstIndex(of: UInt8(ascii: "\n")) {
        line += block[place..<end]
        place = end + 1
        break
      }
      line += block[place...]
      guard line.count <= Self.mostBytes else {
        throw FileError("read", file.path, code: 0, detail: "it has no lines; give a key a line")
      }
      guard offset < file.byteCount else {
        place = block.count
        guard !line.isEmpty else { return nil }
        break
      }
      block = [UInt8](repeating: 0, count: min(Self.blockBytes, file.byteCount - offset))
      try block.withUnsafeMutableBytes { try file.read($0, at: offset) }
      offset += block.count
      place = 0
    }
    if line.last == UInt8(ascii: "\r") { line.removeLast() }
    return line
  }
}
