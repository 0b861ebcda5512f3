/// All pairs of near hashes among many, and what follows from them.
///
/// Rows come best first: the earlier of two copies is the one that is worth keeping.
///
/// Chains are not followed: a picture is a duplicate only of a kept picture that it is near itself.
/// With a near b and b near c, but a not near c, union-find would throw b and c away for a; here
/// only b goes. A slow pan or a template with changing pictures would otherwise lose all frames but
/// one. `groups` has the chains for those who want to look at them.
///
/// Identical hashes are collapsed first, and a row is compared with at most 1,024 earlier rows of a
/// bucket, the best ones, until it has 6 partners there, so that work grows with the rows even
/// where they are all alike: a million of one hash take less time than a million different ones, a
/// million different copies of one picture some ten times more. Of a row's partners the 8 best are
/// kept.
/// - Complexity: Near-linear: rows × (8 to 16 a bucket) × (keys one bit away) × (blocks) / 2, some
///   1,500 comparisons a row for a million. Besides the hashes, 45 bytes a row up to 8 million rows
///   and 25 beyond, and 8 a pair.
public struct NearDuplicates: Sendable {
  /// A row and an earlier one near it.
  public struct Pair: Hashable, Sendable {
    /// The later row.
    public let row: Int
    /// The earlier row.
    public let original: Int
    /// In how many bits they differ.
    public let distance: Int
    /// Whether their hashes are the same.
    public let isIdentical: Bool
  }

  private let hashes: [PerceptualHash]
  private let found: NearPairs

  /// Finds the pairs among `hashes`; those without information have none.
  /// - Parameters:
  ///   - hashes: The rows, best first; fewer than 2³¹.
  ///   - distance: The most bits in which a pair differs; `HashBlocks` says what is certain.
  ///   - threads: How many threads search, by default one a core; the result is the same with any.
  /// - Throws: `ImageDataError.argument` when there are too many rows.
  public init(
    among hashes: [PerceptualHash], within distance: Int = PerceptualHash.nearDistance,
    threads: Int? = nil
  ) throws {
    self.hashes = hashes
    found = try NearPairs(
      among: HashColumn(count: hashes.count) { hashes[$0] }, within: distance, threads: threads)
  }

  /// The pairs by row, then by original, at most 8 a row; a row whose hash an earlier row has
  /// is in one pair only, with the first such row.
  public var pairs: [Pair] { found.pairs.map(pair) }

  /// The rows to leave out, in order, each with the first kept row that it is near.
  public var duplicates: [Pair] { found.leftOut.map(pair) }

  private func pair(_ pair: RowPair) -> Pair {
    let (hash, other) = (hashes[pair.row], hashes[pair.original])
    return Pair(
      row: pair.row, original: pair.original, distance: hash.distance(to: other),
      isIdentical: hash == other)
  }

  /// The sets of rows that pairs connect, directly or by chains, each in order, by their first
  /// rows.
  public var groups: [[Int]] {
    var parent: [Int: Int] = [:]
    func root(_ row: Int) -> Int {
      var top = row
      while let next = parent[top], next != top { top = next }
      var step = row
      while let next = parent[step], next != top {
        parent[step] = top
        step = next
      }
      return top
    }
    for pair in pairs {
      let (left, right) = (root(pair.original), root(pair.row))
      parent[max(left, right)] = min(left, right)
      parent[min(left, right)] = min(left, right)
    }
    let members = Dictionary(grouping: parent.keys, by: root)
    return members.values.map { $0.sorted() }.sorted { $0[0] < $1[0] }
  }
}
