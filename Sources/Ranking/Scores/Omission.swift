/// A sample of a shard that got no score, and why.
public struct Omission: Hashable, Sendable {
  /// Of which picture a sample is a copy.
  public struct Copy: Hashable, Sendable {
    /// The set that holds the picture, for example `test`.
    public var set: String
    /// In how many bits they look different; nil when the bytes are the same.
    public var bits: Int?

    /// Makes the note of a copy of a picture of `set`.
    public init(of set: String, bits: Int? = nil) {
      self.set = set
      self.bits = bits
    }
  }

  /// The sample's position in its shard.
  public var position: Int
  /// Why it got no score, in one line.
  public var reason: String
  /// The picture that it was left out for; nil when it could not be read, or has no scores.
  public var copy: Copy?
  /// Whether it can be read, but no score of it was given.
  public var isWithoutScores = false

  /// Makes the note that the sample at `position` was left out for `reason`.
  public init(position: Int, reason: String, copy: Copy? = nil, isWithoutScores: Bool = false) {
    self.position = position
    self.reason = reason
    self.copy = copy
    self.isWithoutScores = isWithoutScores
  }
}
