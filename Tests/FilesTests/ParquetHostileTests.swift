import Files
import Foundation
import Testing

@Suite(
  "Parquet files that are broken", .serialized,
  .enabled(if: ParquetLibrary.isAvailable, withoutArrow))
struct ParquetHostileTests {
  let folder: ParquetFolder
  let whole: [UInt8]
  let lines: [String]
  var path: String { folder.path + "/a.parquet" }

  init() throws {
    folder = try ParquetFolder()
    let path = folder.path + "/whole.parquet"
    let file = try ParquetWriter(
      path: path, fields: ParquetRoundTripTests.fields, rowsPerGroup: 100)
    try file.write(ParquetRoundTripTests.columns(0..<250))
    try file.finish()
    whole = try Array(Data(contentsOf: URL(fileURLWithPath: path)))
    lines = try ParquetRoundTripTests.read(path)
  }

  /// The rows of `bytes` as a file, or nil and an error in one line that names the file.
  private func read(_ bytes: some Sequence<UInt8>) throws -> [String]? {
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    do {
      return try ParquetRoundTripTests.read(path)
    } catch let error as FileError {
      #expect(error.path == path && !error.description.contains("\n"))
      return nil
    }
  }

  @Test("a file that is cut short anywhere is an error")
  func truncated() throws {
    for count in stride(from: 0, to: whole.count, by: 37) {
      #expect(try read(whole.prefix(count)) == nil, "cut at \(count)")
    }
  }

  @Test("a changed byte in a page is found; one in the footer is an error or changes no value")
  func changed() throws {
    let footer = whole.suffix(8).prefix(4).enumerated().reduce(0) { $0 | Int($1.1) << ($1.0 * 8) }
    let pages = whole.count - 8 - footer
    #expect(pages > 1000)
    var found = 0
    for position in stride(from: 4, to: whole.count, by: 17) {
      var bytes = whole
      bytes[position] ^= 1 << (position % 8)
      let rows = try read(bytes)
      if rows == nil { found += 1 }
      if position < pages { #expect(rows == nil || rows == lines, "byte \(position)") }
    }
    #expect(found > pages / 17 / 2)
  }

  @Test(
    "noise, text and other files are told from Parquet", arguments: ["", "PAR1", "path,label\n"])
  func other(_ text: String) throws {
    try DurableFile.write(text, to: path)
    let error = #expect(throws: FileError.self) { try ParquetReader(path: path) }
    #expect(error?.description.hasPrefix("cannot read \(path): Parquet: ") == true)
  }

  @Test(
    "a footer that claims more than the file has is an error", arguments: [8, 100, 0xFFFF_FFF0])
  func lyingFooter(_ length: UInt32) throws {
    var bytes = Array("PAR1".utf8) + [UInt8](repeating: 0, count: 64)
    withUnsafeBytes(of: length.littleEndian) { bytes.append(contentsOf: $0) }
    #expect(try read(bytes + Array("PAR1".utf8)) == nil)
  }

  @Test("what is no regular file is not opened")
  func notRegular() throws {
    #expect(throws: FileError.self) { try ParquetReader(path: folder.path) }
    mkfifo(path, 0o600)
    let error = #expect(throws: FileError.self) { try ParquetReader(path: path) }
    #expect(error?.description == "cannot read \(path): not a regular file")
    let missing = #expect(throws: FileError.self) { try ParquetReader(path: path + "x") }
    #expect(missing?.code == ENOENT)
  }

  @Test("a column that is not there or cannot be read is told by its name")
  func columns() throws {
    try Data(whole).write(to: URL(fileURLWithPath: path))
    let reader = try ParquetReader(path: path)
    let error = #expect(throws: FileError.self) { try reader.forEachBatch(of: ["label"]) { _ in } }
    #expect(error?.description == "cannot read \(path): it has no column named label")
    #expect(throws: FileError.self) { try reader.forEachBatch(of: ["name", "name"]) { _ in } }
    #expect(throws: FileError.self) { try reader.forEachBatch(of: []) { _ in } }
    #expect(throws: FileError.self) {
      try reader.forEachBatch(of: ["name"]) { _ in
        try reader.forEachBatch(of: ["kind"]) { _ in }
      }
    }
  }
}
