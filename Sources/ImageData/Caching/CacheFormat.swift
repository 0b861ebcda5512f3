/// What the pictures of a cache are like: copies at training size, made once, of which random crops are
/// taken many times.
public struct CacheFormat: Hashable, Sendable {
  /// How a copy is written.
  public enum Encoding: String, CaseIterable, Sendable, Codable {
    /// As a JPEG file: a tenth of the pixels' bytes, and decoded for every crop.
    case jpeg
    /// As plain pixels, `.npy` files of bytes [height, width, channels]: nothing is decoded.
    case raw
  }

  /// The shorter side of a copy in pixels. A picture that is no larger keeps its size.
  public let size: Int
  /// How it is written.
  public let encoding: Encoding
  /// A JPEG's quality, 1 to 100; nil for plain pixels.
  public let quality: Int?
  /// Bytes a pixel: 1 or 3.
  public let channels: Int

  /// The quality that JPEGs have unless told otherwise: FFCV's.
  public static let defaultQuality = 90

  /// Copies of shorter side `size`; `quality` has no meaning for plain pixels.
  public init(
    size: Int, encoding: Encoding = .jpeg, quality: Int = defaultQuality, channels: Int = 3
  ) {
    self.size = size
    self.encoding = encoding
    self.quality = encoding == .jpeg ? quality : nil
    self.channels = channels
  }

  /// The shorter side of copies for networks that see squares of side `crop`: 8 : 7 of it, as ImageNet's
  /// evaluation has it (256 for 224).
  public static func defaultSize(crop: Int) -> Int { (8 * crop + 6) / 7 }

  /// "JPEG of quality 90, shorter side 256".
  public var words: String {
    let kind = quality.map { "JPEG of quality \($0)" } ?? "raw pixels"
    return "\(kind), shorter side \(size)" + (channels == 1 ? ", grey" : "")
  }
}

extension CacheFormat: Codable {
  enum CodingKeys: String, CodingKey {
    case size, quality, channels
    case encoding = "format"
  }
}
