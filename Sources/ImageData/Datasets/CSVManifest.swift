import Files
import Foundation

extension ManifestEntries {
  /// Reads the CSV file at `path`: a header, then a line a picture. Without a header, a list of paths
  /// alone or of paths and labels is read all the same.
  /// - Throws: `ImageDataError.line` with the line's number, or `.dataset`.
  mutating func read(csv path: String) throws {
    do {
      try read(CSVReader(path: path), at: path)
    } catch let error as CSVError {
      throw ImageDataError.line(path: path, line: error.line, reason: error.reason)
    } catch let error as FileError {
      throw ImageDataError.dataset(path: path, reason: error.reason)
    }
  }

  private mutating func read(_ reader: CSVReader, at path: String) throws {
    guard try reader.next() else {
      throw ImageDataError.dataset(path: path, reason: "the file is empty; give path,label lines")
    }
    let count = reader.count
    let (columns, hasHeader) = try columns(of: reader, at: path)
    guard try !hasHeader || reader.next() else { return }
    repeat {
      guard reader.count == count else {
        throw ImageDataError.line(
          path: path, line: reader.line,
          reason: "\(reader.count) fields "
            + (hasHeader ? "under a header of \(count)" : "after a first line of \(count)"))
      }
      let wrong = append(
        path: reader[columns.path], label: columns.label.map { reader[$0] },
        split: columns.split.map { reader[$0] }, tags: columns.tags.map { .text(reader[$0]) })
      if let wrong { throw ImageDataError.line(path: path, line: reader.line, reason: wrong) }
    } while try reader.next()
  }

  /// The columns by the first line, and whether that is a header.
  private func columns(of reader: CSVReader, at path: String) throws -> (ManifestColumns, Bool) {
    let names = reader.texts
    do {
      if let columns = try ManifestColumns(names, needsSplit: needsSplits) {
        return (columns, true)
      }
      let columns = try ManifestColumns(headerless: names, needsSplit: needsSplits) { field in
        PictureNames.isPicture(reader[field])
          || ManifestDataset.isFile(Array(reader[field]), in: root)
      }
      guard let columns else { throw ManifestColumns.missing(names) }
      return (columns, false)
    } catch let refusal as ManifestColumns.Refusal {
      throw ImageDataError.line(path: path, line: reader.line, reason: refusal.reason)
    }
  }
}
