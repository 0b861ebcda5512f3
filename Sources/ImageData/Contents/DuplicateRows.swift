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
    /// The row.
    public let row: Int
    /// The kept row whose picture it shows.
    public let original: Int
    /// How alike they are.
    public let kind: Kind
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
  /// - Throws: `ImageDataError.argument` when there are too many rows.
  /// - Complexity: That of `NearDuplicates`; exact copies alone O(rows).
  public static func find(
    in contents: [PictureContents], within distance: Int? = PerceptualHash.nearDistance
  ) throws -> [Duplicate] {
    guard contents.count < 1 << 31 else {
      throw ImageDataError.argument("\(contents.count) candidates are too many to compare at once")
    }
    let first = FirstRows.find(contents)
    var near: [Int: NearDuplicates.Pair] = [:]
    if let distance {
      let hashes = contents.indices.map { row in
        first[row] == UInt32(row) ? contents[row].perceptualHash : .none
      }
      for pair in try NearDuplicates(among: hashes, within: distance).duplicates {
        near[pair.row] = pair
      }
    }
    return contents.indices.compactMap { row in
      let same = Int(first[row])
      // A copy of a row that goes as well shows the picture for which that one goes.
      if let pair = near[same] {
        return Duplicate(
          row: row, original: pair.original, kind: .near(distance: pair.distance))
      }
      return same == row ? nil : Duplicate(row: row, original: same, kind: .exact)
    }
  }
}
