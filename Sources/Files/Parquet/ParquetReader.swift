import Foundation
import SystemPackage

/// A Parquet file that is read in batches of rows, in memory that does not grow with the file.
///
/// ```swift
/// let file = try ParquetReader(path: "list.parquet")
/// try file.forEachBatch(of: ["path", "label"]) { batch in
///   for row in 0..<batch.count { print(batch.string(0, at: row) ?? "NULL") }
/// }
/// ```
/// Pages are read one by one, so a group of rows may be of any size. Whatever the bytes are, the end
/// is an error or the values that they encode, never a trap: Arrow may use 256 MiB, and the texts of a
/// column's batch 128 MiB.
public final class ParquetReader {
  /// One column as the file describes it.
  public struct Column: Sendable {
    /// Its name.
    public let name: String
    /// Its type in Arrow's words.
    public let type: String
    /// What it can be read as.
    public let kind: ParquetKind
  }

  /// The file's path.
  public let path: String
  /// The file's columns, in its order.
  public let columns: [Column]
  /// How many rows the footer tells of.
  public let count: Int
  /// How many groups of rows there are.
  public let groupCount: Int
  private let functions: ParquetFunctions
  private let handle: OpaquePointer
  private var isReading = false

  /// Opens the file at `path` and reads its footer.
  /// - Throws: `FileError` naming `path`, `ParquetError` without the library.
  public convenience init(path: String) throws {
    try self.init(path: path, library: .shared())
  }

  init(path: String, library: ParquetLibrary) throws {
    // A pipe would never open, and a folder fails later with a stranger message.
    guard let status = FilePath(text: path).status else {
      throw FileError("read", path, code: errno)
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw FileError("read", path, code: 0, detail: "not a regular file")
    }
    let functions = library.functions
    var opened: OpaquePointer?
    try ParquetFunctions.check("read", path) { message, capacity in
      FilePath(text: path).withPlatformString { functions.open($0, message, capacity, &opened) }
    }
    guard let handle = opened else { throw FileError("read", path, code: ENOMEM) }
    var rows: Int64 = 0
    var groups: Int32 = 0
    var columnCount: Int32 = 0
    functions.counts(handle, &rows, &groups, &columnCount)
    columns = (0..<columnCount).map { index in
      var name: UnsafePointer<CChar>?
      var type: UnsafePointer<CChar>?
      var kind: Int32 = 0
      functions.column(handle, index, &name, &type, &kind)
      return Column(
        name: name.map { String(cString: $0) } ?? "", type: type.map { String(cString: $0) } ?? "",
        kind: ParquetKind(rawValue: kind) ?? .other)
    }
    self.path = path
    self.functions = functions
    self.handle = handle
    count = Int(rows)
    groupCount = Int(groups)
  }

  deinit { functions.close(handle) }

  /// Reads the columns called `names` from the first row to the last, `body` once for each batch.
  /// - Parameters:
  ///   - names: The columns, in the order in which the batches number them.
  ///   - rows: How many rows a batch has at most.
  ///   - body: What to do with a batch, which is no longer valid afterwards.
  /// - Throws: `FileError` naming the file and what is wrong with it, and what `body` throws.
  public func forEachBatch(
    of names: [String], rows: Int = 16_384, _ body: (ParquetBatch) throws -> Void
  ) throws {
    guard !isReading else {
      throw FileError("read", path, code: 0, detail: "a batch of it is being read already")
    }
    isReading = true
    defer { isReading = false }
    let indices = try names.map { name in
      guard let index = columns.firstIndex(where: { $0.name == name }) else {
        throw FileError("read", path, code: 0, detail: "it has no column named \(name)")
      }
      return Int32(index)
    }
    try ParquetFunctions.check("read", path) {
      functions.select(handle, indices, Int32(indices.count), Int64(rows), $0, $1)
    }
    while let batch = try nextBatch(indices) { try body(batch) }
  }

  private func nextBatch(_ indices: [Int32]) throws -> ParquetBatch? {
    var rows: Int64 = 0
    try ParquetFunctions.check("read", path) { functions.next(handle, $0, $1, &rows) }
    guard rows > 0 else { return nil }
    return ParquetBatch(
      count: Int(rows),
      columns: indices.enumerated().map { slot, index in
        var column = ParquetBatch.Column(kind: columns[Int(index)].kind)
        functions.values(
          handle, Int32(slot), &column.values, &column.offsets, &column.lists, &column.valid)
        return column
      })
  }
}
