/// The P classes with the highest scores of one image after another.
///
/// ```swift
/// var top = TopClasses(classes: 1000, count: 10)
/// top.rank(logits)                        // 1000 float32 logits of one picture
/// print(top.classes[0], top.scores[0])    // the most probable class and its log-odds
/// ```
///
/// The order is exact: score descending, then class ascending, both on the float32 scores that are
/// returned, so the P′ highest are always a prefix of the P highest. A picture whose softmax is
/// undefined (a logit that is not a number or +∞) gets scores that are not numbers.
public struct TopClasses {
  /// How many classes there are, L.
  public let classCount: Int
  /// How many of them are kept, P or L where that is less.
  public let count: Int
  /// The highest classes of the last picture.
  public private(set) var classes: [Int]
  /// Their log-odds, one for each of `classes`.
  public private(set) var scores: [Float]
  private var heap: [Float]
  var candidates: [(score: Float, index: Int)] = []
  /// Values that came as float64, where such are ranked.
  var narrowed: [Float] = []

  /// Ranks pictures with `classCount` logits and keeps `count` classes of each.
  public init(classes classCount: Int, count: Int) {
    self.classCount = max(classCount, 0)
    self.count = max(0, min(count, classCount))
    classes = Array(0..<self.count)
    scores = Array(repeating: .nan, count: self.count)
    heap = Array(repeating: 0, count: self.count)
  }

  /// Puts the highest classes of the picture with `logits` into `classes` and `scores`.
  /// - Throws: `RankingError` when there are not `classCount` logits.
  /// - Complexity: O(L + P log P) where few logits come in ascending order, O(L log P) at worst.
  public mutating func rank(_ logits: UnsafeBufferPointer<Float>) throws {
    guard logits.count == classCount else {
      throw RankingError.invalidArgument(
        "a picture has \(logits.count) logits, but there are \(classCount) classes")
    }
    guard count > 0 else { return }
    guard let sum = LogOddsSum(logits) else {
      classes = Array(0..<count)
      scores = Array(repeating: .nan, count: count)
      return
    }
    // Scores rise with logits, but two logits may round to one score: look a little below the
    // lowest logit kept, then order by what is returned.
    let lowest = lowestKept(of: logits)
    let lowestScore = Double(sum.score(ofLogit: lowest))
    let slack =
      lowestScore.isFinite ? 1e-6 * abs(lowestScore) : (lowestScore < 0 ? .infinity : 0)
    let limit = Float(Double(lowest) - slack).nextDown
    candidates.removeAll(keepingCapacity: true)
    for (index, logit) in logits.enumerated() where logit >= limit {
      candidates.append((sum.score(ofLogit: logit), index))
    }
    takeCandidates()
  }

  /// Puts the highest of `candidates` into `classes` and `scores`.
  mutating func takeCandidates() {
    candidates.sort { $0.score != $1.score ? $0.score > $1.score : $0.index < $1.index }
    let kept = candidates.prefix(count)
    classes.removeAll(keepingCapacity: true)
    scores.removeAll(keepingCapacity: true)
    for candidate in kept {
      classes.append(candidate.index)
      scores.append(candidate.score)
    }
  }

  /// The logit of rank `count`, found with a heap whose root is the lowest one kept.
  mutating func lowestKept(of logits: UnsafeBufferPointer<Float>) -> Float {
    for index in 0..<count { heap[index] = logits[index] }
    for parent in stride(from: count / 2 - 1, through: 0, by: -1) { siftDown(from: parent) }
    for index in count..<max(count, logits.count) where logits[index] > heap[0] {
      heap[0] = logits[index]
      siftDown(from: 0)
    }
    return heap[0]
  }

  private mutating func siftDown(from start: Int) {
    var parent = start
    let value = heap[start]
    while true {
      var child = 2 * parent + 1
      guard child < count else { break }
      if child + 1 < count, heap[child + 1] < heap[child] { child += 1 }
      guard heap[child] < value else { break }
      heap[parent] = heap[child]
      parent = child
    }
    heap[parent] = value
  }
}
