/// What the paper says of an experiment, as something that its figures can contradict.
public struct Claim: Sendable {
  /// One figure of the table: a row by its name, and a column.
  public struct Cell: Sendable {
    var row: String
    var column: Int

    init(_ row: String, _ column: Int) {
      self.row = row
      self.column = column
    }
  }

  /// Two figures of which something is said.
  public struct Comparison: Sendable {
    var first, second: Cell
    var relation: Relation
  }

  /// What is said of two figures.
  public enum Relation: Sendable {
    /// The first is larger.
    case larger
    /// They differ by no more than so many points.
    case alike(within: Double)
    /// The first is less than the second by no more than so many points.
    case behind(byAtMost: Double)
  }

  /// The claim in a sentence.
  public var text: String
  /// All of these must hold.
  public var comparisons: [Comparison]
  /// How many of the first comparisons are what the claim presupposes: where they do not hold, it says nothing.
  public var premises = 0

  /// A claim that the first cell of each pair is larger than the second, given that it is in the first `premises`.
  static func larger(_ text: String, _ pairs: [(Cell, Cell)], premises: Int = 0) -> Claim {
    Claim(
      text: text,
      comparisons: pairs.map { Comparison(first: $0.0, second: $0.1, relation: .larger) },
      premises: premises)
  }

  /// A claim that the first cell of each pair is less than the second by no more than `points`.
  static func behind(_ text: String, byAtMost points: Double, _ pairs: [(Cell, Cell)]) -> Claim {
    Claim(
      text: text,
      comparisons: pairs.map {
        Comparison(first: $0.0, second: $0.1, relation: .behind(byAtMost: points))
      })
  }

  /// A claim that the cells of each pair differ by no more than `points`.
  static func alike(_ text: String, within points: Double, _ pairs: [(Cell, Cell)]) -> Claim {
    Claim(
      text: text,
      comparisons: pairs.map {
        Comparison(first: $0.0, second: $0.1, relation: .alike(within: points))
      })
  }
}

/// What figures say of a claim.
public enum Verdict: String, Codable, Sendable {
  /// Each of its comparisons holds, by the whole of its interval.
  case holds
  /// One of them is contradicted by the whole of its interval.
  case doesNotHold = "does not hold"
  /// An interval has both in it, or there is none, of a single seed.
  case tooClose = "too close to call"
  /// A figure is not known.
  case notMeasured = "not measured"
  /// What it presupposes does not hold.
  case notTested = "not tested"

  /// Of a comparison whose difference was measured to be `interval`.
  init(_ relation: Claim.Relation, _ interval: Interval) {
    guard let margin = interval.margin else {
      self = .tooClose
      return
    }
    let (low, high) = (interval.mean - margin, interval.mean + margin)
    switch relation {
    case .larger: self = low > 0 ? .holds : high < 0 ? .doesNotHold : .tooClose
    case .behind(let points):
      self = low >= -points ? .holds : high < -points ? .doesNotHold : .tooClose
    case .alike(let points):
      self =
        low >= -points && high <= points
        ? .holds : low > points || high < -points ? .doesNotHold : .tooClose
    }
  }

  /// Of a claim whose comparisons came out so, the first `premises` of which it presupposes.
  init(all verdicts: [Verdict], premises: Int = 0) {
    if let failed = verdicts.prefix(premises).first(where: { $0 != .holds }) {
      self = failed == .notMeasured ? .notMeasured : .notTested
      return
    }
    let verdicts = verdicts.dropFirst(premises)
    self =
      [.doesNotHold, .notMeasured, .tooClose].first { verdicts.contains($0) }
      ?? (verdicts.isEmpty ? .notMeasured : .holds)
  }
}
