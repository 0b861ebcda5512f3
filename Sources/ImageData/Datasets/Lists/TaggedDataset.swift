/// Pictures that carry hashtags.
public protocol TaggedDataset: ImageDataset {
  /// The hashtags of a sample, without their `#`; empty where there are none.
  func tags(at index: Int) -> [String]
}

extension IndexedSubset: TaggedDataset {
  /// The hashtags of a sample; empty where the data set has none.
  public func tags(at index: Int) -> [String] {
    (base as? any TaggedDataset)?.tags(at: Int(indices[index])) ?? []
  }
}

extension Relabelled: TaggedDataset {
  /// The hashtags of a sample; empty where the data set has none.
  public func tags(at index: Int) -> [String] {
    (base as? any TaggedDataset)?.tags(at: index) ?? []
  }
}
