/// What a model sees in one picture.
public struct Prediction: Encodable, Sendable {
  /// A class and its probability.
  public struct Guess: Encodable, Sendable {
    /// The class's name.
    public let `class`: String
    /// Its place among the logits.
    public let index: Int
    /// Its probability.
    public let score: Float
  }

  /// The picture's file, or its number where it has none.
  public let path: String
  /// The most probable classes, best first.
  public let top: [Guess]
  /// The probabilities of all classes, in class order, when asked for.
  public let scores: [Float]?
  /// Why there are none.
  public let error: String?
}
