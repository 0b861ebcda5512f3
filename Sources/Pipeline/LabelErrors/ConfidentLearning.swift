import Foundation

/// Which given labels are probably wrong, by probabilities from networks that did not learn the pictures: confident
/// learning (Northcutt, Jiang, Chuang, "Confident learning: estimating uncertainty in dataset labels", JAIR 2021,
/// arXiv:1911.00068), with the numbers of cleanlab 2.9's `find_label_issues` (prune by noise rate) and
/// `get_label_quality_scores` (self-confidence).
///
/// A picture counts as of class j where its probability of j is at least the mean that pictures labelled j have of it.
/// The counts by given and counted class, scaled to the labels there are, say how many of each class's labels are
/// really of which other; of those so many with the largest margin p(other) − p(given) are issues, but for pictures
/// whose given class comes first.
///
/// - Complexity: O(n log n + L² log L), for n pictures and L classes.
struct ConfidentLearning {
  /// By picture, its probability of the given class: the lower, the more probably the label is wrong.
  let quality: [Double]
  /// By picture, whether the label is probably wrong.
  let isIssue: [Bool]
  /// By picture, the class that comes first.
  let predicted: [Int]
  /// By given and true class, how many pictures there are estimated to be [L][L].
  let joint: [[Int]]

  /// What cleanlab takes two numbers to be alike by.
  private static let alike = 1e-6

  /// Of `labels` and of each picture `classCount` probabilities, one row after the other.
  init(labels: [Int], probabilities: [Float], classCount: Int) {
    func p(_ picture: Int, _ label: Int) -> Double {
      Double(probabilities[picture * classCount + label])
    }
    let pictures = labels.indices
    quality = pictures.map { p($0, labels[$0]) }
    predicted = pictures.map { picture in
      (0..<classCount).reduce(0) { p(picture, $1) > p(picture, $0) ? $1 : $0 }
    }
    joint = Self.joint(labels, classCount, predicted, p)
    let prune = Self.pruned(joint)

    var isIssue = [Bool](repeating: false, count: labels.count)
    var members = [[Int]](repeating: [], count: classCount)
    for picture in pictures { members[labels[picture]].append(picture) }
    for given in 0..<classCount where members[given].count > 1 {
      for other in 0..<classCount where other != given && prune[other][given] > 0 {
        // Equal margins in the order of the pictures.
        let largest = members[given].map { ($0, p($0, other) - p($0, given)) }
          .sorted { ($1.1, $0.0) < ($0.1, $1.0) }
        for (picture, _) in largest.prefix(prune[other][given]) { isIssue[picture] = true }
      }
    }
    // Where the given class comes first, or would but for a rounding, the label stands.
    for picture in pictures where isIssue[picture] {
      let own = quality[picture] + Self.alike
      let given = labels[picture]
      let isFirst = (0..<classCount).allSatisfy {
        $0 == given || p(picture, $0) < own || (p(picture, $0) == own && given < $0)
      }
      if isFirst { isIssue[picture] = false }
    }
    self.isIssue = isIssue
  }

  /// The pictures by their quality, the most dubious first.
  var ranked: [Int] {
    quality.indices.sorted { (quality[$0], $0) < (quality[$1], $1) }
  }

  /// The confident joint, scaled to as many pictures of each given class as there are.
  private static func joint(
    _ labels: [Int], _ classCount: Int, _ predicted: [Int], _ p: (Int, Int) -> Double
  ) -> [[Int]] {
    var counts = [Int](repeating: 0, count: classCount)
    var sums = [Double](repeating: 0, count: classCount)
    for (picture, label) in labels.enumerated() {
      counts[label] += 1
      sums[label] += p(picture, label)
    }
    // A class that nothing is labelled with has no threshold that anything reaches.
    let thresholds = zip(counts, sums).map { count, sum in
      count == 0 ? 2 : max(sum / Double(count), 2 * alike)
    }
    var joint = [[Double]](
      repeating: Array(repeating: 0, count: classCount), count: classCount)
    for (picture, label) in labels.enumerated() {
      let confident = (0..<classCount).filter { p(picture, $0) >= thresholds[$0] - alike }
      guard let only = confident.first else { continue }
      joint[label][confident.count > 1 ? predicted[picture] : only] += 1
    }
    for label in 0..<classCount { joint[label][label] = max(1, joint[label][label]) }
    for given in 0..<classCount {
      let sum = joint[given].reduce(0, +)
      for other in 0..<classCount {
        joint[given][other] = joint[given][other] / sum * Double(counts[given])
      }
    }
    let total = joint.reduce(0) { $0 + $1.reduce(0, +) }
    guard total > 0 else { return joint.map { $0.map { _ in 0 } } }
    return joint.map { row in rounded(row.map { $0 / total * Double(labels.count) }) }
  }

  /// How many pictures to take out, by true and given class, so that each given class keeps one at least.
  private static func pruned(_ joint: [[Int]]) -> [[Int]] {
    let classes = joint.indices
    var matrix = classes.map { truth in classes.map { Double(joint[$0][truth]) } }
    for given in classes {
      let diagonal = max(joint[given][given], 1)
      let missing = Double(diagonal - joint[given][given])
      let others = classes.count { joint[given][$0] != 0 } - 1
      for truth in classes {
        matrix[truth][given] = max(0, matrix[truth][given] - missing / Double(max(others, 1)))
      }
      matrix[given][given] = Double(diagonal)
    }
    return matrix.map { row in rounded(row.map { $0.rounded(.towardZero) }) }
  }

  /// The numbers rounded so that their sum stays: what was rounded down most is rounded up first.
  private static func rounded(_ values: [Double]) -> [Int] {
    var whole = values.map { $0.rounded(.toNearestOrEven) }
    let target = values.reduce(0, +).rounded(.toNearestOrEven)
    var sum = whole.reduce(0, +)
    while abs(sum - target) > alike {
      let difference = target - sum
      let step: Double = difference < 0 ? -1 : 1
      let order = values.indices.sorted {
        (values[$0] - whole[$0], $0) < (values[$1] - whole[$1], $1)
      }
      let first = step > 0 ? Array(order.reversed()) : order
      for index in first.prefix(Int(abs(difference))) { whole[index] += step }
      sum = whole.reduce(0, +)
    }
    return whole.map { Int($0) }
  }
}
