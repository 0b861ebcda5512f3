import Foundation
import Testing

@testable import ImageData

@Suite("ImageHeader")
struct ImageHeaderTests {
  @Test("a header gives format, upright size, components and orientation without decoding")
  func headers() throws {
    let jpeg = try ImageHeader(of: TestPictures.data("exif-orientation-6.jpg"))
    #expect(jpeg.format == .jpeg && jpeg.width == 16 && jpeg.height == 24)
    #expect(jpeg.components == 3 && jpeg.orientation == 6)
    let png = try ImageHeader(of: TestPictures.data("palette.png"))
    #expect(png.format == .png && png.width == 32 && png.height == 24 && png.components == 1)
    let webp = try ImageHeader(of: TestPictures.data("lossless-alpha.webp"))
    #expect(webp.format == .webp && webp.components == 4)
    #expect(try ImageHeader(of: TestPictures.data("cmyk.jpg")).components == 4)
    let turned = try ImageHeader(of: TestPictures.data("exif-orientation-8.webp"))
    #expect(turned.width == 16 && turned.height == 24 && turned.orientation == 8)
  }

  @Test("a header that promises 4 billion pixels is read as what it says")
  func huge() throws {
    let header = try ImageHeader(of: TestPictures.data("huge-header.jpg"))
    #expect(header.width == 65535 && header.height == 65535)
  }

  /// A JPEG of 24 × 16 stored pixels whose EXIF block is `tiff`.
  private func orientation(of tiff: [UInt8]) throws -> Int {
    let plain = try TestPictures.data("exif-orientation-1.jpg")
    let length = UInt16(2 + 6 + tiff.count)
    var data = Data([0xFF, 0xD8, 0xFF, 0xE1, UInt8(length >> 8), UInt8(length & 255)])
    data += Data("Exif\0\0".utf8) + Data(tiff) + plain.dropFirst(2)
    return try ImageHeader(of: data).orientation
  }

  @Test("an EXIF block is read in either byte order")
  func byteOrders() throws {
    let big: [UInt8] = [77, 77, 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0]
    let little: [UInt8] = [73, 73, 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, 5, 0, 0, 0]
    #expect(try orientation(of: big) == 6)
    #expect(try orientation(of: little) == 5)
  }

  @Test("an EXIF block that points outside itself, or makes no sense, means upright")
  func brokenBlocks() throws {
    let good: [UInt8] = [77, 77, 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0]
    for length in 0..<good.count { #expect(try orientation(of: Array(good[..<length])) == 1) }
    for offset in [UInt8](250...255) {
      #expect(try orientation(of: [77, 77, 0, 42, offset, 255, 255, 255] + good[8...]) == 1)
    }
    var many = good
    many.replaceSubrange(8...11, with: [255, 255, 9, 9])  // 65,535 entries, none of them this one
    #expect(try orientation(of: many) == 1)
    var ninth = good
    ninth[19] = 9
    #expect(try orientation(of: ninth) == 1)
  }
}
