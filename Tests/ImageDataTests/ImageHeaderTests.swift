import Files
import Foundation
import TestSupport
import Testing

@testable import ImageData

@Suite("ImageHeader")
struct ImageHeaderTests {
  @Test("a header gives format, upright size, components and orientation without decoding")
  func headers() throws {
    let jpeg = try ImageHeader(of: TestImages.data("exif-orientation-6.jpg"))
    #expect(jpeg.format == .jpeg && jpeg.width == 16 && jpeg.height == 24)
    #expect(jpeg.components == 3 && jpeg.orientation == 6)
    let png = try ImageHeader(of: TestImages.data("palette.png"))
    #expect(png.format == .png && png.width == 32 && png.height == 24 && png.components == 1)
    let webp = try ImageHeader(of: TestImages.data("lossless-alpha.webp"))
    #expect(webp.format == .webp && webp.components == 4)
    #expect(try ImageHeader(of: TestImages.data("cmyk.jpg")).components == 4)
    let others = [("gif.gif", ImageHeader.Format.gif), ("bmp.bmp", .bmp), ("tiff.tif", .tiff)]
    for (name, format) in others {
      let header = try ImageHeader(of: TestImages.data(name))
      #expect(header.format == format && header.width == 18 && header.height == 13)
    }
    let turned = try ImageHeader(of: TestImages.data("exif-orientation-8.webp"))
    #expect(turned.width == 16 && turned.height == 24 && turned.orientation == 8)
  }

  @Test("a header that promises 4 billion pixels is read as what it says")
  func huge() throws {
    let header = try ImageHeader(of: TestImages.data("huge-header.jpg"))
    #expect(header.width == 65535 && header.height == 65535)
  }
}
