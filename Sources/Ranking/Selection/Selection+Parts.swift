import Files

extension Selection {
  /// A selection without some of the images, filled up from further candidates.
  public struct Remainder: Sendable {
    /// The images that are left, ranked from 1 again.
    public var selection: Selection
    /// Classes that have fewer than K images although more candidates may exist: all that were
    /// selected for them are used up. Select with more candidates to fill them.
    public var exhausted: [Int]
  }

  /// Leaves the images in `rows` out, for example duplicates, and closes the gaps in the ranks.
  ///
  /// To fill every class to K again, make this a selection of a few times K images per class.
  /// - Parameters:
  ///   - rows: Rows of `images`.
  ///   - imagesPerClass: K, how many images a class has in the end at most.
  ///   - path: Where the result is written and then mapped; nil keeps it in memory.
  /// - Returns: What is left, and which classes have used their candidates up.
  /// - Throws: `RankingError` when a row is not in `images.indices`, `FileError` naming `path`.
  /// - Complexity: O(labels · log(removed)) time; memory for 16 bytes a label that is left.
  public func removing(
    _ rows: some Sequence<Int>, imagesPerClass: Int, writingTo path: String? = nil
  ) throws -> Remainder {
    try removing(
      rows, imagesPerClass: Array(repeating: imagesPerClass, count: classCount),
      of: Array(repeating: self.imagesPerClass, count: classCount), writingTo: path)
  }

  /// Leaves images out of `asked` candidates a class, or fewer where there are no more, and keeps
  /// `quotas` of those that are left.
  func removing(
    _ rows: some Sequence<Int>, imagesPerClass quotas: [Int], of asked: [Int],
    writingTo path: String?
  ) throws -> Remainder {
    var isRemoved = Array(repeating: false, count: images.count)
    var gaps: [[UInt32]] = Array(repeating: [], count: classCount)
    for row in rows {
      guard images.indices.contains(row) else {
        throw RankingError.invalidArgument(
          "there is no image \(row) to remove from a selection of \(images.count)")
      }
      isRemoved[row] = true
    }
    // In the order of the rows, lest all of the file is in memory at once.
    forEachLabel { row, label in
      if isRemoved[row] { gaps[label.class].append(UInt32(label.rank)) }
    }
    for index in gaps.indices { gaps[index].sort() }
    let candidates = imagesOfClasses
    let highest = (0..<classCount).map { min(quotas[$0], candidates[$0] - gaps[$0].count) }
    // A rank moves up by as many as were removed above it, at most by all that were.
    let last = (0..<classCount).map { highest[$0] + gaps[$0].count }
    let kept = try self.rows(upTo: highest) { row, label in
      guard label.rank <= last[label.class], !isRemoved[row] else { return 0 }
      return label.rank - gaps[label.class].countBelow(UInt32(label.rank))
    }
    let exhausted = (0..<classCount).filter {
      candidates[$0] == asked[$0] && candidates[$0] - gaps[$0].count < quotas[$0]
    }
    return Remainder(
      selection: try Selection(
        kept, imagesPerClass: quotas.max() ?? 0, classesPerSample: classesPerSample,
        filling: repeats == nil ? nil : quotas, writingTo: path, threads: Threads.cores),
      exhausted: exhausted)
  }

  /// How many images each class has.
  private var imagesOfClasses: [Int] {
    var counts = Array(repeating: 0, count: classCount)
    forEachLabel { _, label in counts[label.class] += 1 }
    return counts
  }

  /// The labels that get a rank from 1 to the `highest` of their class.
  @inline(__always)
  private func rows(upTo highest: [Int], _ rank: (_ row: Int, Label) -> Int) throws -> SelectionRows
  {
    var firstLabels = [0]
    for count in highest { firstLabels.append(firstLabels[firstLabels.count - 1] + max(count, 0)) }
    guard firstLabels[classCount] <= SelectionRows.limit else {
      throw RankingError.invalidArgument(
        "the ranks of the selection reach \(firstLabels[classCount]) in all; "
          + "\(SelectionRows.limit) is the most")
    }
    // Only the pages that are written to take memory.
    let region = EntryRegion(capacity: classes.count)
    let entries = region.entries
    var count = 0
    forEachLabel { row, label in
      let rank = rank(row, label)
      guard rank >= 1, rank <= highest[label.class] else { return }
      entries[count] = SelectionRows.entry(
        image: UInt64(row), label: firstLabels[label.class] + rank - 1, score: label.score)
      count += 1
    }
    return SelectionRows(count, of: region, firstLabels: firstLabels, images: .rows(images))
  }

  @inline(__always)
  private func forEachLabel(_ body: (_ row: Int, Label) -> Void) {
    for row in images.indices {
      for index in labelOffsets[row]..<labelOffsets[row + 1] { body(row, label(index)) }
      // What was read of a file need not stay.
      if row & 0x3_FFFF == 0 { bytes.forgetPages() }
    }
    bytes.forgetPages()
  }
}

extension [UInt32] {
  /// How many elements of the sorted array are below `value`.
  fileprivate func countBelow(_ value: UInt32) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if self[middle] < value { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
