import Foundation

/// The pictures that a CSV file lists: a header, then `path,label[,split]` a line.
///
/// Paths are relative to the CSV file's folder. An empty label, or no label column, means none;
/// classes are the labels that occur anywhere in the file, in bytewise order, so that all splits of
/// one file number them alike. Other columns are passed over.
public struct ManifestDataset: ImageDataset {
  /// What messages call it.
  public let name: String
  /// The class names in the order of their labels.
  public let classes: [String]
  private let root: String
  private let paths: PathTable
  private let labels: [Int32]

  /// Reads the list at `path`.
  /// - Parameters:
  ///   - path: The CSV file.
  ///   - split: The value of the `split` column to keep, or nil for all lines.
  /// - Throws: `ImageDataError.line` with the line's number, or `.dataset`.
  public init(path: String, split: String? = nil) throws {
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
    if split != nil, splitColumn == nil {
      throw ImageDataError.line(
        path: path, line: header.line, reason: "no column named split in the header")
    }
    var paths = PathTable()
    var names: [String] = []
    var allNames: Set<String> = []
    for record in records.dropFirst() {
      guard record.fields.count == columns.count else {
        throw ImageDataError.line(
          path: path, line: record.line,
          reason: "\(record.fields.count) fields under a header of \(columns.count)")
      }
      let file = record.fields[pathColumn]
      guard !file.isEmpty, !file.utf8.contains(0) else {
        throw ImageDataError.line(path: path, line: record.line, reason: "the path is empty")
      }
      let label = labelColumn.map { record.fields[$0] } ?? ""
      if !label.isEmpty { allNames.insert(label) }
      if let split, let splitColumn, record.fields[splitColumn] != split { continue }
      paths.append([], file.utf8)
      names.append(label)
    }
    guard paths.count > 0 else {
      let which = split.map { " of split \($0)" } ?? ""
      throw ImageDataError.dataset(path: path, reason: "no lines\(which)")
    }
    let classes = allNames.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    let numbers = Dictionary(uniqueKeysWithValues: zip(classes, Int32(0)...))
    name = (path as NSString).lastPathComponent
    root = (path as NSString).deletingLastPathComponent
    self.classes = classes
    self.paths = paths
    labels = names.map { numbers[$0] ?? -1 }
  }

  /// How many samples there are.
  public var count: Int { paths.count }

  /// The sample's key.
  public func key(at index: Int) -> String { paths[index] }

  /// The sample's class, or nil when it has none.
  public func label(at index: Int) -> Int? { labels[index] < 0 ? nil : Int(labels[index]) }

  /// The sample's picture.
  /// - Throws: `ImageDataError.unreadable` when this picture alone is at fault.
  public func read(at index: Int) throws -> EncodedImage {
    let key = paths[index]
    let path = key.hasPrefix("/") || root.isEmpty ? key : root + "/" + key
    return .file(try readPicture(Array(path.utf8), key: key))
  }
}
