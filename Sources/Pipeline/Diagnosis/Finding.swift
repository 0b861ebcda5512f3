/// An experiment that measures what a finding is about: `halcyon experiment NAME`.
package enum Evidence: String, CaseIterable, Sendable {
  /// Fine-tuned students against supervised ones.
  case table2
  /// Stronger and weaker teachers.
  case table3
  /// Teachers like their students.
  case table4
  /// Balanced and unbalanced selections.
  case table5
  /// Teachers that have seen tags.
  case table6
  /// Purity by rank.
  case figure2
  /// The size of U.
  case figure3
  /// The length of the pre-training.
  case figure4
  /// K and P.
  case figure5
  /// Today's options.
  case options

  /// What reruns it.
  var command: String { "halcyon experiment \(rawValue)" }
}

/// What a run's own numbers say about one possible reason for a small gain.
struct Finding: Equatable {
  /// Which way it points.
  enum Weight: String {
    /// It explains a missing gain.
    case against
    /// It does not.
    case fine
    /// The run does not tell.
    case unknown
  }

  /// What is asked: "Is the teacher better than the student alone?".
  var question: String
  /// What it is called where it speaks against a gain: "Weak teacher".
  var name: String
  /// Which way the answer points.
  var weight: Weight
  /// The numbers, as whole sentences.
  var answer: String
  /// What would help, as the rest of a sentence; nil where nothing has to.
  var advice: String?
  /// The key of the recipe to change first.
  var key: String?
  /// What measures how much it matters.
  var evidence: Evidence?

  /// One line that explains a missing gain.
  var reason: String {
    let sentence = advice.map { " \($0.prefix(1).uppercased())\($0.dropFirst())." } ?? ""
    let shown = evidence.map { " `\($0.command)` measures what it matters." } ?? ""
    return "\(name): \(answer)\(sentence)\(shown)"
  }
}
