import Copies
import Foundation
import TestSupport
import Testing

@testable import ImageData

@Suite("Decoding")
struct DecodingTests {
  let decoder: ImageDecoder

  init() throws { decoder = try ImageDecoder() }

  @Test("the committed pictures are all there")
  func count() throws {
    #expect(TestImages.decoded.count == 90)
    #expect(TestImages.evaluated.count == 22)
    #expect(TestImages.refused.count == 23)
  }

  @Test("a picture's pixels are Pillow's", arguments: TestImages.decoded)
  func pixels(_ expected: TestImages.Decoded) throws {
    let image = EncodedImage.file(try TestImages.data(expected.name))
    let (pixels, width, height) = try decoder.pixels(of: image)
    #expect(width == expected.width && height == expected.height)
    let difference = PixelDifference(pixels, expected.pixels)
    #expect(difference.largest <= (expected.isLossless ? 0 : 2), "\(difference)")
    #expect(difference.shareWithinOne >= 0.95, "\(difference)")
  }

  @Test("grey is made of a picture's colours as Pillow makes it", arguments: TestImages.decoded)
  func grey(_ expected: TestImages.Decoded) throws {
    let image = EncodedImage.file(try TestImages.data(expected.name))
    let rgb = try decoder.pixels(of: image).pixels
    // Pillow's L24: (19595 R + 38470 G + 7471 B + 32768) >> 16.
    let greys = stride(from: 0, to: rgb.count, by: 3).map { (at: Int) -> UInt8 in
      let red = 19595 * UInt32(rgb[at]), green = 38470 * UInt32(rgb[at + 1])
      return UInt8((red + green + 7471 * UInt32(rgb[at + 2]) + 32768) >> 16)
    }
    #expect(try decoder.pixels(of: image, channels: 1).pixels == greys)
  }

  @Test("what is no picture is refused with the reason", arguments: TestImages.refused)
  func refusals(_ expected: TestImages.Refused) throws {
    let image = EncodedImage.file(try TestImages.data(expected.name))
    for preset in [
      Preset.evaluation(EvaluationPreset(resize: 8, crop: 8)),
      .train(TrainPreset(size: 8, crop: .none)),
    ] {
      let reason = reasonForRefusal { _ = try decoder.rendered(image, preset) }
      #expect(reason?.contains(expected.reason) == true, "\(reason ?? "not refused")")
    }
  }

  @Test("the same bytes anywhere in a Data, of any start index, are the same picture")
  func slices() throws {
    let data = try TestImages.data("exif-orientation-6.jpg")
    let shifted = (Data("seven b".utf8) + data).dropFirst(7)
    #expect(shifted.startIndex == 7)
    let expected = try decoder.pixels(of: .file(data)).pixels
    #expect(try decoder.pixels(of: .file(shifted)).pixels == expected)
    #expect(try ImageHeader(of: shifted) == ImageHeader(of: data))
    #expect(ContentHash(of: shifted) == ContentHash(of: data))
  }

  @Test("a decoder that met a broken file decodes the next as a new one does")
  func afterFailure() throws {
    for refused in TestImages.refused {
      let broken = EncodedImage.file(try TestImages.data(refused.name))
      #expect(reasonForRefusal { _ = try decoder.pixels(of: broken) } != nil)
      for name in ["colour.jpg", "progressive.jpg", "palette.png", "lossy.webp"] {
        let image = EncodedImage.file(try TestImages.data(name))
        #expect(try decoder.pixels(of: image).pixels == ImageDecoder().pixels(of: image).pixels)
      }
    }
  }

  @Test("no file cut short anywhere, or with a byte turned, does more than be refused")
  func mutations() throws {
    for name in [
      "exif-orientation-5.jpg", "one-pixel.png", "lossy.webp", "interlaced.png", "gif.gif",
      "bmp-runs-8.bmp", "tiff-lzw.tif", "xmp-orientation-6.png", "raw-exif-orientation-6.png",
    ] {
      let data = try TestImages.data(name)
      let cuts = stride(from: 0, to: data.count, by: 7)
      for length in cuts {
        let image = EncodedImage.file(data.prefix(length))
        let reason = reasonForRefusal { _ = try decoder.pixels(of: image) }
        #expect(reason?.isEmpty == false || decoder.lacksEnd, "\(name) cut to \(length)")
      }
      for at in stride(from: 0, to: data.count, by: 3) {
        var turned = data
        turned[at] ^= 0xFF
        _ = try? decoder.pixels(of: .file(turned))
      }
    }
  }

  @Test("an error says which picture and why, in a line")
  func message() throws {
    let data = try TestImages.data("html-named.jpg")
    let error = #expect(throws: ImageDataError.self) {
      _ = try decoder.pixels(of: .file(data), key: "cat/7.jpg")
    }
    #expect(
      error?.description == "cannot read picture cat/7.jpg: this is HTML or XML, not a picture")
  }

  @Test(
    "kinds that take more memory and time may have fewer pixels",
    arguments: [
      ("colour.jpg", 1), ("grey.png", 1), ("gif.gif", 1), ("bmp.bmp", 1), ("progressive.jpg", 2),
      ("lossy.webp", 3), ("tiff.tif", 3),
    ])
  func affordable(name: String, times: Int) throws {
    let data = try TestImages.data(name)
    let header = try ImageHeader(of: data)
    let pixels = header.width * header.height
    func decode(most: Int) throws { _ = try Thumbnail(of: .file(data), maxPixels: most) }
    try decode(most: times * pixels)
    #expect(throws: ImageDataError.self) { try decode(most: times * pixels - 1) }
  }

  @Test("a chunk beside the pixels that claims a gigabyte is passed over without being allocated")
  func lyingChunk() throws {
    var png = try TestImages.data("grey.png")
    // Behind the header, which ends at 33: "eXIf" with a length that the file does not have.
    png.insert(contentsOf: [0x41, 0, 0, 0] + Array("eXIf".utf8), at: 33)
    #expect(throws: ImageDataError.self) { try Thumbnail(of: .file(png)) }
  }

  @Test("plain pixels of a size that cannot be are refused")
  func impossiblePixels() {
    let sizes = [(Int.max, 2, 1), (0, 3, 1), (3, 2, 2), (-1, -6, 1), (4, 2, 1)]
    for (width, height, channels) in sizes {
      let image = EncodedImage.pixels(
        Data(count: 6), width: width, height: height, channels: channels)
      #expect(reasonForRefusal { _ = try decoder.pixels(of: image) } != nil)
    }
  }

  @Test("the codecs are named with their versions")
  func codecs() {
    let names = ImageDecoder.codecs.map { $0.prefix { $0 != " " } }
    #expect(
      names.dropFirst().elementsEqual(["libpng", "libwebp", "giflib", "libtiff", "zlib"]))
    #expect(ImageDecoder.codecs.allSatisfy { $0.contains { $0.isNumber } })
  }
}
