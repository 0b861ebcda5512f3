extension Selection {
  /// The part of the selection with at most `counts[c]` images of class c, the highest ranks.
  ///
  /// This is how an unbalanced selection is made from a balanced one: with Zipfian counts it is the
  /// paper's "unbalanced-ranked" set.
  /// - Throws: `RankingError` when there is not one count for each class.
  public func limited(toImagesPerClass counts: [Int]) throws -> Selection {
    guard counts.count == classCount else {
      throw RankingError.invalidArgument(
        "\(counts.count) counts do not fit a selection of \(classCount) classes")
    }
    let rows = try rows { _, label in label.rank <= counts[label.class] ? label.rank : nil }
    return Selection(rows, imagesPerClass: imagesPerClass, classesPerSample: classesPerSample)
  }

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
    var isRemoved = Array(repeating: false, count: images.count)
    var gaps: [[UInt32]] = Array(repeating: [], count: classCount)
    for row in rows {
      guard images.indices.contains(row) else {
        throw RankingError.invalidArgument(
          "there is no image \(row) to remove from a selection of \(images.count)")
      }
      guard !isRemoved[row] else { continue }
      isRemoved[row] = true
      for label in labels(ofImage: row) { gaps[label.class].append(UInt32(label.rank)) }
    }
    for index in gaps.indices { gaps[index].sort() }
    let rows = try self.rows { row, label in
      guard !isRemoved[row] else { return nil }
      let rank = label.rank - gaps[label.class].countBelow(UInt32(label.rank))
      return rank <= imagesPerClass ? rank : nil
    }
    var candidates = Array(repeating: 0, count: classCount)
    for label in classes { candidates[Int(label)] += 1 }
    let exhausted = (0..<classCount).filter {
      candidates[$0] == self.imagesPerClass && candidates[$0] - gaps[$0].count < imagesPerClass
    }
    let quotas = repeats.map { _ in Array(repeating: imagesPerClass, count: classCount) }
    return Remainder(
      selection: try Selection(
        rows, imagesPerClass: imagesPerClass, classesPerSample: classesPerSample,
        filling: quotas, writingTo: path),
      exhausted: exhausted)
  }

  /// The labels that get a rank.
  private func rows(_ rank: (_ row: Int, Label) -> Int?) throws -> SelectionRows {
    var highest = Array(repeating: 0, count: classCount)
    var count = 0
    forEachLabel { row, label in
      guard let rank = rank(row, label) else { return }
      highest[label.class] = Swift.max(highest[label.class], rank)
      count += 1
    }
    var firstLabels = [0]
    for count in highest { firstLabels.append(firstLabels[firstLabels.count - 1] + count) }
    guard firstLabels[classCount] <= SelectionRows.limit else {
      throw RankingError.invalidArgument(
        "the ranks of the selection reach \(firstLabels[classCount]) in all; "
          + "\(SelectionRows.limit) is the most")
    }
    let region = EntryRegion(capacity: count)
    var place = 0
    forEachLabel { row, label in
      guard let rank = rank(row, label) else { return }
      region.entries[place] = SelectionRows.entry(
        image: images[row].packed, label: firstLabels[label.class] + rank - 1, score: label.score)
      place += 1
    }
    return SelectionRows(entries: region.entries, region: region, firstLabels: firstLabels)
  }

  @inline(__always)
  private func forEachLabel(_ body: (_ row: Int, Label) -> Void) {
    for row in images.indices {
      for index in labelOffsets[row]..<labelOffsets[row + 1] { body(row, label(index)) }
    }
  }
}

extension Selection {
  /// The selection of `rows`, in memory or in the file at `path`.
  /// - Throws: `FileError` naming `path`.
  init(
    _ rows: SelectionRows, imagesPerClass: Int, classesPerSample: Int, filling quotas: [Int]?,
    writingTo path: String?
  ) throws {
    guard let path else {
      self.init(
        rows, imagesPerClass: imagesPerClass, classesPerSample: classesPerSample, filling: quotas)
      return
    }
    try rows.write(
      to: path, imagesPerClass: imagesPerClass, classesPerSample: classesPerSample,
      filling: quotas)
    try self.init(path: path)
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
