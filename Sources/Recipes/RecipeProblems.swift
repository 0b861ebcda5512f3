/// A reason why a recipe cannot be followed.
struct RecipeProblem: Equatable {
  /// The keys at fault; an error shows the place of the first that was given.
  let keys: [String]
  /// What is wrong and what to do.
  let message: String
}

/// The problems found so far.
struct RecipeProblems {
  var list: [RecipeProblem] = []

  mutating func refuse(_ condition: Bool, _ keys: [String], _ message: String) {
    if condition { list.append(RecipeProblem(keys: keys, message: message)) }
  }

  mutating func refuse(_ condition: Bool, _ key: String, _ message: String) {
    refuse(condition, [key], message)
  }

  mutating func atLeast<Value: Comparable>(_ least: Value, _ value: Value?, _ key: String) {
    guard let value else { return }
    refuse(value < least, key, "\(key) is \(value); it must be at least \(least)")
  }

  /// Counts: what is multiplied with each other later must not overflow.
  mutating func atLeast(_ least: Int, _ value: Int?, _ key: String, atMost most: Int = 1 << 40) {
    guard let value else { return }
    refuse(value < least, key, "\(key) is \(value); it must be at least \(least)")
    refuse(value > most, key, "\(key) is \(value); it must be at most \(most)")
  }

  mutating func within<Value>(_ range: ClosedRange<Value>, _ value: Value, _ key: String) {
    refuse(
      !range.contains(value), key,
      "\(key) is \(value); it must lie between \(range.lowerBound) and \(range.upperBound)")
  }

  mutating func within<Value>(_ range: Range<Value>, _ value: Value, _ key: String) {
    refuse(
      !range.contains(value), key,
      "\(key) is \(value); it must be at least \(range.lowerBound) and below \(range.upperBound)")
  }
}
