/// Some samples of a data set, in a given order.
public struct IndexedSubset: ImageDataset {
  /// The data set that the samples are from.
  public let base: any ImageDataset
  /// The samples' positions in `base`.
  public let indices: [Int]

  /// The samples of `base` at `indices`.
  /// - Throws: `ImageDataError.argument` for an index outside `base`.
  public init(_ base: any ImageDataset, indices: [Int]) throws {
    if let wrong = indices.first(where: { $0 < 0 || $0 >= base.count }) {
      throw ImageDataError.argument(
        "index \(wrong) is outside \(base.name), which has \(base.count) samples")
    }
    self.base = base
    self.indices = indices
  }

  /// What messages call it.
  public var name: String { base.name }

  /// The class names in the order of their labels.
  public var classes: [String] { base.classes }

  /// How many samples there are.
  public var count: Int { indices.count }

  /// What lies among the pictures and is none.
  public var passedOver: PassedOver { base.passedOver }

  /// The sample's key.
  public func key(at index: Int) -> String { base.key(at: indices[index]) }

  /// The sample's class, or nil when it has none.
  public func label(at index: Int) -> Int? { base.label(at: indices[index]) }

  /// Why the sample has no label, as far as that is known.
  public func whyUnlabelled(at index: Int) -> String? { base.whyUnlabelled(at: indices[index]) }

  /// The hashtags of a sample.
  public func tags(at index: Int) -> [String] { base.tags(at: indices[index]) }

  /// The state of the sample's file.
  public func fileState(at index: Int) -> UInt64 { base.fileState(at: indices[index]) }

  /// Where `classes.txt` would be.
  public var placeForClassNames: String? { base.placeForClassNames }

  /// Why the pictures cannot be read any more.
  public var absence: String? { base.absence }

  /// The file whose every line is a class.
  public var fileOfClassNames: String? { base.fileOfClassNames }

  /// Whether classes that are numbers are called so.
  public var areClassesDigits: Bool { base.areClassesDigits }

  /// The splits that its list has.
  public var splits: [String] { base.splits }

  /// Whether any sample can be read at any time.
  public var isRandomAccess: Bool { base.isRandomAccess }

  /// The sample's picture.
  /// - Throws: `ImageDataError.unreadable` when this picture alone is at fault.
  public func read(at index: Int) throws -> EncodedImage {
    try base.read(at: indices[index])
  }
}

/// A data set whose labels are replaced or hidden.
public struct Relabelled: ImageDataset {
  /// The data set that the pictures are from.
  public let base: any ImageDataset
  /// The class names in the order of their labels.
  public let classes: [String]
  private let labels: [Int32]?

  /// `base` under other labels, one a sample, -1 for none.
  /// - Throws: `ImageDataError.argument` when labels and samples or classes do not match.
  public init(_ base: any ImageDataset, labels: [Int32], classes: [String]) throws {
    guard labels.count == base.count else {
      throw ImageDataError.argument("\(labels.count) labels for \(base.count) samples")
    }
    if let wrong = labels.first(where: { $0 < -1 || Int($0) >= classes.count }) {
      throw ImageDataError.argument("label \(wrong), but there are \(classes.count) classes")
    }
    self.base = base
    self.classes = classes
    self.labels = labels
  }

  fileprivate init(hidingLabelsOf base: any ImageDataset) {
    self.base = base
    classes = []
    labels = nil
  }

  /// What messages call it.
  public var name: String { base.name }

  /// How many samples there are.
  public var count: Int { base.count }

  /// What lies among the pictures and is none.
  public var passedOver: PassedOver { base.passedOver }

  /// The sample's key.
  public func key(at index: Int) -> String { base.key(at: index) }

  /// The sample's class, or nil when it has none.
  public func label(at index: Int) -> Int? {
    guard let labels, labels[index] >= 0 else { return nil }
    return Int(labels[index])
  }

  /// Why the sample has no label, as far as that is known.
  public func whyUnlabelled(at index: Int) -> String? { base.whyUnlabelled(at: index) }

  /// The hashtags of a sample.
  public func tags(at index: Int) -> [String] { base.tags(at: index) }

  /// The state of the sample's file.
  public func fileState(at index: Int) -> UInt64 { base.fileState(at: index) }

  /// Where `classes.txt` would be.
  public var placeForClassNames: String? { hasNumberedClasses ? base.placeForClassNames : nil }

  /// Why the pictures cannot be read any more.
  public var absence: String? { base.absence }

  /// Whether classes that are numbers are called so.
  public var areClassesDigits: Bool { base.areClassesDigits }

  /// The splits that its list has.
  public var splits: [String] { base.splits }

  /// Whether any sample can be read at any time.
  public var isRandomAccess: Bool { base.isRandomAccess }

  /// The sample's picture.
  /// - Throws: `ImageDataError.unreadable` when this picture alone is at fault.
  public func read(at index: Int) throws -> EncodedImage { try base.read(at: index) }
}

extension ImageDataset {
  /// The same pictures without their labels.
  public func withoutLabels() -> Relabelled { Relabelled(hidingLabelsOf: self) }
}
