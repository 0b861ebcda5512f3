import CImage

/// Known pictures' hashes, among which the nearest to another is found: D's and the test
/// pictures, while U passes by.
///
/// ```swift
/// let known = try NearDuplicateLookup(testPictures.map(\.perceptualHash))
/// if let match = known.nearest(to: row.perceptualHash) { … known picture match.row … }
/// ```
/// It never changes, so any number of threads may read it. Up to 65,536 known pictures nothing
/// within the distance is missed; beyond, `HashBlocks` says what is.
/// - Complexity: A query some 1,000 comparisons (20,000 where nothing is missed), at most 1,024
///   a bucket; 32 bytes a known picture and 16 more for each of the 5 to 13 blocks.
public final class NearDuplicateLookup: Sendable {
  /// A known picture near the one that was asked for.
  public struct Match: Hashable, Sendable {
    /// The known picture's row.
    public let row: Int
    /// In how many bits the two differ.
    public let distance: Int
  }

  private let entries: [Fingerprint]
  private let buckets: [HashBuckets]
  private let distance: Int

  /// Prepares `hashes`, those of the known pictures; hashes without information are found by
  /// nothing.
  /// - Parameters:
  ///   - hashes: The known pictures' hashes, fewer than 2³¹.
  ///   - distance: The most bits in which a match differs.
  /// - Throws: `CopiesError.argument` when there are too many.
  public init(
    _ hashes: [PerceptualHash], within distance: Int = PerceptualHash.nearDistance
  ) throws {
    guard hashes.count < 1 << 31 else {
      throw CopiesError.argument("\(hashes.count) known pictures are too many to look among")
    }
    let first = FirstRows.find(hashes)
    let entries = hashes.entries
    let known = entries.indices.lazy
      .filter { first[$0 / 2] == UInt32($0 / 2) && entries[$0].carriesInformation }
      .map { UInt32($0) }
    let rows = Array(known)
    self.entries = entries
    self.distance = distance
    buckets = HashBlocks(rows: rows.count, logPerKey: 2).blocks.map {
      HashBuckets($0, of: entries, rows: rows)
    }
  }

  /// The nearest known picture within the distance, the first of equally near ones.
  public func nearest(to hash: PerceptualHash) -> Match? {
    let none = Int64(distance + 1) << 32
    var best = none
    look(for: hash.whole, skipping: 0, &best)
    look(for: hash.inner, skipping: 1, &best)
    guard best < none else { return nil }
    return Match(row: Int(best & 0xFFFF_FFFF) / 2, distance: Int(best >> 32))
  }

  /// Lowers `best` (distance << 32 | entry) to the nearest entry that has none of the bits
  /// `skipped`.
  private func look(for hash: Fingerprint, skipping skipped: UInt32, _ best: inout Int64) {
    guard hash.carriesInformation else { return }
    withUnsafeBytes(of: (hash.low, hash.high)) { query in
      entries.withUnsafeBytes { all in
        guard let query = query.bindMemory(to: UInt64.self).baseAddress,
          let all = all.bindMemory(to: UInt64.self).baseAddress
        else { return }
        for bucket in buckets {
          let key = bucket.block.key(hash)
          bucket.rows.withUnsafeBufferPointer { rows in
            guard let rows = rows.baseAddress else { return }
            func look(_ key: Int) {
              let start = Int(bucket.starts[key])
              let count = min(Int(bucket.starts[key + 1]) - start, HashBlocks.mostCompared)
              best = cimage_fingerprint_nearest(
                query, all, rows + start, Int32(count), skipped, best)
            }
            look(key)
            for bit in 0..<bucket.block.width { look(key ^ 1 << bit) }
          }
        }
      }
    }
  }
}
