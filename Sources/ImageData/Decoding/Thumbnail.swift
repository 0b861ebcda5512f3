import CImage
public import Foundation

/// A small copy of a picture, as a file of its own: what a page shows.
///
/// A picture of a few pixels keeps every one of them, as PNG; a larger one is a JPEG, resized where
/// it is too large.
///
/// ```swift
/// let thumbnail = try Thumbnail(of: dataset.read(at: 7), longerSide: 96)
/// let tag = "<img src=\"\(thumbnail.dataURI)\">"
/// ```
public struct Thumbnail: Sendable, Equatable {
  /// JPEG or PNG.
  public let format: ImageHeader.Format
  /// The file.
  public let bytes: Data
  /// Its size in pixels.
  public let width: Int, height: Int
  private static let quality: Int32 = 82
  private static let mostScans: Int32 = 100
  /// Up to this longer side a PNG is as small as a JPEG, and shows no blocks when it is enlarged.
  private static let mostExact = 48

  /// The file as the address of a picture in a page.
  public var dataURI: String {
    "data:image/\(format == .png ? "png" : "jpeg");base64,\(bytes.base64EncodedString())"
  }

  /// Makes a copy of `image` whose longer side is at most `longerSide` pixels.
  /// - Parameters:
  ///   - image: The picture.
  ///   - longerSide: The most pixels of the longer side.
  ///   - maxPixels: A picture of more pixels is refused from its header.
  ///   - key: What errors call the picture.
  /// - Throws: `ImageDataError.unreadable` when the picture is at fault.
  public init(
    of image: EncodedImage, longerSide: Int = 96,
    maxPixels: Int = ImageDecoder.defaultMaxPixels, key: String = "in memory"
  ) throws {
    guard let workspace = cimage_workspace_create() else {
      throw ImageDataError.resources(key: key, reason: "out of memory")
    }
    defer { cimage_workspace_destroy(workspace) }
    self = try image.bytes.withUnsafeBytes { raw in
      try withBase(of: raw) { address in
        let header: (width: Int, height: Int, channels: Int)
        switch image {
        case .pixels(_, let width, let height, let channels):
          guard width > 0, height > 0, raw.count == width * height * channels else {
            throw ImageDataError.unreadable(key: key, reason: "its size is not its number of bytes")
          }
          header = (width, height, channels)
        case .file(let data):
          let found = try ImageHeader(of: data, key: key)
          header = (found.width, found.height, 3)
        }
        let scale = min(1, Double(longerSide) / Double(max(header.width, header.height)))
        let width = max(1, Int((Double(header.width) * scale).rounded()))
        let height = max(1, Int((Double(header.height) * scale).rounded()))

        var picture = cimage_picture(
          pixels: address, stride: 0, width: 0, height: 0, channels: 0, box: (0, 0, 0, 0))
        let (status, message) = withMessage { text, capacity in
          if case .pixels = image {
            return cimage_adopt(
              workspace, address, Int32(header.width), Int32(header.height),
              Int32(header.channels), Int32(header.channels), &picture)
          }
          var request = cimage_request()
          request.channels = Int32(header.channels)
          request.least_width = Int32(width)
          request.least_height = Int32(height)
          request.most_scans = Self.mostScans
          request.most_pixels = Int64(maxPixels)
          return cimage_decode(
            workspace, address, Int64(raw.count), &request, text, capacity, &picture)
        }
        guard status == 0 else { throw ImageDataError.unreadable(key: key, reason: message) }

        let channels = header.channels
        var pixels = [UInt8](repeating: 0, count: width * height * channels)
        let resized = pixels.withUnsafeMutableBufferPointer { out in
          guard let out = out.baseAddress else { return Int32(CIMAGE_BAD_ARGUMENT) }
          return cimage_resize(
            workspace, &picture, Int32(width), Int32(height), 0, 0, Int32(width), Int32(height), 0,
            out, Int64(width * channels))
        }
        guard resized == 0 else {
          throw ImageDataError.unreadable(
            key: key, reason: "\(header.width)x\(header.height) cannot be resized")
        }
        return try Thumbnail(
          pixels: pixels, width: width, height: height, channels: channels,
          format: scale < 1 || max(width, height) > Self.mostExact ? .jpeg : .png)
      }
    }
  }

  /// Encodes `height` rows of `width` pixels of `channels` (1 or 3) bytes.
  /// - Throws: `ImageDataError` when they are not so many, or when there is no memory.
  public init(
    pixels: [UInt8], width: Int, height: Int, channels: Int, format: ImageHeader.Format
  ) throws {
    guard pixels.count == width * height * channels, format != .webp else {
      throw ImageDataError.argument(
        "\(pixels.count) bytes are no \(width)x\(height)x\(channels) picture to encode")
    }
    var out: UnsafeMutablePointer<UInt8>?
    var count: Int64 = 0
    let status = pixels.withUnsafeBytes { raw in
      withBase(of: raw) { pixels in
        format == .png
          ? cimage_encode_png(
            pixels, Int32(width), Int32(height), Int32(channels), &out, &count)
          : cimage_encode_jpeg(
            pixels, Int32(width), Int32(height), Int32(channels), Self.quality, &out, &count)
      }
    }
    guard status == 0, let out else {
      throw status == Int32(CIMAGE_NO_MEMORY)
        ? ImageDataError.resources(key: "a thumbnail", reason: "out of memory")
        : ImageDataError.argument("\(width)x\(height)x\(channels) is no picture to encode")
    }
    defer { free(out) }
    self.format = format
    self.width = width
    self.height = height
    bytes = Data(bytes: out, count: Int(count))
  }
}
