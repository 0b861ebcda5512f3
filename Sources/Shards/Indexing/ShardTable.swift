import Files
import Foundation
import ImageData
import SystemPackage

/// The table beside a shard that says more about its samples: img2dataset writes `00000.parquet` beside
/// `00000.tar`; a `.csv` of the same columns will do.
///
/// Its rows are joined to samples by the column `key`, which is a sample's stem or the last part of it.
/// Hashtags come from the columns `tags` and `hashtags` (lists, or texts parted by spaces or commas) and
/// from the words of `caption` and `text` that begin with #; classes from `label`, `cls`, `class`,
/// `label_name` and `class_name`, the later ones before the others. What a
/// sample's own members say goes before: the table is asked only for what they do not tell, and of a
/// sample with a `.txt` member, which is its caption, for no caption.
struct ShardTable {
  let path: String
  let isParquet: Bool
  /// What tells whether it is still the same.
  let state: SourceState

  /// The columns that hashtags are taken from.
  static let tagColumns = ["tags", "hashtags"]
  /// The columns that are searched for words with #.
  static let textColumns = ["caption", "text"]
  /// The columns that name a sample's class.
  static let labelColumns = ["class", "label", "cls", "label_name", "class_name"]
  /// More rows than any shard has samples: what they say is kept in memory.
  static let mostRows = 1 << 22

  /// The table beside `location`, if there is one; only files have one.
  init?(beside location: ShardLocation) {
    guard location.kind == .file,
      let ending = ShardLocation.endings.first(where: location.text.lowercased().hasSuffix)
    else { return nil }
    let stem = location.text.dropLast(ending.count)
    for (ending, isParquet) in [(".parquet", true), (".csv", false)] {
      guard let status = FilePath(text: stem + ending).status, status.st_mode & S_IFMT == S_IFREG
      else { continue }
      path = stem + ending
      self.isParquet = isParquet
      state = SourceState(status)
      return
    }
    return nil
  }

  /// Whether nothing here can read it.
  var isUnreadable: Bool { isParquet && !ParquetLibrary.isAvailable }

  /// Why Parquet cannot be read here, if it cannot.
  static var libraryProblem: String? {
    do {
      _ = try ParquetLibrary.shared()
      return nil
    } catch {
      return "\(error)"
    }
  }

  /// What an index depends on because of it: an index that was made without the library is made again
  /// once it is there.
  var fingerprint: String { "\(path) \(state.size) \(state.changed) \(isUnreadable)" }

  /// Its rows that say something, by their keys' bytes; of two with one key, the first.
  /// - Parameter withTexts: Whether to look for hashtags in captions too.
  /// - Returns: What each says.
  /// - Throws: `ImageDataError` when it is no such table, `FileError` when the disk fails.
  func rows(withTexts: Bool) throws -> [[UInt8]: Row] {
    var rows = Rows()
    let names = Self.tagColumns + Self.labelColumns + (withTexts ? Self.textColumns : [])
    try isParquet ? readParquet(names, &rows) : readCSV(names, &rows)
    return rows.byKey
  }

  /// What it says about a sample.
  struct Row {
    /// The class and the hashtags of its columns.
    var metadata = SampleMetadata()
    /// The hashtags in its captions.
    var texts = SampleMetadata()

    /// Takes what stands in the column `name`.
    mutating func take(_ cell: String, of name: String) {
      guard cell.utf8.count <= SampleMetadata.mostBytes else { return }
      if ShardTable.tagColumns.contains(name) {
        metadata.take(tags: TagTable.tags(in: cell))
      } else if ShardTable.labelColumns.contains(name) {
        metadata.take(cls: Array(cell.utf8))
      } else {
        texts.take(text: Array(cell.utf8))
      }
    }
  }

  /// The rows that are read.
  struct Rows {
    private(set) var byKey: [[UInt8]: Row] = [:]

    mutating func append(_ key: [UInt8], _ row: Row) {
      guard !row.metadata.isEmpty || !row.texts.isEmpty, byKey[key] == nil else { return }
      byKey[key] = row
    }
  }

  private func readCSV(_ names: [String], _ rows: inout Rows) throws {
    do {
      let reader = try CSVReader(path: path)
      guard try reader.next() else { throw wrong("it is empty") }
      let header = reader.texts.map(Self.plain)
      guard let key = header.firstIndex(of: "key") else {
        throw wrong("no column named key; columns found: \(header.joined(separator: ", "))")
      }
      let columns = names.compactMap { name in header.firstIndex(of: name).map { (name, $0) } }
      var count = 0
      while try reader.next() {
        guard reader.count == header.count else {
          throw wrong(
            "line \(reader.line): \(reader.count) fields under a header of \(header.count)")
        }
        count += 1
        guard count <= Self.mostRows else { throw wrong("more rows than a shard's table has") }
        var row = Row()
        // What no sample may have is not made a string of.
        for (name, column) in columns where reader[column].count <= SampleMetadata.mostBytes {
          row.take(reader.text(column), of: name)
        }
        rows.append(Array(reader[key]), row)
      }
    } catch let error as CSVError {
      throw wrong(error.description)
    } catch let error as FileError where error.code == 0 {
      throw wrong(error.detail)
    }
  }

  /// What is wrong with it, as an error.
  func wrong(_ reason: String) -> ImageDataError { .dataset(path: path, reason: reason) }

  /// How a column's name is compared.
  static func plain(_ name: String) -> String {
    name.trimmingCharacters(in: .whitespaces).lowercased()
  }
}
