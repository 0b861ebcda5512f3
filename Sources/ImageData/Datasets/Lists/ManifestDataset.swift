import Files
import Foundation
import SystemPackage

/// The pictures that a list names: a CSV file with a header, or a Parquet file, with the columns
/// `path[,label][,split][,tags]`.
///
/// The columns may have other names that are usual (`file_name`, `image`, `class`, …; see
/// `ManifestColumns`). Paths are relative to the list's folder, or absolute, also as `file:///a%20b.png`;
/// backslashes part folders where the files say so. An empty label or NULL, or no label column, means none; classes are the labels that occur
/// anywhere in the file, in bytewise order, so that all splits of one file number them alike. Tags are
/// parted by spaces or commas. Other columns are passed over.
/// - Complexity: some 15 bytes of memory a picture; see `PathTable`.
public struct ManifestDataset: ImageDataset {
  /// What messages call it.
  public let name: String
  /// The class names in the order of their labels.
  public let classes: [String]
  /// The paths as bytes.
  package let paths: PathTable
  private let root: String
  /// The first splits that its lines are of, where none was asked for.
  public let splits: [String]
  private let labels: [Int32]
  /// Why nothing is labelled; nil where something is.
  private let whyUnlabelled: String?
  private let tagTable: TagTable

  /// Reads the list at `path`: Parquet when its name ends in `.parquet`, CSV otherwise.
  /// - Parameters:
  ///   - path: The file.
  ///   - split: The value of the `split` column to keep, or nil for all lines.
  /// - Throws: `ImageDataError.line` with the line's number, or `.dataset`.
  public init(path: String, split: String? = nil) throws {
    var entries = ManifestEntries(root: FilePath(text: path).folder.text, split: split)
    if Self.isParquet(path) {
      try entries.read(parquet: path)
    } else {
      try entries.read(csv: path)
    }
    try self.init(entries, at: path, split: split)
  }

  /// The pictures of CUB-200-2011, or of a set that is kept as it.
  /// - Throws: As `init(path:split:)`.
  package init(cub files: CUBFiles, at path: String, split: String? = nil) throws {
    try self.init(files.entries(split: split), at: path, split: split)
  }

  private init(_ entries: ManifestEntries, at path: String, split: String?) throws {
    root = entries.root
    guard entries.paths.count > 0 else {
      let which = split.map { " of split \($0)" } ?? ""
      let others =
        entries.splits.isEmpty
        ? "" : "; its splits are \(Self.texts(entries.splits).joined(separator: ", "))"
      throw ImageDataError.dataset(path: path, reason: "no lines\(which)\(others)")
    }
    name = FilePath(text: path).name
    paths = entries.paths
    splits = split == nil ? Self.texts(entries.splits) : []
    tagTable = entries.tags.sealed()
    let reason = ManifestColumns.whyUnlabelled(entries.header, label: entries.labelColumn)
    (classes, labels) = entries.numberedLabels()
    whyUnlabelled = classes.isEmpty ? reason : nil
    try requireDistinctClasses(in: path, "labels", "write the same in all lines")
  }

  /// The pictures of `entries`, which have no labels.
  init(lines entries: ManifestEntries, name: String) {
    self.name = name
    root = entries.root
    paths = entries.paths
    (classes, labels, splits) = ([], [], [])
    whyUnlabelled = nil
    tagTable = TagTable()
  }

  private static func texts(_ splits: [[UInt8]]) -> [String] {
    splits.map { String(decoding: $0, as: UTF8.self) }
  }

  /// Whether `path` is called like a list.
  package static func isList(_ path: String) -> Bool {
    let lowered = path.lowercased()
    return lowered.hasSuffix(".csv") || lowered.hasSuffix(".tsv") || isParquet(path)
  }

  /// Whether `path` names a Parquet list.
  package static func isParquet(_ path: String) -> Bool { path.lowercased().hasSuffix(".parquet") }

  /// Whether `path`, as a list in the folder `root` has it, leads to a file.
  static func isFile(_ path: [UInt8], in root: String) -> Bool {
    guard !path.contains(0) else { return false }
    var status = stat()
    let full = full(path, in: root).map { CChar(bitPattern: $0) } + [0]
    return stat(full, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
  }

  private static func full(_ path: [UInt8], in root: String) -> [UInt8] {
    path.first == UInt8(ascii: "/") ? path : PathText.bytes(of: root + "/") + path
  }

  /// How many samples there are.
  public var count: Int { paths.count }

  /// The sample's key.
  public func key(at index: Int) -> String { paths[index] }

  /// The sample's class, or nil when it has none.
  public func label(at index: Int) -> Int? {
    labels.isEmpty || labels[index] < 0 ? nil : Int(labels[index])
  }

  /// Why the sample has no label, where none has.
  public func whyUnlabelled(at index: Int) -> String? { whyUnlabelled }

  /// The sample's hashtags, without their `#`.
  public func tags(at index: Int) -> [String] { tagTable[index] }

  /// The state of the sample's file.
  public func fileState(at index: Int) -> UInt64 {
    ImageData.fileState(of: Array(Self.full(paths.bytes(at: index), in: root)))
  }

  /// The sample's picture.
  /// - Throws: `ImageDataError.unreadable` when this picture alone is at fault.
  public func read(at index: Int) throws -> EncodedImage {
    let path = paths.bytes(at: index)
    do {
      return .file(try readImage(Self.full(path, in: root), key: key(at: index)))
    } catch ImageDataError.unreadable(let key, let reason) {
      guard let hint = hint(about: path) else {
        throw ImageDataError.unreadable(key: key, reason: reason)
      }
      throw ImageDataError.unreadable(key: key, reason: "\(reason); \(hint)")
    }
  }

  /// Why there may be no file at `path`; nil where there is one, or nothing is known.
  private func hint(about path: [UInt8]) -> String? {
    guard !Self.isFile(path, in: root) else { return nil }
    if let reason = whyMissing(path) { return reason }
    if path.first != UInt8(ascii: "/"), Self.isFile(path, in: ".") {
      return
        "it is there from the working folder, but a list's paths begin in the list's own folder"
    }
    return nil
  }
}
