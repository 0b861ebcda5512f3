import Files

extension ShardTable {
  /// Reads the columns called `names` that are there, and the keys.
  /// - Throws: `ImageDataError` when it is no such table, `FileError` when the disk fails.
  func readParquet(_ names: [String], _ rows: inout Rows) throws {
    do {
      let file = try ParquetReader(path: path)
      guard file.count <= Self.mostRows else {
        throw wrong("\(file.count) rows are more than a shard's table has")
      }
      let columns = try columns(names, of: file)
      guard columns.count > 1 else { return }
      try file.forEachBatch(of: columns.map(\.read)) { batch in
        for position in 0..<batch.count {
          guard let key = Self.text(batch, 0, position) else { continue }
          var row = Row()
          for (index, column) in columns.enumerated().dropFirst() {
            if let list = batch.strings(index, at: position) {
              row.metadata.take(tags: Self.bounded(list))
            } else if let cell = Self.text(batch, index, position) {
              row.take(cell, of: column.name)
            }
          }
          rows.append(Array(key.utf8), row)
        }
      }
    } catch let error as FileError where error.code == 0 {
      throw wrong(error.detail)
    } catch let error as ParquetError {
      throw wrong(error.description)
    }
  }

  /// The column of the keys and those that are wanted: how we call them and how the file does.
  private func columns(
    _ names: [String], of file: ParquetReader
  ) throws -> [(name: String, read: String)] {
    var columns: [(name: String, read: String)] = []
    for name in ["key"] + names {
      guard let found = file.columns.first(where: { Self.plain($0.name) == name }) else {
        guard name != "key" else { throw wrong("no column named key") }
        continue
      }
      let isFit: Bool
      switch found.kind {
      case .strings: isFit = true
      case .lists: isFit = Self.tagColumns.contains(name)
      case .integers: isFit = name == "key" || Self.labelColumns.contains(name)
      case .reals, .other: isFit = false
      }
      if isFit {
        columns.append((name, found.name))
      } else if name == "key" || Self.tagColumns.contains(name) {
        throw wrong("column \(name) is \(found.type); give strings")
      }
    }
    return columns
  }

  private static func text(_ batch: ParquetBatch, _ column: Int, _ row: Int) -> String? {
    if let number = batch.integer(column, at: row) { return String(number) }
    // What no sample may have is not made a string of.
    guard let bytes = batch.bytes(column, at: row), bytes.count <= SampleMetadata.mostBytes else {
      return nil
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func bounded(_ tags: [String]) -> ArraySlice<Substring> {
    var bytes = 0
    return tags.map { $0[...] }.prefix { tag in
      bytes += tag.utf8.count
      return bytes <= SampleMetadata.mostBytes
    }
  }
}
