import Files
import Foundation

extension ManifestEntries {
  /// Reads the CSV file at `path`: a header, then a line a picture. Without a header, a list of paths
  /// alone or of paths and labels is read all the same. Lines above it that begin with `#` are comments,
  /// of which the last may be the header.
  /// - Throws: `ImageDataError.line` with the line's number, or `.dataset`.
  mutating func read(csv path: String) throws {
    do {
      let root = root
      try read(CSVReader(path: path) { Self.isComment($0, in: root) }, at: path)
    } catch let error as CSVError {
      throw ImageDataError.line(path: path, line: error.line, reason: error.reason)
    } catch let error as FileError {
      throw ImageDataError.dataset(path: path, reason: error.reason)
    }
  }

  /// Whether a first line that begins with `#` is a comment, and not the line of a picture whose name
  /// begins so.
  private static func isComment(_ line: UnsafeRawBufferPointer, in root: String) -> Bool {
    let parting = [UInt8(ascii: ","), UInt8(ascii: ";"), 9]
    return !line.split(whereSeparator: parting.contains).contains { field in
      var field = Array(field)
      while let last = field.last, last == 32 || last == 9 { field.removeLast() }
      if ManifestDataset.isFile(field, in: root) { return true }
      // After "# " comes prose, whatever it ends in.
      return field.first == UInt8(ascii: "#") && field.dropFirst().first != 32
        && ImageNames.isImage(field)
    }
  }

  private mutating func read(_ reader: CSVReader, at path: String) throws {
    guard try reader.next() else {
      throw ImageDataError.dataset(path: path, reason: "the file is empty; give path,label lines")
    }
    let names = reader.texts
    let (columns, hasHeader) = try columns(of: reader, at: path)
    header = hasHeader ? names : nil
    labelColumn = columns.label.map { hasHeader ? names[$0] : "" }
    guard try !hasHeader || reader.next() else { return }
    repeat {
      if hasHeader, reader[columns.path].elementsEqual(names[columns.path].utf8),
        reader.texts == names
      {
        throw ImageDataError.line(
          path: path, line: reader.line,
          reason: "the header again, as where lists were joined; take it out")
      }
      guard Self.fits(reader, names) else {
        throw ImageDataError.line(
          path: path, line: reader.line,
          reason: Self.misfit(reader, names, isHeader: hasHeader))
      }
      let wrong = append(
        path: reader[columns.path], label: columns.label.map { reader[$0] },
        split: columns.split.map { reader[$0] }, tags: columns.tags.map { .text(reader[$0]) })
      if let wrong { throw ImageDataError.line(path: path, line: reader.line, reason: wrong) }
    } while try reader.next()
  }

  /// Whether the record has the fields of the first line `names`, but for empty ones at its end.
  private static func fits(_ reader: CSVReader, _ names: [String]) -> Bool {
    guard reader.count != names.count else { return true }
    return (names.count..<max(names.count, reader.count)).allSatisfy { reader[$0].isEmpty }
      && names[min(names.count, reader.count)...].allSatisfy(\.isEmpty)
  }

  private static func misfit(_ reader: CSVReader, _ names: [String], isHeader: Bool) -> String {
    let counts =
      counted(reader.count, "field")
      + (isHeader ? " under a header of \(names.count)" : " after a first line of \(names.count)")
    if reader[0].first == UInt8(ascii: "#") {
      return counts + "; a line that begins with # is a comment above the header only"
    }
    guard reader.count > names.count else { return counts }
    let delimiter = PathText.text(of: [reader.delimiter])
    return counts + "; put a field that holds "
      + (delimiter == "\t" ? "a tab" : delimiter == "," ? "a comma" : "a \(delimiter)")
      + " in quotes"
  }

  /// The columns by the first line, or by the comment above it, and whether the first line is a header.
  private func columns(of reader: CSVReader, at path: String) throws -> (ManifestColumns, Bool) {
    var names = reader.texts
    do {
      if let columns = try ManifestColumns(names, needsSplit: needsSplits) {
        return (columns, true)
      }
      if let header = reader.comment?.split(
        separator: Character(UnicodeScalar(reader.delimiter)), omittingEmptySubsequences: false),
        header.count == names.count,
        let columns = try? ManifestColumns(
          header.map { $0.trimmingCharacters(in: .whitespaces) }, needsSplit: needsSplits)
      {
        return (columns, false)
      }
      // Empty fields at the end of a line say nothing.
      while names.count > 2, names.last == "" { names.removeLast() }
      func isImage(_ field: UnsafeRawBufferPointer) -> Bool {
        ImageNames.isImage(field) || ManifestDataset.isFile(Array(field), in: root)
      }
      let columns = try ManifestColumns(headerless: names, needsSplit: needsSplits) {
        isImage(reader[$0])
      }
      guard let columns else {
        throw ManifestColumns.missing(names) { part in
          Array(part.utf8).withUnsafeBytes(isImage)
        }
      }
      return (columns, false)
    } catch let refusal as ManifestColumns.Refusal {
      throw ImageDataError.line(path: path, line: reader.line, reason: refusal.reason)
    }
  }
}
