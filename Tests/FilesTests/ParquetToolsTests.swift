import Files
import Foundation
import Testing

@Suite(
  "Parquet files in other tools",
  .enabled(
    if: ParquetFolder.python(with: "pandas polars duckdb") != nil,
    "pandas, Polars and DuckDB are not here: run `scripts/setup-parquet --test`"))
struct ParquetToolsTests {
  @Test("pandas, Polars and DuckDB read the same values as we do, NULLs and all")
  func tools() throws {
    let folder = try ParquetFolder()
    for compression in [ParquetWriter.Compression.none, .snappy, .zstd] {
      let file = try ParquetWriter(
        path: "\(folder.path)/\(compression.rawValue).parquet",
        fields: ParquetRoundTripTests.fields, compression: compression, rowsPerGroup: 1000)
      try file.write(ParquetRoundTripTests.columns(0..<2500))
      try file.finish()
    }
    // Each tool's own types and numbers, floats by their bits.
    let output = try folder.python(
      """
      import glob, struct, sys, duckdb, pandas, polars

      def show(tool, path, names, types, rows):
        print(tool, path.split('/')[-1], ','.join(names), types, sep='|')
        for name, kind, small, large, score in rows:
          missing = name is None or name != name
          print('NULL' if missing else name, kind, small, large, struct.pack('>f', score).hex(),
            sep='|')

      for path in sorted(glob.glob(sys.argv[1] + '/*.parquet')):
        frame = pandas.read_parquet(path)
        show('pandas', path, frame.columns, [str(t) for t in frame.dtypes[2:]],
          frame.itertuples(index=False))
        frame = polars.read_parquet(path)
        show('polars', path, frame.columns, [str(t) for t in frame.dtypes], frame.iter_rows())
        found = duckdb.sql(f"select * from read_parquet('{path}')")
        show('duckdb', path, found.columns, [str(t) for t in found.types], found.fetchall())
      """, folder.path)
    let types = [
      "pandas": "['int32', 'int64', 'float32']",
      "polars": "['String', 'String', 'Int32', 'Int64', 'Float32']",
      "duckdb": "['VARCHAR', 'VARCHAR', 'INTEGER', 'BIGINT', 'FLOAT']",
    ]
    var expected: [String] = []
    for compression in 0..<3 {
      for tool in ["pandas", "polars", "duckdb"] {
        expected.append(
          "\(tool)|\(compression).parquet|name,kind,small,large,score|\(types[tool] ?? "")")
        for row in 0..<2500 {
          let text = ParquetRoundTripTests.expected(row..<row + 1)[0]
          let bits = String((Float(row) / 7 - 3).bitPattern, radix: 16)
          let zeros = String(repeating: "0", count: 8 - bits.count)
          expected.append(
            text.prefix(through: text.lastIndex(of: "|") ?? text.startIndex) + zeros + bits)
        }
      }
    }
    let lines = output.split(separator: "\n").map(String.init)
    #expect(lines.count == expected.count)
    #expect(zip(lines, expected).first { $0 != $1 }.map { "\($0)" } == nil)
  }
}
