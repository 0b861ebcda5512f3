import Foundation

extension ManifestEntries {
  /// Reads the CSV file at `path`: a header, then a line a picture.
  /// - Throws: `ImageDataError.line` with the line's number, or `.dataset`.
  mutating func read(csv path: String) throws {
    let records: [CSVRecords.Record]
    do {
      records = try CSVRecords.parse(try Gzip.contents(of: path))
    } catch let error as CSVRecords.Malformed {
      throw ImageDataError.line(path: path, line: error.line, reason: error.reason)
    }
    guard let header = records.first else {
      throw ImageDataError.dataset(path: path, reason: "the file is empty; give path,label lines")
    }
    let columns = header.fields.map { $0.trimmingCharacters(in: .whitespaces).lowercased() }
    guard let pathColumn = columns.firstIndex(of: "path") else {
      throw ImageDataError.line(
        path: path, line: header.line, reason: "no column named path in the header")
    }
    let labelColumn = columns.firstIndex(of: "label")
    let splitColumn = columns.firstIndex(of: "split")
    let tagsColumn = columns.firstIndex(of: "tags")
    if needsSplits, splitColumn == nil {
      throw ImageDataError.line(
        path: path, line: header.line, reason: "no column named split in the header")
    }
    for record in records.dropFirst() {
      guard record.fields.count == columns.count else {
        throw ImageDataError.line(
          path: path, line: record.line,
          reason: "\(record.fields.count) fields under a header of \(columns.count)")
      }
      let wrong = append(
        path: record.fields[pathColumn], label: labelColumn.map { record.fields[$0] },
        split: splitColumn.map { record.fields[$0] },
        tags: tagsColumn.map { TagTable.tags(in: record.fields[$0]) })
      if let wrong { throw ImageDataError.line(path: path, line: record.line, reason: wrong) }
    }
  }
}
