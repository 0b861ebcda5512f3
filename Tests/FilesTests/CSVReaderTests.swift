import Foundation
import Testing

@testable import Files

@Suite("CSVReader")
struct CSVReaderTests {
  private let place: ParquetFolder
  private var folder: String { place.path }

  init() throws { place = try ParquetFolder() }

  /// The records of a file of these bytes, each with its line.
  private func read(_ data: Data) throws -> [(line: Int, fields: [String])] {
    let path = folder + "/list.csv"
    try data.write(to: URL(fileURLWithPath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    let reader = try CSVReader(path: path)
    var records: [(Int, [String])] = []
    while try reader.next() { records.append((reader.line, reader.texts)) }
    #expect(try !reader.next())
    return records
  }

  private func fields(_ text: String) throws -> [[String]] {
    try read(Data(text.utf8)).map(\.fields)
  }

  private func error(_ data: Data) -> CSVError? {
    #expect(throws: CSVError.self) { _ = try read(data) }
  }

  private static let records = [["path", "label"], ["a b.jpg", "ä,🐦"], ["c.jpg", "x"]]

  @Test("commas, semicolons and tabs are told apart by the first line, whatever ends the lines")
  func delimiters() throws {
    for (delimiter, lineEnd) in [",", ";", "\t"].flatMap({ delimiter in
      ["\n", "\r\n", "\r"].map { (delimiter, $0) }
    }) {
      let text = Self.records.map { row in
        row.map { $0.contains(",") ? "\"\($0)\"" : $0 }.joined(separator: delimiter)
      }
      for end in ["", lineEnd, lineEnd + lineEnd, lineEnd + "\u{1A}", "\u{1A}", "\0\0\0\0"] {
        #expect(try fields(text.joined(separator: lineEnd) + end) == Self.records)
      }
    }
  }

  @Test("a first line sep= says what parts the fields, and is counted as a line")
  func stated() throws {
    for head in ["sep=|", "\"sep=|\"", "SEP=|"] {
      let records = try read(Data("\(head)\r\na|b,c;d\r\n1|2\r\n".utf8))
      #expect(records.map(\.fields) == [["a", "b,c;d"], ["1", "2"]])
      #expect(records.map(\.line) == [2, 3])
    }
    #expect(try fields("sep=\n1\n") == [["sep="], ["1"]])
  }

  @Test("comments above the first record are passed over, counted as lines, and none below it")
  func comments() throws {
    for (lineEnd, head) in [("\n", ""), ("\r\n", ""), ("\r", ""), ("\n", "sep=;\n")] {
      let lines = [
        "# made, with \"", "", " \t# x,y,z,w", "a;b", "# 1;2", "3;4",
      ].joined(separator: lineEnd)
      let path = folder + "/comments.csv"
      try Data((head + lines).utf8).write(to: URL(fileURLWithPath: path))
      let reader = try CSVReader(path: path) { _ in true }
      var records: [[String]] = []
      var numbers: [Int] = []
      while try reader.next() {
        records.append(reader.texts)
        numbers.append(reader.line)
      }
      #expect(records == [["a", "b"], ["# 1", "2"], ["3", "4"]])
      let first = head.isEmpty ? 4 : 5
      #expect(numbers == [first, first + 1, first + 2])
      #expect(reader.comment == " x,y,z,w")
    }
    #expect(try fields("#1,2\n3,4\n") == [["#1", "2"], ["3", "4"]])
    // A comment longer than the pieces in which a file is read.
    let path = folder + "/long.csv"
    let long = "#" + String(repeating: "x,", count: 400_000)
    try Data((long + "\r\na;b\r\n").utf8).write(to: URL(fileURLWithPath: path))
    let reader = try CSVReader(path: path) { _ in true }
    #expect(try reader.next() && reader.texts == ["a", "b"] && reader.line == 2)
  }

  @Test("UTF-16 of either order is read, with a mark and without")
  func utf16() throws {
    let text = "path;label\r\na b.jpg;\"ä,🐦\"\r\nc.jpg;x"
    for (encoding, mark) in [
      (String.Encoding.utf16LittleEndian, Data([0xFF, 0xFE])),
      (.utf16BigEndian, Data([0xFE, 0xFF])),
    ] {
      let data = try #require(text.data(using: encoding))
      #expect(try read(mark + data).map(\.fields) == Self.records)
      #expect(try read(data).map(\.fields) == Self.records)
      // A byte that an old editor left.
      #expect(try read(mark + data + [0x1A]).map(\.fields) == Self.records)
      // Half a character is no text.
      let cut = try read(mark + data + [0x41])
      #expect(cut.last?.fields == ["c.jpg", "x\u{FFFD}"])
    }
    #expect(try fields("\u{FEFF}path;label\na b.jpg;\"ä,🐦\"\nc.jpg;x") == Self.records)
  }

  @Test("spaces and tabs around a field are no part of it, unless quotes say so")
  func spaces() throws {
    #expect(
      try fields("path, label\n a.jpg ,\tcat \nb.jpg, \" dog \" \n")
        == [["path", "label"], ["a.jpg", "cat"], ["b.jpg", " dog "]])
    #expect(try fields("a\t b \nc\t\n") == [["a", "b"], ["c", ""]])
  }

  @Test("quoted fields hold delimiters, quotes and line ends, which are counted")
  func quoted() throws {
    let records = try read(Data("a,b\r\n\"x\r\ny\rz\",\"\"\"q\"\"\"\r\n\r\nc,d\n".utf8))
    #expect(records.map(\.fields) == [["a", "b"], ["x\r\ny\rz", "\"q\""], ["c", "d"]])
    #expect(records.map(\.line) == [1, 2, 6])
  }

  @Test("lines of nothing but delimiters are passed over; quoted nothing is not")
  func blank() throws {
    #expect(try fields("a,b\n\n  \n,\n , \nc,\n\"\",\n") == [["a", "b"], ["c", ""], ["", ""]])
  }

  @Test("what cannot be taken apart is told with its line")
  func wrong() throws {
    func error(_ text: String) -> CSVError? { self.error(Data(text.utf8)) }
    #expect(error("a\n\"b\nc") == CSVError(line: 2, reason: "a quote that is never closed"))
    #expect(error("a\nb\"c\n") == CSVError(line: 2, reason: "a quote inside an unquoted field"))
    #expect(error("a\n\"b\"c\n") == CSVError(line: 2, reason: "text after a closing quote"))
    #expect(
      error(String(repeating: ",", count: 1 << 16) + "\n")
        == CSVError(line: 1, reason: "more than 65536 fields"))
    let rest = String(repeating: "x\n", count: CSVReader.mostBytes)
    #expect(error("a\n\"" + rest) == CSVError(line: 2, reason: "a quote that is never closed"))
    let line = String(repeating: "x", count: CSVReader.mostBytes + 1)
    #expect(
      error("a\n" + line)
        == CSVError(line: 2, reason: "more than \(CSVReader.mostBytes) bytes in one line"))
  }

  @Test("files of other kinds are named")
  func otherKinds() {
    for (start, kind) in [
      ([0x1F, 0x8B, 8, 0], "gzip"), ([0x50, 0x4B, 3, 4], "a workbook or a zip file"),
      ([0xFF, 0xFE, 0, 0, 0x70, 0, 0, 0], "UTF-32"), (Array("PAR1".utf8), "Parquet"),
      (Array("[{\"path\": 1}]".utf8), "JSON"), (Array("<html>".utf8), "a web page"),
    ] {
      #expect(
        error(Data(start))
          == CSVError(
            line: 1, reason: "it is \(kind), not CSV; save it as CSV in UTF-8"))
    }
  }

  @Test("records come out the same wherever the pieces end that are read at once")
  func pieces() throws {
    // Lines of 1 to 97 bytes, some quoted, over several pieces of 128 KiB.
    var rows: [[String]] = []
    for row in 0..<20_000 {
      let text = String(repeating: "x", count: row % 97)
      rows.append(["\(row)", row % 3 == 0 ? "\(text)\r\n\"\(text)" : text])
    }
    for lineEnd in ["\n", "\r\n", "\r"] {
      let text = rows.map { row in
        row[0] + ",\"" + row[1].replacing("\"", with: "\"\"") + "\""
      }.joined(separator: lineEnd)
      let records = try fields(text)
      #expect(records == rows)
      let utf16 = try #require(text.data(using: .utf16LittleEndian))
      #expect(try read(utf16).map(\.fields) == rows)
    }
  }

  @Test("a field that is written comes back as it was")
  func roundTrip() throws {
    let fields = [
      "plain", "a,b", "say \"so\"", "two\nlines", "\r", "ä,🐦", " space", "tab\t", "", "x;y",
    ]
    let path = folder + "/written.csv"
    let file = try CSVWriter(path: path, header: ["field", "other"])
    for field in fields { try file.append([field, "x"]) }
    try file.commit()
    let reader = try CSVReader(path: path)
    #expect(try reader.next() && reader.texts == ["field", "other"])
    for field in fields { #expect(try reader.next() && reader.texts == [field, "x"]) }
    #expect(try !reader.next())
  }

  @Test("rows are RFC 4180's, and quoted only where they must be")
  func written() {
    var rows = CSVRows()
    rows.append(["a b", "c,d", "e\"f"])
    rows.append(3)
    rows.append(Float(0.5))
    rows.append(written: Array("x,y".utf8))
    rows.endRow()
    #expect(String(decoding: rows.bytes, as: UTF8.self) == "a b,\"c,d\",\"e\"\"f\"\n3,0.5,x,y\n")
  }

  @Test("a folder, a pipe or a missing file is an error, and nothing is waited for")
  func notFiles() throws {
    #expect(throws: FileError.self) { _ = try CSVReader(path: folder) }
    #expect(throws: FileError.self) { _ = try CSVReader(path: folder + "/none.csv") }
    #expect(mkfifo(folder + "/pipe.csv", 0o600) == 0)
    let error = #expect(throws: FileError.self) { _ = try CSVReader(path: folder + "/pipe.csv") }
    #expect(error?.reason == "not a regular file")
  }
}
