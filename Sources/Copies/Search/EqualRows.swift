import Files

/// The rows that are equal to an earlier one, found in parts so that memory stays at a fraction of
/// the rows: a part has the rows whose hashes begin with the same bits.
enum EqualRows {
  /// Up to so many rows are looked at in one part.
  static let mostInOnePart = 1 << 20
  private static let partBits = 4

  /// Looks every row up among the earlier ones.
  /// - Parameters:
  ///   - column: The rows.
  ///   - threads: How many threads search, by default one a core.
  ///   - mostInOnePart: Up to so many rows are looked at at once.
  ///   - hash: A row's hash, well mixed, or nil where the row is equal to none.
  /// - Returns: Each row that is equal to an earlier one with the first such row, by row.
  /// - Throws: What reading the column throws.
  /// - Complexity: O(rows) expected; up to 48 bytes for each of 2^20 rows, or for a sixteenth of
  ///   more on each thread; the column is read sixteen times.
  static func find<Value>(
    in column: HashColumn<Value>, threads: Int? = nil, mostInOnePart: Int = mostInOnePart,
    hash: @Sendable (Int, Value) -> UInt64?
  ) throws -> [RowPair] {
    let bits = column.count > mostInOnePart ? partBits : 0
    let lists = try Threads.results(parts: 1 << bits, threads: threads) { part in
      let rows = PageMemory<UInt32>(count: column.count)
      let values = PageMemory<Value>(count: column.count)
      var count = 0
      try column.forEach(in: 0..<column.count) { row, value in
        // A shift by 64 gives 0.
        guard let hash = hash(row, value), hash >> UInt64(64 - bits) == UInt64(part) else { return }
        rows.values[count] = UInt32(row)
        values.values[count] = value
        count += 1
      }
      let first = FirstRows.find(
        count: count, hash: { hash(Int(rows.values[$0]), values.values[$0]) },
        areEqual: { values.values[$0] == values.values[$1] })
      var pairs: [RowPair] = []
      for index in first.indices where first[index] != UInt32(index) {
        pairs.append(RowPair(rows.values[index], rows.values[Int(first[index])]))
      }
      return pairs
    }
    var pairs = lists.flatMap { $0 }
    if lists.count > 1 { pairs.sort() }
    return pairs
  }
}
