import Foundation
import ImageData
import Testing

@Suite("Thumbnail")
struct ThumbnailTests {
  /// Every value once, in no order that a codec could like.
  private func noise(_ count: Int) -> [UInt8] { (0..<count).map { UInt8($0 * 167 % 256) } }

  @Test("a PNG has every pixel of what was encoded", arguments: [1, 3])
  func png(channels: Int) throws {
    let pixels = noise(19 * 7 * channels)
    let thumbnail = try Thumbnail(
      pixels: pixels, width: 19, height: 7, channels: channels, format: .png)
    let read = try ImageDecoder().pixels(of: .file(thumbnail.bytes), channels: channels)
    #expect(read.width == 19)
    #expect(read.height == 7)
    #expect(read.pixels == pixels)
  }

  @Test("a JPEG is close to what was encoded", arguments: [1, 3])
  func jpeg(channels: Int) throws {
    // A ramp, which a JPEG keeps to within a few levels.
    let pixels = (0..<40 * 24).flatMap { [UInt8](repeating: UInt8($0 % 40 * 5), count: channels) }
    let thumbnail = try Thumbnail(
      pixels: pixels, width: 40, height: 24, channels: channels, format: .jpeg)
    let read = try ImageDecoder().pixels(of: .file(thumbnail.bytes), channels: channels)
    #expect(read.pixels.count == pixels.count)
    let furthest = zip(read.pixels, pixels).map { abs(Int($0) - Int($1)) }.max() ?? 255
    #expect(furthest <= 12)
    #expect(furthest > 0 || channels == 1)
  }

  @Test("a small picture keeps its pixels, as PNG")
  func small() throws {
    let pixels = noise(28 * 28)
    let image = EncodedImage.pixels(Data(pixels), width: 28, height: 28, channels: 1)
    let thumbnail = try Thumbnail(of: image, longerSide: 96)
    #expect(thumbnail.format == .png)
    #expect(thumbnail.dataURI.hasPrefix("data:image/png;base64,iVBOR"))
    #expect(try ImageDecoder().pixels(of: .file(thumbnail.bytes), channels: 1).pixels == pixels)
  }

  @Test(
    "a large picture becomes a JPEG whose longer side is as asked",
    arguments: [(200, 100, 96, 48), (30, 300, 10, 96), (96, 96, 96, 96), (5_000, 3, 96, 1)])
  func large(width: Int, height: Int, newWidth: Int, newHeight: Int) throws {
    let picture = try Thumbnail(
      pixels: noise(width * height * 3), width: width, height: height, channels: 3, format: .png)
    let thumbnail = try Thumbnail(of: .file(picture.bytes), longerSide: 96)
    #expect(thumbnail.format == .jpeg)
    let header = try ImageHeader(of: thumbnail.bytes)
    #expect(header.format == .jpeg)
    #expect(header.width == newWidth)
    #expect(header.height == newHeight)
    #expect(thumbnail.width == newWidth)
  }

  @Test("a broken picture is an error that names it")
  func broken() throws {
    let bytes = try Thumbnail(
      pixels: noise(100 * 100), width: 100, height: 100, channels: 1, format: .jpeg
    ).bytes
    for data in [Data(), Data("<html>".utf8), bytes.prefix(bytes.count / 2)] {
      #expect {
        try Thumbnail(of: .file(data), key: "a/b.jpg")
      } throws: {
        guard case ImageDataError.unreadable(key: "a/b.jpg", _) = $0 else { return false }
        return true
      }
    }
    #expect(throws: ImageDataError.self) {
      try Thumbnail(of: .pixels(Data([1, 2]), width: 4, height: 4, channels: 1))
    }
  }

  @Test("what is no picture is not encoded")
  func arguments() {
    #expect(throws: ImageDataError.self) {
      try Thumbnail(pixels: [1, 2, 3], width: 2, height: 2, channels: 1, format: .png)
    }
    #expect(throws: ImageDataError.self) {
      try Thumbnail(pixels: [], width: 0, height: 5, channels: 3, format: .jpeg)
    }
    #expect(throws: ImageDataError.self) {
      try Thumbnail(pixels: [1, 2], width: 1, height: 1, channels: 2, format: .jpeg)
    }
  }
}
