import Files
import Foundation
import Testing

@Suite("Parquet files", .serialized, .enabled(if: ParquetLibrary.isAvailable, withoutArrow))
struct ParquetRoundTripTests {
  let folder: ParquetFolder
  var path: String { folder.path + "/a.parquet" }

  init() throws { folder = try ParquetFolder() }

  static let fields = [
    ParquetField("name", .string, isOptional: true), ParquetField("kind", .string, repeats: true),
    ParquetField("small", .int32), ParquetField("large", .int64), ParquetField("score", .float32),
  ]

  /// Rows that a test can make again: every third name is NULL, every fifth empty.
  static func columns(_ rows: Range<Int>) -> [ParquetColumn] {
    [
      .strings(
        ParquetStrings(
          rows.map { $0 % 3 == 0 ? nil : $0 % 5 == 0 ? "" : "pictures/\($0)-ä🐦.jpg" })),
      .strings(ParquetStrings(rows.map { "kind \($0 % 7)" })),
      .int32(rows.map { Int32(truncatingIfNeeded: $0 &* 1_000_003) }),
      .int64(rows.map { Int64($0) &* -1_000_000_000_039 }),
      .float32(rows.map { Float($0) / 7 - 3 }),
    ]
  }

  static func describe(_ batch: ParquetBatch, _ row: Int) -> String {
    let score = batch.real(4, at: row).map { Float($0) }
    return "\(batch.string(0, at: row) ?? "NULL")|\(batch.string(1, at: row) ?? "NULL")|"
      + "\(batch.integer(2, at: row) ?? -1)|\(batch.integer(3, at: row) ?? -1)|\(score ?? .nan)"
  }

  static func read(_ path: String, batch rows: Int = 1000) throws -> [String] {
    var lines: [String] = []
    try ParquetReader(path: path).forEachBatch(
      of: ["name", "kind", "small", "large", "score"], rows: rows
    ) { batch in
      #expect(batch.count <= rows)
      for row in 0..<batch.count { lines.append(describe(batch, row)) }
    }
    return lines
  }

  static func expected(_ rows: Range<Int>) -> [String] {
    rows.map { row in
      let name = row % 3 == 0 ? "NULL" : row % 5 == 0 ? "" : "pictures/\(row)-ä🐦.jpg"
      return "\(name)|kind \(row % 7)|\(Int32(truncatingIfNeeded: row &* 1_000_003))|"
        + "\(Int64(row) &* -1_000_000_000_039)|\(Float(row) / 7 - 3)"
    }
  }

  @Test(
    "what is written is read again, NULLs and all",
    arguments: [ParquetWriter.Compression.none, .snappy, .zstd])
  func roundTrip(_ compression: ParquetWriter.Compression) throws {
    let file = try ParquetWriter(
      path: path, fields: Self.fields, compression: compression, rowsPerGroup: 1000)
    try file.write(Self.columns(0..<1))
    try file.write(Self.columns(1..<1))
    try file.write(Self.columns(1..<2500))
    #expect(try folder.contents().allSatisfy { $0.contains(".tmp-") })
    try file.finish()
    #expect(try folder.contents() == ["a.parquet"])
    let reader = try ParquetReader(path: path)
    #expect(reader.count == 2500 && reader.groupCount == 3)
    #expect(reader.columns.map(\.name) == ["name", "kind", "small", "large", "score"])
    #expect(reader.columns.map(\.kind) == [.strings, .strings, .integers, .integers, .reals])
    for rows in [1, 700, 10_000] {
      #expect(try Self.read(path, batch: rows) == Self.expected(0..<2500))
    }
  }

