/// Which of a selection's candidates show what a better one shows already.
///
/// It stands here and not in Ranking because it compares perceptual hashes; the order it needs from
/// a ranking is nothing but the order of the rows.
///
/// ```swift
/// // Candidates by best score descending, then key hash, then key.
/// for copy in try DuplicateRows.find(in: candidates.map(contents)) {
///   drop(candidates[copy.row], for: candidates[copy.original])
/// }
/// ```
public enum DuplicateRows {
  /// How one picture duplicates another.
  public enum Kind: Hashable, Sendable {
    /// The same bytes.
    case exact
    /// Perceptual hashes that differ in so many bits.
    case near(distance: Int)
  }

  /// A row to drop.
  public struct Duplicate: Hashable, Sendable {
    private let pair: RowPair
    /// Bits in which they differ; below zero for the same bytes.
    private let bits: Int16

    init(row: Int, original: Int, kind: Kind) {
      let bits: Int16 = if case .near(let distance) = kind { Int16(distance) } else { -1 }
      self.init(RowPair(UInt32(row), UInt32(original)), bits: bits)
    }

    fileprivate init(_ pair: RowPair, bits: Int16) { (self.pair, self.bits) = (pair, bits) }

    /// The row.
    public var row: Int { pair.row }
    /// The kept row whose picture it shows.
    public var original: Int { pair.original }
    /// How alike they are.
    public var kind: Kind { bits < 0 ? .exact : .near(distance: Int(bits)) }
  }

  /// The rows to drop, in order.
  ///
  /// A row goes if an earlier kept row has the same bytes, or a perceptual hash within the
  /// distance; the kept rows are then pairwise different as far as the search can tell. Rows of
  /// zeros (unreadable) are neither.
  /// - Parameters:
  ///   - contents: The rows' pictures, best first.
  ///   - distance: The most bits in which near pictures differ; nil looks for exact copies only.
  /// - Returns: Each row to drop with the kept row that shows its picture.
  /// - Throws: `CopiesError.argument` when there are too many rows.
  /// - Complexity: That of `NearPairs`; exact copies alone O(rows).
  public static func find(
    in contents: [ImageContents], within distance: Int? = PerceptualHash.nearDistance
  ) throws -> [Duplicate] {
    try find(
      HashColumn(count: contents.count) { contents[$0].contentHash },
      HashColumn(count: contents.count) { contents[$0].perceptualHash }, within: distance)
  }

  /// The rows to drop of pictures that stand in a file: as `find(in:within:)`, in less memory.
  /// - Parameters:
  ///   - contents: The rows' pictures, best first.
  ///   - distance: The most bits in which near pictures differ; nil looks for exact copies only.
  ///   - threads: How many threads search, by default one a core; the result is the same with any.
  /// - Returns: Each row to drop with the kept row that shows its picture.
  /// - Throws: `CopiesError.argument` when there are too many rows, `FileError`.
  /// - Complexity: Time as `find(in:within:)`; some 25 bytes of memory a row, and 24 more for each
  ///   row that is dropped.
  public static func find(
    in contents: OrderedContents, within distance: Int? = PerceptualHash.nearDistance,
    threads: Int? = nil
  ) throws -> [Duplicate] {
    try find(
      contents.contentHashes, contents.perceptualHashes, within: distance, threads: threads)
  }

  private static func find(
    _ contentHashes: HashColumn<ContentHash.Prefix>,
    _ perceptualHashes: HashColumn<PerceptualHash>, within distance: Int?, threads: Int? = nil
  ) throws -> [Duplicate] {
    let count = contentHashes.count
    guard count < 1 << 31 else {
      throw CopiesError.argument("\(count) candidates are too many to compare at once")
    }
    let exact = try EqualRows.find(in: contentHashes, threads: threads) { row, hash in
      hash == .none ? nil : hash.mixed
    }
    guard let distance else { return exact.map { Duplicate($0, bits: -1) } }
    var copies = RowSet(count: count)
    for pair in exact { copies.insert(pair.row) }
    let near = try NearPairs(
      among: perceptualHashes, without: copies, within: distance, threads: threads
    ).leftOut
    let bits = try near.map { pair in
      Int16(
        try perceptualHashes.value(at: pair.row)
          .distance(to: perceptualHashes.value(at: pair.original)))
    }
    return merge(exact, near, bits)
  }

  /// Both lists in the order of their rows; no row is in both.
  private static func merge(_ exact: [RowPair], _ near: [RowPair], _ bits: [Int16]) -> [Duplicate] {
    var merged: [Duplicate] = []
    merged.reserveCapacity(exact.count + near.count)
    var place = 0
    func takeNear(before row: Int) {
      while place < near.count, near[place].row < row {
        merged.append(Duplicate(near[place], bits: bits[place]))
        place += 1
      }
    }
    for pair in exact {
      takeNear(before: pair.row)
      // A copy of a row that goes as well shows the picture for which that one goes.
      if let index = near.index(ofRow: pair.original) {
        let original = UInt32(near[index].original)
        merged.append(Duplicate(RowPair(UInt32(pair.row), original), bits: bits[index]))
      } else {
        merged.append(Duplicate(pair, bits: -1))
      }
    }
    takeNear(before: .max)
    return merged
  }
}
