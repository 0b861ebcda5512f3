import Foundation

/// A Parquet file that is written in portions of rows, and is there only when it is finished.
///
/// ```swift
/// let file = try ParquetWriter(path: "list.parquet", fields: [.init("path", .string)])
/// try file.write([.strings(ParquetStrings(["a.jpg", "b.jpg"]))])
/// try file.finish()
/// ```
/// The same rows in the same portions are the same bytes, for one version of Arrow. One group of rows
/// is held in memory, compressed, until it is full. Pages carry checksums.
public final class ParquetWriter {
  /// How pages are compressed.
  public enum Compression: Int32, Sendable {
    /// Not at all.
    case none = 0
    /// Quickly.
    case snappy = 1
    /// Well: Zstandard, level 1.
    case zstd = 2
  }

  /// The file's path.
  public var path: String { sink.file.path }
  private let fields: [ParquetField]
  private let functions: ParquetFunctions
  private let sink: Sink
  private var handle: OpaquePointer?

  /// Where Arrow's bytes go; it remembers why they could not, which no status can tell.
  private final class Sink {
    let file: DurableFile
    var error: (any Error)?

    init(_ file: DurableFile) { self.file = file }

    func take(_ bytes: UnsafeRawBufferPointer) -> Int32 {
      do {
        try file.write(bytes)
        return 0
      } catch {
        self.error = error
        return 1
      }
    }
  }

  /// Begins the file that will be at `path`.
  /// - Parameters:
  ///   - path: Where it will be after `finish()`.
  ///   - fields: Its columns.
  ///   - compression: How its pages are compressed.
  ///   - rowsPerGroup: How many rows a group has, the last one excepted.
  /// - Throws: `FileError` naming `path`, `ParquetError` without the library.
  public convenience init(
    path: String, fields: [ParquetField], compression: Compression = .zstd,
    rowsPerGroup: Int = 131_072
  ) throws {
    try self.init(
      path: path, fields: fields, compression: compression, rowsPerGroup: rowsPerGroup,
      library: .shared())
  }

  init(
    path: String, fields: [ParquetField], compression: Compression, rowsPerGroup: Int,
    library: ParquetLibrary
  ) throws {
    functions = library.functions
    sink = Sink(try DurableFile(path: path))
    self.fields = fields
    let context = Unmanaged.passUnretained(sink).toOpaque()
    try ParquetFunctions.check("write", path) {
      functions.create(
        compression.rawValue, Int64(rowsPerGroup),
        { context, bytes, count in
          guard let context else { return 1 }
          let sink = Unmanaged<Sink>.fromOpaque(context).takeUnretainedValue()
          return sink.take(UnsafeRawBufferPointer(start: bytes, count: Int(count)))
        }, context, $0, $1, &handle)
    }
    guard let handle else { throw FileError("write", path, code: ENOMEM) }
    for field in fields {
      try call {
        functions.addColumn(
          handle, field.name, field.kind.rawValue, field.isOptional ? 1 : 0, field.repeats ? 1 : 0,
          $0, $1)
      }
    }
  }

  deinit { functions.discard(handle) }

  /// Writes the next rows: as many values of each column, in the order of the fields.
  /// - Throws: `FileError` naming the path, for example on a full disk; the file is then given up.
  public func write(_ columns: [ParquetColumn]) throws {
    let handle = try opened()
    guard columns.count == fields.count else {
      throw failure("\(columns.count) columns of values for \(fields.count) columns")
    }
    for (field, column) in zip(fields, columns) {
      guard column.kind == field.kind, column.count == columns[0].count else {
        throw failure("the values of column \(field.name) are of another type or number")
      }
      if case .strings(let texts) = column, texts.hasNulls, !field.isOptional {
        throw failure("a value of column \(field.name) is NULL")
      }
    }
    guard let rows = columns.first?.count, rows > 0 else { return }
    for (index, column) in columns.enumerated() {
      try call { message, capacity in
        func set(_ values: UnsafeRawPointer?) -> Int32 {
          functions.set(handle, Int32(index), Int64(rows), values, nil, nil, message, capacity)
        }
        return switch column {
        case .int32(let values): values.withUnsafeBytes { set($0.baseAddress) }
        case .int64(let values): values.withUnsafeBytes { set($0.baseAddress) }
        case .float32(let values): values.withUnsafeBytes { set($0.baseAddress) }
        case .strings(let texts):
          functions.set(
            handle, Int32(index), Int64(rows), texts.bytes, texts.offsets,
            texts.hasNulls ? texts.valid : nil, message, capacity)
        }
      }
    }
    try call { functions.write(handle, $0, $1) }
  }

  /// Writes what is left, flushes it to the disk and makes it the file at `path`.
  /// - Throws: `FileError` naming the path; an earlier file at `path` is then untouched.
  public func finish() throws {
    let handle = try opened()
    try call { functions.finish(handle, $0, $1) }
    giveUp(keepingFile: true)
    try sink.file.commit()
  }

  private func opened() throws -> OpaquePointer {
    guard let handle else { throw failure("it is finished or was given up") }
    return handle
  }

  private func call(_ body: (ParquetFunctions.Message, Int64) -> Int32) throws {
    do {
      try ParquetFunctions.check("write", path, body)
    } catch {
      giveUp()
      throw sink.error ?? error
    }
  }

  private func giveUp(keepingFile: Bool = false) {
    functions.discard(handle)
    handle = nil
    if !keepingFile { sink.file.discard() }
  }

  private func failure(_ detail: String) -> FileError {
    FileError("write", path, code: 0, detail: detail)
  }
}
