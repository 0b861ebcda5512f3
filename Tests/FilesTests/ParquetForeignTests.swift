import Files
import Foundation
import Testing

@Suite(
  "Parquet files of other tools", .serialized,
  .enabled(if: ParquetFolder.python(with: "pyarrow") != nil, withoutArrow))
struct ParquetForeignTests {
  /// The bytes of files that pyarrow wrote, all in one go.
  private static let made = Result<[String: Data], any Error> {
    let folder = try ParquetFolder()
    _ = try folder.python(
      """
      import sys, pyarrow as pa, pyarrow.parquet as pq

      def write(name, columns, **options):
        pq.write_table(pa.table(columns), f'{sys.argv[1]}/{name}', **options)

      write('layouts', {n: pa.array(['a', None, '', 'ä🐦', 'a'], type) for n, type in {
        'plain': pa.string(), 'large': pa.large_string(), 'view': pa.string_view(),
        'binary': pa.binary(), 'large_binary': pa.large_binary(),
        'dictionary': pa.dictionary(pa.int8(), pa.string()),
        'large_dictionary': pa.dictionary(pa.int32(), pa.large_string())}.items()},
        row_group_size=3)
      write('null', {'a': pa.nulls(3)})
      write('lists', {n: pa.array([['cat', 'dog'], None, [], ['a', None, 'b'], ['cat']], type)
        for n, type in {'plain': pa.list_(pa.string()),
        'large': pa.large_list(pa.large_string())}.items()}, row_group_size=4)
      widths = ['int8', 'int16', 'int32', 'int64', 'uint8', 'uint16', 'uint32', 'uint64']
      numbers = {n: pa.array([7, None, 100], getattr(pa, n)()) for n in widths}
      write('numbers', numbers | {'float': pa.array([.5, None, -2], pa.float32()),
        'double': pa.array([.5, None, -2.])})
      write('unsigned', {'a': pa.array([2**63], pa.uint64())})
      write('others', {'flag': pa.array([True]), 'nested': pa.array([{'a': 1, 'b': 2}]),
        'one': pa.array([{'a': 'x'}]), 'deep': pa.array([[['a']]]), 'ints': pa.array([[1]]),
        'name': pa.array(['a'])})
      bomb = pa.DictionaryArray.from_arrays(pa.array([0] * 10000), pa.array(['x' * 1000000]))
      write('bomb', {'a': bomb})
      write('bomb without Arrow', {'a': bomb}, store_schema=False)
      """, folder.path)
    var files: [String: Data] = [:]
    for name in try folder.contents() {
      files[name] = try Data(contentsOf: URL(fileURLWithPath: "\(folder.path)/\(name)"))
    }
    return files
  }

  let folder: ParquetFolder

  init() throws { folder = try ParquetFolder() }

  private func open(_ name: String) throws -> ParquetReader {
    let path = "\(folder.path)/\(name)"
    try #require(Self.made.get()[name]).write(to: URL(fileURLWithPath: path))
    return try ParquetReader(path: path)
  }

  @Test("texts of every layout are the same texts")
  func layouts() throws {
    let reader = try open("layouts")
    #expect(reader.columns.count == 7 && reader.groupCount == 2)
    for column in reader.columns {
      #expect(column.kind == .strings)
      var texts: [String?] = []
      try reader.forEachBatch(of: [column.name], rows: 2) { batch in
        texts += (0..<batch.count).map { batch.string(0, at: $0) }
      }
      #expect(texts == ["a", nil, "", "ä🐦", "a"], "\(column.type)")
    }
  }

  @Test("a column of nothing but NULL is one of texts")
  func allNull() throws {
    let reader = try open("null")
    #expect(reader.columns.map(\.kind) == [.strings] && reader.count == 3)
    try reader.forEachBatch(of: ["a"]) { batch in
      #expect((0..<batch.count).map { batch.string(0, at: $0) } == [nil, nil, nil])
    }
  }

  @Test(
    "lists of texts keep their order, NULL lists are NULL and NULLs in a list are left out",
    arguments: [1, 2, 100])
  func lists(_ rows: Int) throws {
    let reader = try open("lists")
    #expect(reader.columns.map(\.kind) == [.lists, .lists])
    var lists = [[[String]?]](repeating: [], count: 2)
    try reader.forEachBatch(of: ["plain", "large"], rows: rows) { batch in
      for column in 0..<2 {
        lists[column] += (0..<batch.count).map { batch.strings(column, at: $0) }
      }
    }
    for list in lists { #expect(list == [["cat", "dog"], nil, [], ["a", "b"], ["cat"]]) }
  }

  @Test("integers of every width and reals of both")
  func numbers() throws {
    let reader = try open("numbers")
    let kinds = [ParquetKind](repeating: .integers, count: 8) + [.reals, .reals]
    #expect(reader.columns.map(\.kind) == kinds)
    try reader.forEachBatch(of: reader.columns.map(\.name)) { batch in
      for column in 0..<8 {
        #expect((0..<3).map { batch.integer(column, at: $0) } == [7, nil, 100])
      }
      for column in 8..<10 {
        #expect((0..<3).map { batch.real(column, at: $0) } == [0.5, nil, -2])
      }
    }
    let error = #expect(throws: FileError.self) {
      try open("unsigned").forEachBatch(of: ["a"]) { _ in }
    }
    #expect(error?.description.contains("beyond 9223372036854775807") == true)
  }

  @Test("a column of a type nobody reads here is told with its type, and others are read")
  func others() throws {
    let reader = try open("others")
    #expect(reader.columns.map(\.kind) == [.other, .other, .other, .other, .other, .strings])
    let error = #expect(throws: FileError.self) { try reader.forEachBatch(of: ["flag"]) { _ in } }
    #expect(error?.description.hasSuffix("column flag is of type bool") == true)
    try reader.forEachBatch(of: ["name"]) { #expect($0.string(0, at: 0) == "a") }
  }

  @Test(
    "a few bytes that stand for gigabytes of text are refused",
    arguments: ["bomb", "bomb without Arrow"])
  func bomb(_ name: String) throws {
    let reader = try open(name)
    let growth = try ParquetRoundTripTests.peakGrowth {
      let error = #expect(throws: FileError.self) { try reader.forEachBatch(of: ["a"]) { _ in } }
      #expect(error?.code == ENOMEM)
    }
    #expect(growth < 512 << 20)
    #expect(try Data(contentsOf: URL(fileURLWithPath: reader.path)).count < 2_000_000)
  }
}
