import CImage
import Files
public import Foundation

/// What a picture file's first bytes say.
public struct ImageHeader: Sendable, Hashable {
  /// The kind of file.
  public enum Format: Int32, Sendable {
    /// A JPEG file.
    case jpeg = 1
    /// A PNG file.
    case png = 2
    /// A WebP file.
    case webp = 3
    /// A GIF file, of which the first frame counts.
    case gif = 4
    /// A BMP file.
    case bmp = 5
    /// A TIFF file, of which the first page counts.
    case tiff = 6

    /// What files of the kind end in, without the dot.
    public var fileExtension: String {
      switch self {
      case .jpeg: "jpg"
      case .png: "png"
      case .webp: "webp"
      case .gif: "gif"
      case .bmp: "bmp"
      case .tiff: "tif"
      }
    }
  }

  /// The kind of file.
  public let format: Format
  /// The upright picture's size in pixels.
  public let width: Int, height: Int
  /// Components a pixel as stored; 1 also for a palette.
  public let components: Int
  /// The orientation that EXIF or XMP gives, 1 to 8; the size above is that after turning.
  public let orientation: Int

  /// Reads the header of `data` without decoding.
  /// - Throws: `ImageDataError.unreadable` naming `key`.
  public init(of data: Data, key: String = "in memory") throws {
    var header = cimage_header()
    let (message, status) = withLine { text, capacity in
      data.withUnsafeBytes { raw in
        withBase(of: raw) { cimage_probe($0, Int64(raw.count), text, capacity, &header) }
      }
    }
    guard status == 0, let format = Format(rawValue: header.format) else {
      throw ImageDataError.unreadable(key: key, reason: message)
    }
    self.format = format
    width = Int(header.width)
    height = Int(header.height)
    components = Int(header.components)
    orientation = Int(header.orientation)
  }
}

/// Calls `body` with room for one line and returns what it left there.
func withLine(
  _ body: (UnsafeMutablePointer<CChar>, Int64) -> Int32
) -> (text: String, status: Int32) {
  withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { room in
    guard let text = room.baseAddress else { return ("out of memory", Int32(CIMAGE_NO_MEMORY)) }
    text.initialize(to: 0)
    let status = body(text, Int64(room.count))
    return (String(cString: text), status)
  }
}

/// Calls `body` with the address of `raw`, or of one byte that nobody reads where it is empty.
func withBase<Result>(
  of raw: UnsafeRawBufferPointer, _ body: (UnsafePointer<UInt8>) throws -> Result
) rethrows -> Result {
  if let base = raw.bindMemory(to: UInt8.self).baseAddress { return try body(base) }
  var nothing: UInt8 = 0
  return try withUnsafePointer(to: &nothing, body)
}