  @Test("chosen columns come in the order asked for, and again when asked again")
  func chosen() throws {
    let file = try ParquetWriter(path: path, fields: Self.fields)
    try file.write(Self.columns(0..<10))
    try file.finish()
    let reader = try ParquetReader(path: path)
    for _ in 0..<2 {
      var seen: [String] = []
      try reader.forEachBatch(of: ["small", "name"]) { batch in
        for row in 0..<batch.count {
          seen.append("\(batch.integer(0, at: row) ?? -1) \(batch.string(1, at: row) ?? "NULL")")
        }
        #expect(batch.string(0, at: 0) == nil && batch.integer(1, at: 1) == nil)
        #expect(batch.real(0, at: 0) == nil && batch.strings(1, at: 1) == nil)
        #expect(batch.isNull(1, at: 0) && !batch.isNull(0, at: 0))
        #expect(batch.integer(0, at: 10) == nil && batch.integer(0, at: -1) == nil)
      }
      #expect(
        seen.count == 10 && seen[1] == "1000003 pictures/1-ä🐦.jpg" && seen[3] == "3000009 NULL")
    }
  }

  @Test("a file without rows has its columns")
  func empty() throws {
    try ParquetWriter(path: path, fields: Self.fields).finish()
    let reader = try ParquetReader(path: path)
    #expect(reader.count == 0 && reader.groupCount == 0 && reader.columns.count == 5)
    #expect(try Self.read(path) == [])
  }

  @Test("the same rows are the same bytes")
  func deterministic() throws {
    for name in ["a", "b"] {
      let file = try ParquetWriter(path: "\(folder.path)/\(name)", fields: Self.fields)
      for part in 0..<4 { try file.write(Self.columns(part * 500..<part * 500 + 500)) }
      try file.finish()
    }
    #expect(
      try Checksum.sha256(file: folder.path + "/a") == Checksum.sha256(file: folder.path + "/b"))
  }

  @Test("a file that is not finished leaves the old one and no temporary")
  func unfinished() throws {
    try DurableFile.write("old", to: path)
    do {
      let file = try ParquetWriter(path: path, fields: Self.fields, rowsPerGroup: 100)
      try file.write(Self.columns(0..<1000))
    }
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "old")
    #expect(try folder.contents() == ["a.parquet"])
  }

  @Test("values that do not fit the columns are refused, and so is a finished file")
  func refused() throws {
    let fields = [ParquetField("name", .string), ParquetField("small", .int32)]
    let file = try ParquetWriter(path: path, fields: fields)
    func refuses(_ columns: [ParquetColumn], _ reason: String) {
      let error = #expect(throws: FileError.self) { try file.write(columns) }
      #expect(error?.description == "cannot write \(path): \(reason)")
    }
    let names = ParquetStrings(["a", "b"])
    refuses([.strings(names)], "1 columns of values for 2 columns")
    refuses(
      [.strings(names), .int64([1, 2])],
      "the values of column small are of another type or number")
    refuses(
      [.strings(names), .int32([1])], "the values of column small are of another type or number")
    refuses(
      [.strings(ParquetStrings(["a", nil])), .int32([1, 2])], "a value of column name is NULL")
    try file.write([.strings(names), .int32([1, 2])])
    try file.finish()
    refuses([.strings(names), .int32([1, 2])], "it is finished or was given up")
    #expect(throws: FileError.self) { try file.finish() }
    #expect(try ParquetReader(path: path).count == 2)
    #expect(throws: FileError.self) { try ParquetWriter(path: path, fields: []).finish() }
    #expect(throws: FileError.self) {
      try ParquetWriter(path: path, fields: fields, rowsPerGroup: 0)
    }
    #expect(try folder.contents() == ["a.parquet"])
  }

  @Test("a disk that is full ends the writing with the system's reason and no file")
  func full() throws {
    // The system refuses every byte past the limit, as a full disk does.
    signal(SIGXFSZ, SIG_IGN)
    var old = rlimit()
    getrlimit(__rlimit_resource_t(1), &old)
    defer { setrlimit(__rlimit_resource_t(1), &old) }
    let file = try ParquetWriter(path: path, fields: Self.fields, rowsPerGroup: 10_000)
    var new = old
    new.rlim_cur = 100_000
    setrlimit(__rlimit_resource_t(1), &new)
    let error = #expect(throws: FileError.self) {
      for part in 0..<20 { try file.write(Self.columns(part * 10_000..<part * 10_000 + 10_000)) }
      try file.finish()
    }
    #expect(error?.code == EFBIG && error?.path == path)
    #expect(throws: FileError.self) { try file.finish() }
    #expect(try folder.contents() == [])
  }

  @Test("a million rows are written and read in bounded memory, also as one group")
  func bounded() throws {
    let field = [ParquetField("text", .string), ParquetField("number", .int32)]
    let tail = String(repeating: "-", count: 80)
    for group in [131_072, 1 << 20] {
      var growth = Int.max
      // Other tests' memory counts too, and goes up and down beside this one's.
      for round in 0..<12 where growth >= 64 << 20 {
        usleep(UInt32(round) * 50_000)
        let measured = try Self.peakGrowth {
          let file = try ParquetWriter(path: path, fields: field, rowsPerGroup: group)
          for part in 0..<100 {
            let rows = part * 10_000..<part * 10_000 + 10_000
            try file.write([
              .strings(ParquetStrings(rows.map { "\($0)\(tail)" })), .int32(rows.map { Int32($0) }),
            ])
          }
          try file.finish()
          var rows: Int64 = 0
          try ParquetReader(path: path).forEachBatch(of: ["text", "number"]) { batch in
            for row in 0..<batch.count where batch.integer(1, at: row) == rows {
              rows += Int64((batch.bytes(0, at: row)?.count ?? 0) > 80 ? 1 : 0)
            }
          }
          #expect(rows == 1_000_000)
        }
        growth = min(growth, measured)
      }
      #expect(growth < 64 << 20, "the texts alone are 86 MB")
    }
  }

  /// How far the resident memory rose above its present size.
  static func peakGrowth(_ body: () throws -> Void) throws -> Int {
    func field(_ name: String) throws -> Int {
      let text = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
      let line = try #require(text.split(separator: "\n").first { $0.hasPrefix(name + ":") })
      return try #require(Int(line.split { $0 == " " || $0 == "\t" }[1])) * 1024
    }
    try Data("5".utf8).write(to: URL(fileURLWithPath: "/proc/self/clear_refs"))
    let before = try field("VmRSS")
    try body()
    return try field("VmHWM") - before
  }
}
