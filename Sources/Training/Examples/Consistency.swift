public import ImageData

/// The pictures without labels that a training sees beside its examples, and what it does with them.
public struct Consistency {
  /// The pictures, which can be read in any order.
  public var pictures: any ImageDataset
  /// What is done with them.
  public var settings: ConsistencySettings
  /// Whether labels that the pictures have are the truth, in the training's own classes: they then tell how many
  /// pseudo-labels are right, and nothing else.
  public var isTruthKnown = false

  /// Learning from `pictures` as `settings` say.
  public init(_ pictures: any ImageDataset, _ settings: ConsistencySettings = .init()) {
    self.pictures = pictures
    self.settings = settings
  }
}
