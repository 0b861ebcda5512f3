import Files

extension Selection {
  /// Takes what was looked at of a mapped selection out of the process's memory; it comes back when it
  /// is looked at again.
  public func forgetPages() { bytes.forgetPages() }

  /// The rows of the images from the best to the worst: by their highest score descending, then the
  /// hash of the key, then the key.
  /// - Parameters:
  ///   - threads: How many threads work at it, by default one a core; the order is the same.
  ///   - key: The key of a sample, asked for from several threads at once, row after row.
  /// - Returns: Every row of `images` once.
  /// - Throws: `RankingError` when there are more than 2^32 images.
  /// - Complexity: O(images) expected and a key of each; 16 bytes an image, 4 in the end.
  public func rowsBestFirst(
    threads: Int? = nil, key: @escaping @Sendable (SampleID) -> String
  ) throws -> [UInt32] {
    guard images.count <= SelectionRows.limit else {
      throw RankingError.invalidArgument(
        "\(images.count) images are more than \(SelectionRows.limit), too many to order")
    }
    let threads = threads ?? Threads.cores
    let images = images
    let region = EntryRegion(capacity: images.count)
    nonisolated(unsafe) let entries = region.entries
    let step = 1 << 16
    Threads.perform(threads, parts: (images.count + step - 1) / step) { part in
      for row in (part * step)..<min((part + 1) * step, images.count) {
        var best = -Float.infinity
        for label in labelOffsets[row]..<labelOffsets[row + 1] { best = max(best, scores[label]) }
        entries[row] = RankingEntry(
          first: RankKey.of(score: best, keyHash: KeyHash.hash(of: key(images[row]))),
          second: UInt64(row))
      }
      if part & 15 == 15 { bytes.forgetPages() }
    }
    bytes.forgetPages()
    entries.sort(RankingOrder { key(images[Int($0)]) }, threads: threads)
    return [UInt32](unsafeUninitializedCapacity: images.count) { rows, count in
      // From the back, so that the entries give their memory back as the rows take some.
      for start in stride(from: 0, to: images.count, by: 1 << 20).reversed() {
        for place in start..<min(start + 1 << 20, images.count) {
          rows.initializeElement(
            at: place, to: UInt32(truncatingIfNeeded: entries[place].second))
        }
        region.shrink(to: start)
      }
      count = images.count
    }
  }
}
