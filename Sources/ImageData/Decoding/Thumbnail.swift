import CImage
import Files
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
  /// What a page's thumbnails are encoded at.
  public static let defaultQuality = 82
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
    let decoder = try ImageDecoder(maxPixels: maxPixels)
    self = try decoder.withOpened(image, key: key) { opened in
      let channels = Int(opened.plain?.channels ?? 3)
      let scale = min(1, Double(longerSide) / Double(max(opened.width, opened.height)))
      let width = max(1, Int((Double(opened.width) * scale).rounded()))
      let height = max(1, Int((Double(opened.height) * scale).rounded()))
      let picture = try decoder.decode(
        opened, channels: channels, part: nil, least: (width, height))
      let whole = PixelRectangle(x: 0, y: 0, width: width, height: height)
      var pixels = [UInt8](repeating: 0, count: width * height * channels)
      try pixels.withUnsafeMutableBufferPointer { out in
        guard let out = out.baseAddress else { return }
        try decoder.resize(
          picture, width: width, height: height, filter: .bilinear, window: whole, out: out,
          stride: width * channels)
      }
      return try Thumbnail(
        pixels: pixels, width: width, height: height, channels: channels,
        format: scale < 1 || max(width, height) > Self.mostExact ? .jpeg : .png)
    }
  }

  /// Encodes `height` rows of `width` pixels of `channels` (1 or 3) bytes.
  /// - Parameters:
  ///   - pixels: The pixels, row by row.
  ///   - width: Pixels a row.
  ///   - height: The number of rows.
  ///   - channels: Bytes a pixel, 1 or 3.
  ///   - format: JPEG or PNG.
  ///   - quality: A JPEG's quality, 1 to 100.
  /// - Throws: `ImageDataError` when they are not so many, or when there is no memory.
  public init(
    pixels: [UInt8], width: Int, height: Int, channels: Int, format: ImageHeader.Format,
    quality: Int = Thumbnail.defaultQuality
  ) throws {
    guard pixels.count == width * height * channels, format == .png || format == .jpeg,
      1...100 ~= quality
    else {
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
            pixels, Int32(width), Int32(height), Int32(channels), Int32(quality), &out, &count)
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
