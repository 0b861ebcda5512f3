public import Recipes

/// What the numbers are that another program gives as scores.
public enum ScoreKind: String, CaseIterable, Codable, Choice, Sendable {
  /// Softmax's: each in 0…1, a picture's sum to 1, or to no more where not every class is given.
  case probabilities
  /// A network's last layer, before softmax; every class is to be given.
  case logits
  /// log p − log(1 − p), as score files have it.
  case logOdds

  /// What the kinds are called elsewhere.
  public static var otherNames: [String: Self] {
    [
      "probability": .probabilities, "probs": .probabilities, "prob": .probabilities,
      "softmax": .probabilities, "p": .probabilities, "logit": .logits, "log-odds": .logOdds,
      "log_odds": .logOdds,
    ]
  }
}
