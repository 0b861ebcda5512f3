import Files

/// The order of labels inside an image.
private struct LabelOrder: TieBreak, Sendable {
  @inline(__always)
  func precedes(_ left: RankingEntry, _ right: RankingEntry) -> Bool { left.second < right.second }
}

extension TopImagesPerClass {
  /// As many labels are sorted in memory of their own at most, 128 MiB of it; more are sorted in that of
  /// the ranking.
  private static let mostBeside = 1 << 23

  /// Ranks every class and sorts all labels by image. The ranking is of no use afterwards.
  /// - Parameters:
  ///   - images: What the numbers of images mean.
  ///   - count: How many numbers there are.
  ///   - isRandom: Whether rank keys are those of a `RandomOrder`.
  ///   - threads: How many threads work at it.
  /// - Returns: The rows.
  /// - Precondition: the quotas sum up to at most `SelectionRows.limit`.
  func rows(
    of images: SelectionRows.Images, count: Int, isRandom: Bool, threads: Int
  ) -> SelectionRows {
    rank(threads: threads)
    var firstLabels = [0]
    for index in 0..<classCount {
      firstLabels.append(firstLabels[index] + self.count(ofClass: index))
    }
    let total = firstLabels[classCount]
    let labels = RankedLabels(top: self, firstLabels: firstLabels, isRandom: isRandom)
    let sorted =
      total > Self.mostBeside
      ? labels.sortedInPlace(threads: threads)
      : labels.sorted(images: count, threads: threads)
    return SelectionRows(total, of: sorted, firstLabels: firstLabels, images: images)
  }
}

/// All labels of a ranking, class by class and best first.
private struct RankedLabels: @unchecked Sendable {
  let top: TopImagesPerClass
  let firstLabels: [Int]
  let isRandom: Bool

  private var total: Int { firstLabels[firstLabels.count - 1] }

  /// Calls `body` with the labels of a class as rows have them.
  @inline(__always)
  private func forEach(inClass index: Int, _ body: (Int, RankingEntry) -> Void) {
    let first = firstLabels[index]
    for (rank, entry) in top.slice(of: index).enumerated() {
      body(
        rank,
        SelectionRows.entry(
          image: entry.second, label: first + rank,
          score: isRandom ? RandomOrder.score(of: entry.first) : RankKey.score(of: entry.first)))
    }
  }

  /// Sorts the labels into other memory: first into ranges of images, each of which then fits the
  /// processor's cache.
  func sorted(images: Int, threads: Int) -> EntryRegion {
    let region = EntryRegion(capacity: total)
    // Some two thousand labels a range.
    let most = UInt64(max(1, min(total >> 11, 4096)))
    let last = UInt64(max(images - 1, 0))
    let shift = (UInt64(0)...).first { last >> $0 < most } ?? 0
    let ranges = Int(last >> shift) + 1
    let groups = groups(max(threads, 1))

    // Where each group of classes writes its labels of each range.
    let places = UnsafeMutableBufferPointer<Int>.allocate(capacity: groups.count * ranges)
    defer { places.deallocate() }
    places.initialize(repeating: 0)
    let rows = SharedEntries(entries: region.entries, places: places)
    Threads.perform(threads, parts: groups.count) { group in
      for index in groups[group] {
        for entry in top.slice(of: index) {
          rows.places[group * ranges + Int(entry.second &>> shift)] &+= 1
        }
      }
    }
    var ends: [Int] = []
    var sum = 0
    for range in 0..<ranges {
      for group in groups.indices {
        (places[group * ranges + range], sum) = (sum, sum + places[group * ranges + range])
      }
      ends.append(sum)
    }
    Threads.perform(threads, parts: groups.count) { group in
      for index in groups[group] {
        forEach(inClass: index) { _, entry in
          let place = group &* ranges &+ Int(entry.first &>> shift)
          rows.entries[rows.places[place]] = entry
          rows.places[place] &+= 1
        }
      }
    }
    Threads.perform(threads, parts: ranges) { [ends] range in
      rows.entries.part((range > 0 ? ends[range - 1] : 0)..<ends[range]).sort(LabelOrder())
    }
    return region
  }

  /// Sorts the labels in the memory of the ranking.
  func sortedInPlace(threads: Int) -> EntryRegion {
    Threads.perform(threads, parts: top.classCount) { index in
      let slice = top.slice(of: index)
      forEach(inClass: index) { rank, entry in slice[rank] = entry }
    }
    // Classes move down only, in ascending order, so none is overwritten before it has moved.
    for index in 0..<top.classCount {
      let slice = top.slice(of: index)
      guard let from = slice.baseAddress, let base = top.region.entries.baseAddress else {
        continue
      }
      (base + firstLabels[index]).update(from: from, count: slice.count)
    }
    top.region.shrink(to: total)
    top.region.entries.part(0..<total).sort(LabelOrder(), threads: threads)
    return top.region
  }

  /// Neighbouring classes in as many groups of about as many labels.
  private func groups(_ count: Int) -> [Range<Int>] {
    var groups: [Range<Int>] = []
    var start = 0
    for group in 1...count {
      var end = start
      while end < top.classCount, group == count || firstLabels[end + 1] <= total * group / count {
        end += 1
      }
      groups.append(start..<end)
      start = end
    }
    return groups
  }
}

/// Memory of which several threads write different parts.
private struct SharedEntries: @unchecked Sendable {
  let entries: RankingEntries
  let places: UnsafeMutableBufferPointer<Int>
}
