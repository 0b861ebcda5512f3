/// The highest classes of pictures whose scores another program made.
extension TopClasses {
  /// Puts the highest classes of the picture with `probabilities`, which are finite and not below 0, into
  /// `classes` and `scores`; a class of probability 0 is none, so there may be fewer than `count`.
  /// - Returns: What the probabilities sum to.
  /// - Throws: `RankingError` when there are not `classCount` of them.
  /// - Complexity: O(L + P log P) where few come in ascending order, O(L log P) at worst.
  @discardableResult
  public mutating func rank(probabilities: UnsafeBufferPointer<Double>) throws -> Double {
    let sum = ProbabilitySum(probabilities)
    try rank(probabilities) { $0 > 0 ? sum.score(of: $0) : nil }
    return sum.total
  }

  /// Puts the highest classes of the picture with `logOdds`, which are finite, into `classes` and
  /// `scores`.
  /// - Throws: `RankingError` when there are not `classCount` of them.
  public mutating func rank(logOdds: UnsafeBufferPointer<Double>) throws {
    try rank(logOdds) { Float($0) }
  }

  /// Ranks by values with which scores rise.
  private mutating func rank(
    _ values: UnsafeBufferPointer<Double>, score: (Double) -> Float?
  ) throws {
    guard values.count == classCount else {
      throw RankingError.invalidArgument(
        "a picture has \(values.count) scores, but there are \(classCount) classes")
    }
    guard count > 0 else { return }
    // Two values may round to one score: look a little below the lowest kept, then order by scores.
    let lowest = lowestValueKept(of: values)
    let limit = lowest - 1e-6 * abs(lowest)
    candidates.removeAll(keepingCapacity: true)
    for (index, value) in values.enumerated() where value >= limit {
      if let score = score(value) { candidates.append((score, index)) }
    }
    takeCandidates()
  }

  /// The value of rank `count`.
  private mutating func lowestValueKept(of values: UnsafeBufferPointer<Double>) -> Double {
    // Rounded down to float32 the order stays, but for equal ones, which are candidates anyway.
    narrowed.removeAll(keepingCapacity: true)
    for value in values {
      let float = Float(value)
      narrowed.append(Double(float) > value ? float.nextDown : float)
    }
    return narrowed.withUnsafeBufferPointer { buffer in Double(lowestKept(of: buffer)) }
  }
}
