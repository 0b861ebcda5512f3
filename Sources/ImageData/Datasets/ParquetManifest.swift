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
      let reasons = [error.code == 0 ? "" : String(cString: strerror(error.code)), error.detail]
      throw ImageDataError.dataset(
        path: path, reason: reasons.filter { !$0.isEmpty }.joined(separator: "; "))
    } catch let error as ParquetError {
      throw ImageDataError.dataset(path: path, reason: error.description)
    }
  }

  private mutating func read(_ file: ParquetReader, at path: String) throws {
    var names: [String] = []
    // The place among the columns that are read, of the column `name` if there is one.
    func column(_ name: String, of kinds: Set<ParquetKind>, as what: String) throws -> Int? {
      let found = file.columns.first {
        $0.name.trimmingCharacters(in: .whitespaces).lowercased() == name
      }
      guard let found else { return nil }
      guard kinds.contains(found.kind) else {
        throw ImageDataError.dataset(
          path: path, reason: "column \(name) is \(found.type); give \(what)")
      }
      names.append(found.name)
      return names.count - 1
    }
    guard let pathColumn = try column("path", of: [.strings], as: "strings") else {
      throw ImageDataError.dataset(path: path, reason: "no column named path")
    }
    let labelColumn = try column("label", of: [.strings, .integers], as: "strings or integers")
    let splitColumn = try column("split", of: [.strings], as: "strings")
    let tagsColumn = try column("tags", of: [.strings, .lists], as: "lists of strings or strings")
    if needsSplits, splitColumn == nil {
      throw ImageDataError.dataset(path: path, reason: "no column named split")
    }
    var row = 0
    try file.forEachBatch(of: names) { batch in
      for index in 0..<batch.count {
        row += 1
        let wrong = append(
          path: batch.string(pathColumn, at: index) ?? "",
          label: labelColumn.flatMap {
            batch.string($0, at: index) ?? batch.integer($0, at: index).map { String($0) }
          },
          split: splitColumn.map { batch.string($0, at: index) ?? "" },
          tags: tagsColumn.map { Self.tags(batch, $0, index) })
        if let wrong { throw ImageDataError.dataset(path: path, reason: "row \(row): \(wrong)") }
      }
    }
  }

  private static func tags(_ batch: ParquetBatch, _ column: Int, _ row: Int) -> [Substring] {
    if let list = batch.strings(column, at: row) { return list.map { $0[...] } }
    return TagTable.tags(in: batch.string(column, at: row) ?? "")
  }
}
