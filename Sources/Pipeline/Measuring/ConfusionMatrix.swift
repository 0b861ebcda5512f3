/// How often pictures of one class are taken for another's.
struct ConfusionMatrix: Equatable {
  /// A true class and the one that came first.
  struct Pair: Hashable {
    /// The true class.
    var truth: Int
    /// The one that came first.
    var prediction: Int
  }

  /// How many pictures there are of each pair; none of a pair that never occurs.
  private(set) var counts: [Pair: Int] = [:]
  /// How many measured pictures each class has.
  private(set) var total: [Int]

  /// The matrix of `predictions` of `classCount` classes.
  init(of predictions: MeasuredPredictions, classCount: Int) {
    total = Array(repeating: 0, count: classCount)
    for (truth, prediction) in zip(predictions.truths, predictions.classes) where prediction >= 0 {
      total[Int(truth)] += 1
      counts[Pair(truth: Int(truth), prediction: Int(prediction)), default: 0] += 1
    }
  }

  /// How many pictures of `truth` are taken for `prediction`.
  subscript(truth: Int, prediction: Int) -> Int {
    counts[Pair(truth: truth, prediction: prediction)] ?? 0
  }

  /// The pairs of different classes with the most pictures, of which there are `most` at most.
  func mostConfused(_ most: Int) -> [Pair] {
    counts.filter { $0.key.truth != $0.key.prediction }
      .sorted {
        ($1.value, $0.key.truth, $0.key.prediction) < ($0.value, $1.key.truth, $1.key.prediction)
      }
      .prefix(most).map(\.key)
  }
}
