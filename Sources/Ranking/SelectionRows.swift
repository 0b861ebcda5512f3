/// The labels of a selection while it is made: 16 bytes each, sorted by image and then by class.
///
/// `first` of an entry is the image's packed id, the upper half of `second` the number of the label
/// when all are counted class by class and by rank, the lower half the score's bits. So a label's
/// class and rank take no room of their own, and the order of numbers is the order of classes.
struct SelectionRows {
  let entries: RankingEntries
  /// The number of the first label of each class, then that of all labels.
  let firstLabels: [Int]
  /// Where each run of 256 numbers begins among the classes.
  private let hints: [UInt32]
  private let region: EntryRegion

  /// Makes rows of `entries`, the memory of `region`.
  init(entries: RankingEntries, region: EntryRegion, firstLabels: [Int]) {
    self.entries = entries
    self.region = region
    self.firstLabels = firstLabels
    var hints: [UInt32] = []
    var index = 0
    let total = firstLabels.last ?? 0
    for number in stride(from: 0, through: total, by: 256) {
      while index + 2 < firstLabels.count, firstLabels[index + 1] <= number { index += 1 }
      hints.append(UInt32(index))
    }
    self.hints = hints
  }

  /// The most labels that a selection may have.
  static let limit = Int(UInt32.max)

  @inline(__always)
  static func entry(image: UInt64, label: Int, score: Float) -> RankingEntry {
    RankingEntry(first: image, second: UInt64(label) << 32 | UInt64(score.bitPattern))
  }

  /// The class and the rank of an entry's label.
  @inline(__always)
  func label(_ entry: RankingEntry) -> (class: Int, rank: Int) {
    let number = Int(entry.second >> 32)
    var index = Int(hints[number >> 8])
    while firstLabels[index + 1] <= number { index &+= 1 }
    return (index, number - firstLabels[index] + 1)
  }

  /// How many different images there are.
  var imageCount: Int {
    var count = 0
    var last: UInt64?
    for entry in entries where entry.first != last {
      count += 1
      last = entry.first
    }
    return count
  }
}

/// The order of labels inside an image.
private struct LabelOrder: TieBreak, Sendable {
  @inline(__always)
  func precedes(_ left: RankingEntry, _ right: RankingEntry) -> Bool { left.second < right.second }
}

extension RankingEntries {
  /// Sorts by the first half, then by `ties`, on several threads.
  func sort(_ ties: some TieBreak & Sendable, threads: Int) {
    guard threads > 1, count > 1 << 16 else { return sort(ties) }
    let digits = Digits(bounds, bits: 11)
    var ranges: [Range<Int>] = []
    distribute(digits) { ranges.append($0) }
    let all = SendableEntries(entries: self)
    Threads.perform(threads, parts: ranges.count) { [ranges] index in
      all.entries.part(ranges[index]).sort(ties)
    }
  }
}

/// Entries of which several threads sort different parts.
private struct SendableEntries: @unchecked Sendable {
  let entries: RankingEntries
}

extension TopImagesPerClass {
  /// Ranks every class and sorts all labels by image, in the memory of the ranking, which holds
  /// nothing afterwards.
  /// - Parameters:
  ///   - threads: How many threads work at it.
  ///   - score: The score in a rank key.
  /// - Returns: The rows.
  /// - Precondition: the quotas sum up to at most `SelectionRows.limit`.
  func rows(threads: Int, score: @escaping @Sendable (UInt64) -> Float) -> SelectionRows {
    rank(threads: threads)
    var firstLabels = [0]
    for state in states { firstLabels.append(firstLabels[firstLabels.count - 1] + state.count) }
    Threads.perform(threads, parts: classCount) { [firstLabels] index in
      let slice = self.slice(of: index)
      for (rank, entry) in slice.enumerated() {
        slice[rank] = SelectionRows.entry(
          image: entry.second, label: firstLabels[index] + rank, score: score(entry.first))
      }
    }
    // Classes move down only, in ascending order, so none is overwritten before it has moved.
    for index in 0..<classCount {
      let slice = slice(of: index)
      guard let from = slice.baseAddress, let base = region.entries.baseAddress else { continue }
      (base + firstLabels[index]).update(from: from, count: slice.count)
      empty(index)
    }
    let total = firstLabels[classCount]
    region.shrink(to: total)
    region.entries.part(0..<total).sort(LabelOrder(), threads: threads)
    return SelectionRows(
      entries: region.entries.part(0..<total), region: region, firstLabels: firstLabels)
  }
}
