extension Evaluation {
  /// An evaluation of nothing yet.
  package init(of classNames: [String]) {
    self.init(
      perClass: classNames.map { .init(name: $0, count: 0, correct: 0) }, count: 0, correct: 0,
      correctInFive: 0, unreadable: 0)
  }

  /// Counts a picture of the classes `labels`, of which a network says the classes `guesses`, the likeliest first and
  /// up to five of them.
  package mutating func count(_ guesses: [Int32], of labels: ArraySlice<Int32>) {
    count += 1
    correct += guesses.first.map(labels.contains) ?? false ? 1 : 0
    correctInFive += guesses.contains(where: labels.contains) ? 1 : 0
    for label in labels {
      perClass[Int(label)].count += 1
      perClass[Int(label)].correct += guesses.first == label ? 1 : 0
    }
  }
}
