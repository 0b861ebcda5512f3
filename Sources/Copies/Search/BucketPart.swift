import Files

/// The buckets of some neighbouring keys of one block, with their fingerprints side by side.
///
/// In a bucket entries stand in the order of their rows.
final class BucketPart: Sendable {
  /// How many keys there are.
  let keyCount: Int
  private let starts: PageMemory<UInt32>
  private let entries: PageMemory<UInt32>
  private let hashes: PageMemory<Fingerprint>

  /// Sorts the entries whose keys are in `keys`.
  /// - Throws: What reading them throws.
  /// - Complexity: O(all entries + keys), by counting; 20 bytes an entry of the part, and 4 a key
  ///   on each thread.
  init(
    _ block: HashBlocks.Block, keys: Range<Int>, of all: HashEntries, threads: Int
  ) throws {
    let keyCount = keys.count
    // Each thread counts and places some neighbouring rows.
    let rows = all.hashes.count
    let shares = max(1, min(threads, 4, rows >> 16))
    // Of key k at k + 1: how many entries there are, then where the next one goes, and in the last
    // share at last where those of the next key begin.
    let places = (0..<shares).map { _ in PageMemory<UInt32>(count: keyCount + 1) }
    _ = try Threads.results(parts: shares, threads: shares) { number in
      let places = places[number].values
      let share = rows * number / shares..<rows * (number + 1) / shares
      try all.forEach(in: share, block, keys) { _, key, _ in places[key &+ 1] &+= 1 }
    }
    var end: UInt32 = 0
    for key in 1...keyCount {
      for share in places {
        (share.values[key], end) = (end, end &+ share.values[key])
      }
    }
    let entries = PageMemory<UInt32>(count: Int(end))
    let hashes = PageMemory<Fingerprint>(count: Int(end))
    _ = try Threads.results(parts: shares, threads: shares) { number in
      let places = places[number].values
      let share = rows * number / shares..<rows * (number + 1) / shares
      try all.forEach(in: share, block, keys) { entry, key, hash in
        let place = Int(places[key &+ 1])
        places[key &+ 1] &+= 1
        entries.values[place] = entry
        hashes.values[place] = hash
      }
    }
    (self.keyCount, self.starts) = (keyCount, places[shares - 1])
    (self.entries, self.hashes) = (entries, hashes)
  }

  /// The places of the part's k-th key.
  @inline(__always)
  func bucket(_ index: Int) -> Range<Int> {
    Range(uncheckedBounds: (Int(starts.values[index]), Int(starts.values[index + 1])))
  }

  /// The entry at a place.
  @inline(__always)
  func entry(_ place: Int) -> UInt32 { entries.values[place] }

  /// The fingerprints as the C functions take them, two words each.
  @inline(__always)
  var words: UnsafePointer<UInt64>? {
    hashes.values.baseAddress.map { UnsafeRawPointer($0).assumingMemoryBound(to: UInt64.self) }
  }
}
