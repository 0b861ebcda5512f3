import Files

/// One value of each of many rows, which are read in order and in pieces: from an array, or from a
/// file that takes no memory of the process.
struct HashColumn<Value: BitwiseCopyable & Hashable & Sendable>: Sendable {
  /// How many rows there are.
  let count: Int
  private let read: @Sendable (_ start: Int, UnsafeMutableBufferPointer<Value>) throws -> Void
  /// Rows in a piece: a few hundred kilobytes stay in the processor's cache.
  private static var piece: Int { 8192 }

  /// The column of what `value` says of each row.
  init(count: Int, value: @escaping @Sendable (Int) -> Value) {
    self.count = count
    read = { start, values in
      for index in values.indices { values[index] = value(start + index) }
    }
  }

  /// The column that begins at `offset` of `file`.
  init(count: Int, in file: PositionedFile, at offset: Int) {
    self.count = count
    read = { start, values in
      try file.read(
        UnsafeMutableRawBufferPointer(values), at: offset + start * MemoryLayout<Value>.stride)
    }
  }

  /// The value of one row.
  func value(at row: Int) throws -> Value {
    try withUnsafeTemporaryAllocation(of: Value.self, capacity: 1) { value in
      try read(row, value)
      return value[0]
    }
  }

  /// Calls `body` with every row of a range in order.
  @inline(__always)
  func forEach(in rows: Range<Int>, _ body: (_ row: Int, Value) -> Void) throws {
    let values = UnsafeMutableBufferPointer<Value>.allocate(capacity: Self.piece)
    defer { values.deallocate() }
    for start in stride(from: rows.lowerBound, to: rows.upperBound, by: Self.piece) {
      let count = min(Self.piece, rows.upperBound - start)
      let piece = UnsafeMutableBufferPointer(rebasing: values[..<count])
      try read(start, piece)
      for index in 0..<count { body(start &+ index, piece[index]) }
    }
  }
}

/// Some of many rows, a bit each.
struct RowSet: Sendable {
  private var words: [UInt64]

  /// Room for rows below `count`.
  init(count: Int) { words = Array(repeating: 0, count: (count + 63) / 64) }

  /// Whether `row` is in the set.
  @inline(__always)
  func contains(_ row: Int) -> Bool { words[row >> 6] >> UInt64(row & 63) & 1 == 1 }

  /// Adds `row`.
  mutating func insert(_ row: Int) { words[row >> 6] |= 1 << UInt64(row & 63) }
}
