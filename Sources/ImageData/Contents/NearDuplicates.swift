import Foundation

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
///   1,500 comparisons a row for a million; some 80 bytes a row beside the hashes and 16 a pair.
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

  /// The pairs by row, then by original, at most 8 a row; a row whose hash an earlier row has
  /// is in one pair only, with the first such row.
  public let pairs: [Pair]

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
    guard hashes.count < 1 << 31 else {
      throw ImageDataError.argument(
        "\(hashes.count) pictures are too many to compare at once; compare fewer than 2^31")
    }
    let first = FirstRows.find(hashes)
    let threads = threads ?? ProcessInfo.processInfo.activeProcessorCount
    let entries = hashes.entries
    var rows: [UInt32] = []
    var list = PairList()
    for row in hashes.indices {
      if first[row] != UInt32(row) {
        list.append(UInt32(row), first[row])
        continue
      }
      if entries[2 * row].carriesInformation { rows.append(UInt32(2 * row)) }
      if entries[2 * row + 1].carriesInformation { rows.append(UInt32(2 * row + 1)) }
    }
    for block in HashBlocks(rows: rows.count, logPerKey: 4).blocks {
      let join = BucketJoin(
        buckets: HashBuckets(block, of: entries, rows: rows), hashes: entries, distance: distance)
      for part in join.run(threads: max(1, threads)) { list.append(part) }
    }
    list.compact()
    pairs = list.pairs.map { pair in
      let row = Int(pair >> 32), original = Int(pair & 0xFFFF_FFFF)
      return Pair(
        row: row, original: original, distance: hashes[row].distance(to: hashes[original]),
        isIdentical: hashes[row] == hashes[original])
    }
  }

  /// The rows to leave out, in order, each with the first kept row that it is near.
  public var duplicates: [Pair] {
    var keptFor: [Int: Pair] = [:]  // of the rows left out
    var out: [Pair] = []
    for pair in pairs where keptFor[pair.row] == nil {
      let duplicate: Pair
      if let earlier = keptFor[pair.original] {
        // What has a left-out row's hash shares its fate; what is only near it does not.
        guard pair.isIdentical else { continue }
        duplicate = Pair(
          row: pair.row, original: earlier.original, distance: earlier.distance,
          isIdentical: earlier.isIdentical)
      } else {
        duplicate = pair
      }
      keptFor[pair.row] = duplicate
      out.append(duplicate)
    }
    return out
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

/// Pairs as (row, earlier row), of which every row keeps the 8 with the earliest partners.
struct PairList {
  private(set) var pairs: [UInt64] = []
  private var limit = 1 << 20
  private static let mostPerRow = 8

  mutating func append(_ left: UInt32, _ right: UInt32) {
    pairs.append(UInt64(max(left, right)) << 32 | UInt64(min(left, right)))
    if pairs.count >= limit { compact() }
  }

  mutating func append(_ other: PairList) {
    pairs += other.pairs
    if pairs.count >= limit { compact() }
  }

  /// Sorts, and drops what is twice there or one too many.
  mutating func compact() {
    pairs.sort()
    var kept = 0, inRow = 0
    for index in pairs.indices {
      let pair = pairs[index]
      if kept > 0, pairs[kept - 1] == pair { continue }
      inRow = kept > 0 && pairs[kept - 1] >> 32 == pair >> 32 ? inRow + 1 : 0
      guard inRow < Self.mostPerRow else { continue }
      pairs[kept] = pair
      kept += 1
    }
    pairs.removeSubrange(kept...)
    limit = max(1 << 20, 2 * kept)
  }
}
