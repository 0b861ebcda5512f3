import Files
public import ImageData

/// How many pictures a model was asked about.
public struct PredictionCounts: Sendable, Encodable {
  /// How many there are.
  public var pictures = 0
  /// How many of them could not be read.
  public var unreadable = 0
  /// The first of these, with the reasons.
  public var firstUnreadable: [BadSamples.Entry] = []
  /// How many of them were done now, not by an earlier call that was stopped.
  public var predicted = 0
  /// How long that took, without what loads the model.
  public var seconds = 0.0

  enum CodingKeys: String, CodingKey {
    case pictures, unreadable, predicted, seconds
    case firstUnreadable = "unreadable_pictures"
    case imagesPerSecond = "images_per_second"
  }

  /// Pictures a second.
  public var imagesPerSecond: Double { Double(predicted) / max(seconds, 1e-9) }

  /// Whether fewer are unreadable than `limit` allows of so many.
  public func isWithin(_ limit: BadSamples.Limit) -> Bool {
    unreadable <= limit.allowed(of: pictures)
  }

  /// "2 of 4 pictures cannot be read"; nil where all could be.
  public var unreadableLine: String? {
    guard unreadable > 0 else { return nil }
    return "\(Format.count(unreadable)) of \(Format.counted(pictures, "picture", "pictures")) "
      + "cannot be read"
  }

  /// Writes the counts and the speed.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(pictures, forKey: .pictures)
    try values.encode(unreadable, forKey: .unreadable)
    try values.encode(firstUnreadable, forKey: .firstUnreadable)
    try values.encode(predicted, forKey: .predicted)
    try values.encode(seconds, forKey: .seconds)
    try values.encode(imagesPerSecond, forKey: .imagesPerSecond)
  }
}
