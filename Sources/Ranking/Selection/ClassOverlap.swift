/// Two classes that were given to the same images.
public struct ClassOverlap: Equatable, Sendable {
  /// The class with the lower number.
  public var first: Int
  /// The class with the higher number.
  public var second: Int
  /// How many images carry both.
  public var images: Int
}

extension Selection {
  /// The pairs of classes that the most images carry both of, the most first, then by class.
  /// - Parameter limit: How many pairs at most.
  /// - Returns: The pairs.
  /// - Complexity: Exact. 64 MB at most; one pass over the labels for each 2^24 pairs of classes.
  public func largestOverlaps(_ limit: Int) -> [ClassOverlap] {
    guard limit > 0, classCount > 1 else { return [] }
    var largest: [ClassOverlap] = []
    let step = max(1, min(classCount, (1 << 24) / classCount))
    for start in stride(from: 0, to: classCount, by: step) {
      let classes = start..<min(start + step, classCount)
      for overlap in overlaps(ofClasses: classes) where overlap.images > 0 {
        if largest.count == limit, let last = largest.last, !overlap.precedes(last) { continue }
        let place = largest.firstIndex { overlap.precedes($0) } ?? largest.endIndex
        largest.insert(overlap, at: place)
        if largest.count > limit { largest.removeLast() }
      }
    }
    return largest
  }

  /// How many images carry a class of `range` and one with a higher number.
  private func overlaps(ofClasses range: Range<Int>) -> some Sequence<ClassOverlap> {
    let classCount = classCount
    var counts = Array(repeating: UInt32(0), count: range.count * classCount)
    for row in images.indices {
      let labels = labelOffsets[row]..<labelOffsets[row + 1]
      guard labels.count > 1 else { continue }
      for index in labels where range.contains(Int(classes[index])) {
        let place = (Int(classes[index]) - range.lowerBound) * classCount
        for other in (index + 1)..<labels.upperBound { counts[place + Int(classes[other])] += 1 }
      }
    }
    return counts.indices.lazy.map { place in
      ClassOverlap(
        first: range.lowerBound + place / classCount, second: place % classCount,
        images: Int(counts[place]))
    }
  }
}

extension ClassOverlap {
  fileprivate func precedes(_ other: Self) -> Bool {
    images != other.images
      ? images > other.images : (first, second) < (other.first, other.second)
  }
}
