import Files
import Foundation
import SystemPackage

/// Grey pictures of one size in an IDX file, as MNIST, Fashion-MNIST and EMNIST come.
///
/// `train-images-idx3-ubyte` has its labels in `train-labels-idx1-ubyte` beside it (see `IDXFiles` for
/// other names). Without the labels file nothing is labelled. Class names come from `classes.txt` beside
/// them, one a line, or from EMNIST's mapping; they are Fashion-MNIST's in a folder named so. Without names
/// the labels that occur are the classes, called by their digits, as in shards. Pictures are as they lie in the file: EMNIST's have rows for columns.
public struct IDXDataset: ImageDataset {
  /// What messages call it.
  public let name: String
  /// The class names in the order of their labels.
  public let classes: [String]
  /// How many samples there are.
  public let count: Int
  /// The pictures' size in pixels.
  public let width: Int, height: Int
  /// Where `classes.txt` would say what numbers are called; nil where the classes have names.
  private let fileForClassNames: String?
  /// The file `classes.txt` whose every line is a class, where there is one.
  public let fileOfClassNames: String?
  private let pixels: Data
  private let labels: [Int32]?
  private let digits: Int
  /// Of the file with all pictures.
  private let state: UInt64

  static let fashionClasses = [
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag",
    "Ankle boot",
  ]

  /// Opens the file of pictures at `path`, and the labels beside it when they are there.
  /// - Throws: `ImageDataError.dataset` when a header, a size or a label is wrong.
  public init(images path: String) throws {
    state = ImageData.fileState(of: PathText.bytes(of: path))
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
    let files = IDXFiles(images: path)
    guard let labelsPath = files?.labels else {
      labels = nil
      classes = []
      fileForClassNames = nil
      fileOfClassNames = nil
      return
    }
    let values = try Self.labels(at: labelsPath)
    guard values.count == count else {
      throw ImageDataError.dataset(
        path: labelsPath, reason: "\(values.count) labels for \(count) pictures")
    }
    let given = try Self.classNames(files)
    // As in shards, what does not occur is no class.
    let names = given ?? Set(values).sorted().map { ($0, String($0)) }
    let namesFile = FilePath(text: path).folder.joined(ClassNames.file).text
    classes = names.map(\.name)
    fileForClassNames = given == nil ? namesFile : nil
    let givenFile = FilePath(text: namesFile).isFile ? namesFile : nil
    fileOfClassNames = givenFile
    let count = names.count
    let places = Dictionary(
      zip(names.map(\.label), 0...).map { ($0, Int32($1)) }, uniquingKeysWith: { first, _ in first }
    )
    labels = try values.map { label in
      guard let place = places[label] else {
        throw ImageDataError.dataset(
          path: labelsPath,
          reason: "label \(label), but only \(count) classes"
            + (givenFile.map { " in \($0); give each label from 0 on a line" } ?? ""))
      }
      return place
    }
    try requireDistinctClasses(
      in: namesFile, "lines", "write a name of its own for each class")
  }

  /// The sample's key.
  public func key(at index: Int) -> String {
    let number = String(index)
    return "\(name)/" + Format.padded(number, digits: digits)
  }

  /// The sample's class, or nil when it has none.
  public func label(at index: Int) -> Int? {
    labels.map { Int($0[index]) }
  }

  /// Where `classes.txt` would be.
  public var placeForClassNames: String? { hasNumberedClasses ? fileForClassNames : nil }

  /// Whether the classes are called by numbers: the digits of MNIST are their names.
  public var areClassesDigits: Bool { hasNumberedClasses }

  /// The state of the file that all pictures are in.
  public func fileState(at index: Int) -> UInt64 { state }

  /// The sample's picture.
  /// - Throws: `ImageDataError.unreadable` when this picture alone is at fault.
  public func read(at index: Int) throws -> EncodedImage {
    let size = width * height
    let start = pixels.startIndex + index * size
    return .pixels(pixels[start..<start + size], width: width, height: height, channels: 1)
  }

  /// Whether `file` is named like a file of pictures.
  package static func isImages(_ file: String) -> Bool { IDXFiles.set(ofImages: file) != nil }

