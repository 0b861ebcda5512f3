import Files
import Foundation
import SystemPackage

/// The pictures that a list names: a CSV file with a header, or a Parquet file, with the columns
/// `path[,label][,split][,tags]`.
///
/// Paths are relative to the list's folder. An empty label or NULL, or no label column, means none;
/// classes are the labels that occur anywhere in the file, in bytewise order, so that all splits of
/// one file number them alike. Tags are parted by spaces or commas. Other columns are passed over.
public struct ManifestDataset: TaggedDataset {
  /// What messages call it.
  public let name: String
  /// The class names in the order of their labels.
  public let classes: [String]
  private let root: String
  private let paths: PathTable
  private let labels: [Int32]
  private let tagTable: TagTable

  /// Reads the list at `path`: Parquet when its name ends in `.parquet`, CSV otherwise.
  /// - Parameters:
  ///   - path: The file.
  ///   - split: The value of the `split` column to keep, or nil for all lines.
  /// - Throws: `ImageDataError.line` with the line's number, or `.dataset`.
  public init(path: String, split: String? = nil) throws {
    var entries = ManifestEntries(split: split)
    if Self.isParquet(path) {
      try entries.read(parquet: path)
    } else {
      try entries.read(csv: path)
    }
    guard entries.paths.count > 0 else {
      let which = split.map { " of split \($0)" } ?? ""
      throw ImageDataError.dataset(path: path, reason: "no lines\(which)")
    }
    name = FilePath(text: path).name
    root = FilePath(text: path).folder.text
    (classes, labels) = entries.numberedLabels()
    paths = entries.paths
    tagTable = entries.tags.sealed()
  }

  /// Whether `path` names a Parquet list.
  static func isParquet(_ path: String) -> Bool { path.lowercased().hasSuffix(".parquet") }

  /// How many samples there are.
  public var count: Int { paths.count }

  /// The sample's key.
  public func key(at index: Int) -> String { paths[index] }

  /// The sample's class, or nil when it has none.
  public func label(at index: Int) -> Int? { labels[index] < 0 ? nil : Int(labels[index]) }

  /// The sample's hashtags, without their `#`.
  public func tags(at index: Int) -> [String] { tagTable[index] }

  /// The sample's picture.
  /// - Throws: `ImageDataError.unreadable` when this picture alone is at fault.
  public func read(at index: Int) throws -> EncodedImage {
    let key = paths[index]
    let path = key.hasPrefix("/") || root.isEmpty ? key : root + "/" + key
    return .file(try readPicture(PathText.bytes(of: path), key: key))
  }
}
