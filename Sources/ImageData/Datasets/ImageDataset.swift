public import Foundation

/// A picture as its data set keeps it.
public enum EncodedImage: Sendable {
  /// The bytes of a JPEG, PNG, WebP, GIF, BMP or TIFF file.
  case file(Data)
  /// Plain 8-bit pixels, row by row, `channels` (1 or 3) bytes a pixel.
  case pixels(Data, width: Int, height: Int, channels: Int)

  /// A file of more bytes is refused before it is read.
  public static let mostFileBytes = 64 << 20

  /// The file's bytes or the pixels.
  public var bytes: Data {
    switch self {
    case .file(let data): data
    case .pixels(let data, _, _, _): data
    }
  }
}

/// Pictures in a fixed order, with or without labels, readable from any thread.
public protocol ImageDataset: Sendable {
  /// What messages call it.
  var name: String { get }
  /// The class names in the order of their labels; empty when nothing is labelled.
  var classes: [String] { get }
  /// How many samples there are.
  var count: Int { get }
  /// What lies among the pictures and is none; nothing where nobody looked.
  var passedOver: PassedOver { get }
  /// The sample's key: its path relative to the data set's root.
  func key(at index: Int) -> String
  /// The sample's class, or nil when it has no label.
  func label(at index: Int) -> Int?
  /// Why the sample has no label, as far as that is known.
  func whyUnlabelled(at index: Int) -> String?
  /// The hashtags of a sample, without their `#`; empty where there are none.
  func tags(at index: Int) -> [String]
  /// What tells that the sample's file was written, replaced or moved, without reading it: a hash of its
  /// size, its times and its number; 0 where that is not known.
  func fileState(at index: Int) -> UInt64
  /// Where a file `classes.txt`, a name a line from 0 on, would say what the classes are called; nil where
  /// they have other names than their numbers, or the file is there.
  var placeForClassNames: String? { get }
  /// Why the pictures cannot be read any more; nil where they are there.
  var absence: String? { get }
  /// The file `classes.txt` whose every line is a class, whether or not a picture has it; nil where only
  /// what occurs is one.
  var fileOfClassNames: String? { get }
  /// Whether classes that are numbers are called so, as written digits are.
  var areClassesDigits: Bool { get }
  /// The splits that its list has, where all of them were taken; empty where there is no such list.
  var splits: [String] { get }
  /// The identity of the index that the samples are read from, which says all that they are; nil where
  /// there is none, or where it is not the index's samples alone and as they are.
  var indexIdentity: String? { get }
  /// Whether any sample can be read at any time at the cost of that sample alone. Otherwise (a
  /// compressed shard, a pipe) samples are to be read in their order.
  var isRandomAccess: Bool { get }
  /// The sample's picture.
  /// - Throws: `ImageDataError.unreadable` when this picture alone is at fault.
  func read(at index: Int) throws -> EncodedImage
}

extension ImageDataset {
  /// Nothing: what names its pictures one by one passes nothing over.
  public var passedOver: PassedOver { PassedOver() }

  /// Nothing: most sets have a label where they have a name for it.
  public func whyUnlabelled(at index: Int) -> String? { nil }

  /// None.
  public func tags(at index: Int) -> [String] { [] }

  /// Not known.
  public func fileState(at index: Int) -> UInt64 { 0 }

  /// Nil: most classes have names.
  public var placeForClassNames: String? { nil }

  /// Nil: they are there.
  public var absence: String? { nil }

  /// Nil: most classes are those that occur.
  public var fileOfClassNames: String? { nil }

  /// No: most numbers are codes for names.
  public var areClassesDigits: Bool { false }

  /// None.
  public var splits: [String] { [] }

  /// Nil: most sets have no index.
  public var indexIdentity: String? { nil }

  /// Yes, as files in folders.
  public var isRandomAccess: Bool { true }

  /// Whether the classes are called by numbers.
  package var hasNumberedClasses: Bool {
    !classes.isEmpty && classes.allSatisfy { Int($0) != nil }
  }

  /// How many samples carry each label, in the order of `classes`.
  public var samplesPerClass: [Int] {
    var counts = [Int](repeating: 0, count: classes.count)
    for index in 0..<count {
      if let label = label(at: index) { counts[label] += 1 }
    }
    return counts
  }
}
