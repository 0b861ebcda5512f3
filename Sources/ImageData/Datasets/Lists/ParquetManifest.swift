import Files
import Foundation

extension ManifestEntries {
  /// Reads the Parquet file at `path`: a row a picture. A label may be an integer, which becomes its
  /// decimal digits; tags may be a list of texts, or a text as in CSV.
  /// - Throws: `ImageDataError.dataset` naming the file, and the row (from 1) that is at fault.
  mutating func read(parquet path: String) throws {
    do {
      try read(ParquetReader(path: path), at: path)
    } catch let error as FileError {
      throw ImageDataError.dataset(path: path, reason: error.reason)
    } catch let error as ParquetError {
      throw ImageDataError.dataset(path: path, reason: error.description)
    }
  }

  private mutating func read(_ file: ParquetReader, at path: String) throws {
    func wrong(_ reason: String) -> ImageDataError { .dataset(path: path, reason: reason) }
    let found: ManifestColumns
    do {
      let names = file.columns.map(\.name)
      guard let columns = try ManifestColumns(names, needsSplit: needsSplits) else {
        throw ManifestColumns.missing(names)
      }
      found = columns
      (header, labelColumn) = (names, columns.label.map { names[$0] })
    } catch let refusal as ManifestColumns.Refusal {
      throw wrong(refusal.reason)
    }
    var names: [String] = []
    // The place among the columns that are read, of a column of the file.
    func place(_ column: Int, _ kinds: Set<ParquetKind>, _ what: String) throws -> Int {
      let column = file.columns[column]
      guard kinds.contains(column.kind) else {
        throw wrong("column \(column.name) is \(column.type); give \(what)")
      }
      names.append(column.name)
      return names.count - 1
    }
    let pathColumn = try place(found.path, [.strings], "strings")
    let labels: Set<ParquetKind> = [.strings, .integers]
    let labelColumn = try found.label.map { try place($0, labels, "strings or integers") }
    let split = needsSplits ? found.split : nil
    let splitColumn = try split.map { try place($0, [.strings], "strings") }
    let tagKinds: Set<ParquetKind> = [.strings, .lists]
    let tagsColumn = try found.tags.map {
      try place($0, tagKinds, "lists of strings or strings")
    }
    var row = 0
    try file.forEachBatch(of: names) { batch in
      for index in 0..<batch.count {
        row += 1
        let reason = take(batch, index, pathColumn, labelColumn, splitColumn, tagsColumn)
        if let reason { throw wrong("row \(row): \(reason)") }
      }
    }
  }

  private mutating func take(
    _ batch: ParquetBatch, _ row: Int, _ path: Int, _ label: Int?, _ split: Int?, _ tags: Int?
  ) -> String? {
    func bytes(_ column: Int) -> UnsafeRawBufferPointer {
      batch.bytes(column, at: row).map { UnsafeRawBufferPointer($0) }
        ?? UnsafeRawBufferPointer(start: nil, count: 0)
    }
    let words = tags.map { column in
      batch.strings(column, at: row).map { .list($0.map { $0[...] }) }
        ?? TagTable.Words.text(bytes(column))
    }
    if let label, let number = batch.integer(label, at: row) {
      return Array(String(number).utf8).withUnsafeBytes {
        append(path: bytes(path), label: $0, split: split.map(bytes), tags: words)
      }
    }
    return append(
      path: bytes(path), label: label.map(bytes), split: split.map(bytes), tags: words)
  }
}
