/// Pictures that the program has already; their keys are their numbers, from 0.
public struct ImagesInMemory: ImageDataset {
  private let pictures: [EncodedImage]
  private let keys: [String]?

  /// The pictures `pictures`, in this order.
  public init(_ pictures: [EncodedImage]) {
    self.pictures = pictures
    keys = nil
  }

  /// One picture with a key.
  package init(_ picture: EncodedImage, key: String) {
    pictures = [picture]
    keys = [key]
  }

  /// What messages call it.
  public var name: String { "the pictures given" }

  /// The class names in the order of their labels.
  public var classes: [String] { [] }

  /// How many samples there are.
  public var count: Int { pictures.count }

  /// The sample's key.
  public func key(at index: Int) -> String { keys?[index] ?? String(index) }

  /// The sample's class, or nil when it has none.
  public func label(at index: Int) -> Int? { nil }

  /// The sample's picture.
  public func read(at index: Int) throws -> EncodedImage { pictures[index] }
}