  /// The labels of a file: bytes, or QMNIST's eight integers a picture, of which the first counts.
  private static func labels(at path: String) throws -> [UInt8] {
    guard path.contains("idx2-int") else { return Array(try array(at: path, dimensions: 1).1) }
    let (sizes, values) = try array(at: path, dimensions: 2, type: 12, bytes: 4)
    guard sizes[1] > 0 else {
      throw ImageDataError.dataset(path: path, reason: "no labels in it (\(sizes))")
    }
    return try (0..<sizes[0]).map { row in
      let start = values.startIndex + 4 * row * sizes[1]
      let number = values[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
      guard let label = UInt8(exactly: number) else {
        throw ImageDataError.dataset(path: path, reason: "label \(number) of picture \(row)")
      }
      return label
    }
  }

  /// Which labels there are and what they are called, where something says it.
  private static func classNames(_ files: IDXFiles?) throws -> [(label: UInt8, name: String)]? {
    let folder = files?.folder ?? "."
    let isFashion = folder.name.lowercased().contains("fashion-mnist")
    if let names = try distinctNames(in: folder) ?? (isFashion ? fashionClasses : nil) {
      return names.prefix(256).enumerated().map { (UInt8($0), $1) }
    }
    return try files?.mapping.map { try mapping(at: $0) }
  }

  private static func distinctNames(in folder: FilePath) throws -> [String]? {
    let path = folder.joined(ClassNames.file)
    guard let data = try? path.contents() else { return nil }
    let names = try classNames(of: String(decoding: data, as: UTF8.self), path: path.text)
    return names.isEmpty ? nil : names
  }

  /// EMNIST's lines of a label and the code of its character, or of its capital and its small letter.
  private static func mapping(at path: String) throws -> [(label: UInt8, name: String)] {
    let text = String(decoding: try Gzip.contents(of: path), as: UTF8.self)
    let lines = text.split(whereSeparator: \.isNewline)
    return try lines.enumerated().map { number, line in
      let parts = line.split(whereSeparator: \.isWhitespace)
      guard parts.count >= 2, let label = UInt8(parts[0]), let code = UInt8(parts[1]) else {
        throw ImageDataError.line(
          path: path, line: number + 1, reason: "expected a label and a character's code")
      }
      return (label, String(UnicodeScalar(code)))
    }
  }

  /// The lines of `text` that are not blank, each of which names a class of its own.
  private static func classNames(of text: String, path: String) throws -> [String] {
    var names: [String] = []
    var lines: [String: Int] = [:]
    let all = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    for (number, line) in zip(1..., all) {
      let name = ClassName.trimmed(String(line))
      guard !name.isEmpty else { continue }
      if let first = lines.updateValue(number, forKey: name) {
        throw ImageDataError.dataset(
          path: path,
          reason: "lines \(first) and \(number) have \(name); "
            + "write a name of its own for each class")
      }
      names.append(name)
    }
    return names
  }

  /// The values of an IDX file, whose header is big-endian: 0, 0, their type (8 is an unsigned byte),
  /// dimensions, sizes.
  private static func array(
    at path: String, dimensions: Int, type: UInt8 = 8, bytes: Int = 1
  ) throws -> ([Int], Data) {
    let file = try Gzip.contents(of: path)
    let isZipped = path.hasSuffix(".gz")
    let headerSize = 4 + 4 * dimensions
    let header =
      isZipped
      ? try Gzip.head(of: file, count: headerSize, path: path) : file.prefix(headerSize)
    guard header.count == headerSize, header.starts(with: [0, 0, type, UInt8(dimensions)]) else {
      let what = type == 8 ? "unsigned bytes" : "integers"
      throw ImageDataError.dataset(
        path: path, reason: "not an IDX file of \(what) in \(dimensions) dimensions")
    }
    let sizes = (0..<dimensions).map { axis in
      header.dropFirst(4 + 4 * axis).prefix(4).reduce(0) { $0 << 8 | Int($1) }
    }
    let body = sizes.reduce(bytes) { product, size in
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
