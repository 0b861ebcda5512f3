import Files
import Foundation
import SystemPackage

/// Grey pictures of one size in an IDX file, as MNIST and Fashion-MNIST come.
///
/// `train-images-idx3-ubyte` has its labels in `train-labels-idx1-ubyte` beside it; either may end
/// in `.gz`. Without the labels file nothing is labelled. Class names come from `classes.txt` beside
/// them, one a line, are Fashion-MNIST's in a folder named so, and are digits otherwise.
public struct IDXDataset: ImageDataset {
  /// What messages call it.
  public let name: String
  /// The class names in the order of their labels.
  public let classes: [String]
  /// How many samples there are.
  public let count: Int
  /// The pictures' size in pixels.
  public let width: Int, height: Int
  private let pixels: Data
  private let labels: Data?
  private let digits: Int

  static let fashionClasses = [
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag",
    "Ankle boot",
  ]

  /// Opens the file of pictures at `path`, and the labels beside it when they are there.
  /// - Throws: `ImageDataError.dataset` when a header, a size or a label is wrong.
  public init(images path: String) throws {
    let (dimensions, body) = try Self.array(at: path, dimensions: 3)
    count = dimensions[0]
    height = dimensions[1]
    width = dimensions[2]
    pixels = body
    guard count > 0, width > 0, height > 0 else {
      throw ImageDataError.dataset(path: path, reason: "no pictures in it (\(dimensions))")
    }
    let file = FilePath(text: path).name
    name = file.hasSuffix(".gz") ? String(file.dropLast(3)) : file
    digits = max(5, String(count - 1).count)
    guard let labelsPath = Self.labelsPath(beside: path) else {
      labels = nil
      classes = []
      return
    }
    let (lengths, values) = try Self.array(at: labelsPath, dimensions: 1)
    guard lengths[0] == count else {
      throw ImageDataError.dataset(
        path: labelsPath, reason: "\(lengths[0]) labels for \(count) pictures")
    }
    let largest = Int(values.max() ?? 0)
    classes = try Self.classNames(in: FilePath(text: path).folder, largest: largest)
    guard largest < classes.count else {
      throw ImageDataError.dataset(
        path: labelsPath, reason: "label \(largest), but only \(classes.count) classes")
    }
    labels = values
  }

  /// The sample's key.
  public func key(at index: Int) -> String {
    let number = String(index)
    return "\(name)/" + String(repeating: "0", count: max(0, digits - number.count)) + number
  }

  /// The sample's class, or nil when it has none.
  public func label(at index: Int) -> Int? {
    labels.map { Int($0[$0.startIndex + index]) }
  }

  /// The sample's picture.
  /// - Throws: `ImageDataError.unreadable` when this picture alone is at fault.
  public func read(at index: Int) throws -> EncodedImage {
    let size = width * height
    let start = pixels.startIndex + index * size
    return .pixels(pixels[start..<start + size], width: width, height: height, channels: 1)
  }

  /// Whether `file` is named like a file of pictures.
  static func isImages(_ file: String) -> Bool {
    file.hasSuffix("-images-idx3-ubyte") || file.hasSuffix("-images-idx3-ubyte.gz")
  }

  private static func labelsPath(beside path: String) -> String? {
    let folder = FilePath(text: path).folder
    var file = FilePath(text: path).name
      .replacingOccurrences(of: "images", with: "labels")
      .replacingOccurrences(of: "idx3", with: "idx1")
    if file.hasSuffix(".gz") { file.removeLast(3) }
    return [file, file + ".gz"].map { folder.joined($0).text }
      .first { $0 != path && FilePath(text: $0).exists }
  }

  private static func classNames(in folder: FilePath, largest: Int) throws -> [String] {
    let path = folder.joined("classes.txt")
    if let data = try? path.contents() {
      return String(decoding: data, as: UTF8.self).split(whereSeparator: \.isNewline)
        .map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
    }
    let last = folder.name.lowercased()
    if last.contains("fashion-mnist") { return fashionClasses }
    return (0...max(9, largest)).map(String.init)
  }

  /// The unsigned bytes of an IDX file, whose header is big-endian: 0, 0, 8, dimensions, sizes.
  private static func array(at path: String, dimensions: Int) throws -> ([Int], Data) {
    let file = try Gzip.contents(of: path)
    let isZipped = path.hasSuffix(".gz")
    let headerSize = 4 + 4 * dimensions
    let header =
      isZipped
      ? try Gzip.head(of: file, count: headerSize, path: path) : file.prefix(headerSize)
    guard header.count == headerSize, header.starts(with: [0, 0, 8, UInt8(dimensions)]) else {
      throw ImageDataError.dataset(
        path: path, reason: "not an IDX file of unsigned bytes in \(dimensions) dimensions")
    }
    let sizes = (0..<dimensions).map { axis in
      header.dropFirst(4 + 4 * axis).prefix(4).reduce(0) { $0 << 8 | Int($1) }
    }
    let body = sizes.reduce(1) { product, size in
      let (next, overflow) = product.multipliedReportingOverflow(by: size)
      return overflow ? Int.max / 2 : min(next, Int.max / 2)
    }
    let expected = headerSize + body
    // The header says how much there is to inflate; more is too much.
    let data = isZipped ? try Gzip.inflate(file, most: expected, path: path) : file
    guard data.count == expected else {
      throw ImageDataError.dataset(
        path: path,
        reason: "\(data.count - headerSize) bytes for \(sizes); is it cut short?")
    }
    return (sizes, data.dropFirst(headerSize))
  }
}
