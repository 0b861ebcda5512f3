/// What a selection looks like: how full its classes are, how its scores and its purity fall.
public struct SelectionStatistics: Equatable, Sendable {
  /// One class of the selection.
  public struct ClassFill: Equatable, Sendable {
    /// How many images were selected.
    public var count = 0
    /// The score of the lowest rank selected: at rank K when the class is full.
    public var lowestScore: Float?
    /// Images whose true class is known.
    public var known = 0
    /// Images whose true class is this one.
    public var right = 0

    /// The share of right images among the known ones, nil where none is known.
    public var purity: Double? { known == 0 ? nil : Double(right) / Double(known) }
  }

  /// The labels with ranks in one range, over all classes.
  public struct RankBucket: Equatable, Sendable {
    /// The ranks, from 1.
    public var ranks: ClosedRange<Int>
    /// Labels in the range.
    public var count = 0
    /// Labels whose score is finite.
    public var finite = 0
    /// The mean of the finite scores, nil where there is none.
    public var meanScore: Double?
    /// The mean probability of the labels whose score is finite, nil where there is none.
    public var meanProbability: Double?
    /// Images that no class ranks before this range: what K at its upper end adds to D̂.
    public var newImages = 0
    /// Labels whose image's true class is known.
    public var known = 0
    /// Labels that are the image's true class.
    public var right = 0

    /// The share of right labels among the known ones, nil where none is known.
    public var purity: Double? { known == 0 ? nil : Double(right) / Double(known) }
  }

  /// One value for each class.
  public var classes: [ClassFill]
  /// Ranges of ranks that double, from the highest ranks to K.
  public var rankBuckets: [RankBucket]
  /// Classes with fewer images than were asked for, the emptiest first.
  public var shortClasses: [Int]
  /// The pairs of classes that the most images carry both of.
  public var overlaps: [ClassOverlap]
  /// How many images carry 1, 2, 3 … labels, from index 0 on.
  public var imagesByLabelCount: [Int]
  /// Labels whose image's true class is known.
  public var known: Int
  /// Labels that are the image's true class.
  public var right: Int

  /// The share of right labels among the known ones, nil where none is known.
  public var purity: Double? { known == 0 ? nil : Double(right) / Double(known) }

  /// Summarises `selection`.
  /// - Parameters:
  ///   - selection: What was selected.
  ///   - quotas: How many images each class should have; K where that is nil.
  ///   - overlaps: How many pairs of classes are listed at most.
  ///   - truth: The true class of a sample, nil where it is not known.
  /// - Complexity: O(labels + L²) time, no memory that grows with the images.
  public init(
    of selection: Selection, quotas: [Int]? = nil, overlaps: Int = 20,
    truth: ((SampleID) -> Int?)? = nil
  ) {
    self.overlaps = selection.largestOverlaps(overlaps)
    shortClasses = []
    classes = Array(repeating: ClassFill(), count: selection.classCount)
    rankBuckets = Self.emptyBuckets(upTo: selection.imagesPerClass)
    imagesByLabelCount = []
    var sums = Array(repeating: Sums(), count: rankBuckets.count)
    for (row, id) in selection.images.enumerated() {
      let labels = selection.labelOffsets[row]..<selection.labelOffsets[row + 1]
      let truth = truth?(id)
      while imagesByLabelCount.count < labels.count { imagesByLabelCount.append(0) }
      imagesByLabelCount[labels.count - 1] += 1
      var best = rankBuckets.endIndex
      for index in labels {
        let label = selection.label(index)
        classes[label.class].add(label, truth: truth)
        let bucket = rankBuckets.partitionPoint { $0.ranks.upperBound >= label.rank }
        rankBuckets[bucket].add(label, truth: truth, to: &sums[bucket])
        best = min(best, bucket)
      }
      rankBuckets[best].newImages += 1
    }
    for index in rankBuckets.indices where rankBuckets[index].finite > 0 {
      let count = Double(rankBuckets[index].finite)
      rankBuckets[index].meanScore = sums[index].score / count
      rankBuckets[index].meanProbability = sums[index].probability / count
    }
    shortClasses = Self.shortClasses(
      classes, quotas ?? Array(repeating: selection.imagesPerClass, count: classes.count))
    known = classes.reduce(0) { $0 + $1.known }
    right = classes.reduce(0) { $0 + $1.right }
  }

  private static func shortClasses(_ classes: [ClassFill], _ quotas: [Int]) -> [Int] {
    zip(classes.indices, quotas).filter { classes[$0].count < $1 }.map(\.0).sorted {
      (classes[$0].count, $0) < (classes[$1].count, $1)
    }
  }

  /// Upper bounds K, K/2, K/4 … down to K/1024, or to 1 where that comes first.
  private static func emptyBuckets(upTo ranks: Int) -> [RankBucket] {
    var buckets: [RankBucket] = []
    var lower = 1
    for shift in stride(from: 10, through: 0, by: -1) where (ranks >> shift) >= lower {
      buckets.append(RankBucket(ranks: lower...(ranks >> shift)))
      lower = (ranks >> shift) + 1
    }
    return buckets
  }
}

/// What the means of a range are made from.
private struct Sums {
  var score = 0.0
  var probability = 0.0
}

extension SelectionStatistics.ClassFill {
  fileprivate mutating func add(_ label: Selection.Label, truth: Int?) {
    count += 1
    lowestScore = min(lowestScore ?? label.score, label.score)
    guard let truth else { return }
    known += 1
    if truth == label.class { right += 1 }
  }
}

extension SelectionStatistics.RankBucket {
  fileprivate mutating func add(_ label: Selection.Label, truth: Int?, to sums: inout Sums) {
    count += 1
    if label.score.isFinite {
      finite += 1
      sums.score += Double(label.score)
      sums.probability += LogOdds.probability(fromLogOdds: label.score)
    }
    guard let truth else { return }
    known += 1
    if truth == label.class { right += 1 }
  }
}

extension Array {
  /// The first index whose element satisfies `predicate`, for elements that all do from there on.
  fileprivate func partitionPoint(where predicate: (Element) -> Bool) -> Int {
    var (low, high) = (startIndex, endIndex)
    while low < high {
      let middle = low + (high - low) / 2
      if predicate(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
