/// What a column of a Parquet file can be read as.
public enum ParquetKind: Int32, Sendable {
  /// Not at all: nested, dates, decimals, booleans.
  case other = 0
  /// Text, also as bytes or through a dictionary; or a column that is NULL throughout.
  case strings = 1
  /// A list of texts a row.
  case lists = 2
  /// Integers of any width and sign.
  case integers = 3
  /// Floating-point numbers of either width.
  case reals = 4
}

/// Some rows of a Parquet file; valid only inside the closure that it is given to.
///
/// Columns are numbered as they were asked for, rows from the batch's first on. What a value is not,
/// it is nil as: NULL, a number asked for as text, a row outside the batch.
public struct ParquetBatch {
  struct Column {
    let kind: ParquetKind
    var values: UnsafeRawPointer?
    var offsets: UnsafePointer<Int64>?
    var lists: UnsafePointer<Int64>?
    var valid: UnsafePointer<UInt8>?
  }

  /// How many rows there are.
  public let count: Int
  let columns: [Column]

  /// Whether the value is NULL.
  public func isNull(_ column: Int, at row: Int) -> Bool {
    guard row >= 0, row < count else { return true }
    return columns[column].valid.map { $0[row] == 0 } ?? false
  }

  /// The bytes of a text.
  public func bytes(_ column: Int, at row: Int) -> UnsafeRawBufferPointer? {
    guard columns[column].kind == .strings, !isNull(column, at: row) else { return nil }
    return string(columns[column], row)
  }

  /// A text, with U+FFFD for what is not UTF-8.
  public func string(_ column: Int, at row: Int) -> String? {
    bytes(column, at: row).map { String(decoding: $0, as: UTF8.self) }
  }

  /// The texts of a list; what is NULL in a list is left out of it.
  public func strings(_ column: Int, at row: Int) -> [String]? {
    let list = columns[column]
    guard list.kind == .lists, !isNull(column, at: row), let lists = list.lists else { return nil }
    return (Int(lists[row])..<Int(lists[row + 1])).map {
      String(decoding: string(list, $0), as: UTF8.self)
    }
  }

  /// An integer.
  public func integer(_ column: Int, at row: Int) -> Int64? {
    guard columns[column].kind == .integers, !isNull(column, at: row) else { return nil }
    return columns[column].values?.load(fromByteOffset: row * 8, as: Int64.self)
  }

  /// A floating-point number.
  public func real(_ column: Int, at row: Int) -> Double? {
    guard columns[column].kind == .reals, !isNull(column, at: row) else { return nil }
    return columns[column].values?.load(fromByteOffset: row * 8, as: Double.self)
  }

  private func string(_ column: Column, _ index: Int) -> UnsafeRawBufferPointer {
    guard let offsets = column.offsets, let base = column.values else {
      return UnsafeRawBufferPointer(start: nil, count: 0)
    }
    let begin = Int(offsets[index])
    return UnsafeRawBufferPointer(start: base + begin, count: Int(offsets[index + 1]) - begin)
  }
}
