import Foundation
import TestSupport
import Testing

@testable import ImageData

@Suite("Orientation")
struct OrientationTests {
  /// An EXIF block with one entry, the orientation: type, count and the four bytes of its value.
  private func block(
    big: Bool, type: UInt16, count: UInt32 = 1, value: [UInt8], after: [UInt8] = []
  ) -> [UInt8] {
    func number(_ value: some FixedWidthInteger) -> [UInt8] {
      withUnsafeBytes(of: big ? value.bigEndian : value.littleEndian) { Array($0) }
    }
    return (big ? [77, 77] : [73, 73]) + number(UInt16(42)) + number(UInt32(8))
      + number(UInt16(1)) + number(UInt16(0x0112)) + number(type) + number(count) + value
      + number(UInt32(0)) + after
  }

  private func segment(_ contents: Data) -> Data {
    let length = contents.count + 2
    return Data([0xFF, 0xE1, UInt8(length >> 8), UInt8(length & 255)]) + contents
  }

  /// The orientation of a JPEG with these APP1 segments.
  private func orientation(segments: [Data]) throws -> Int {
    let plain = try TestImages.data("colour.jpg")
    let parts = segments.map(segment).reduce(Data(), +)
    return try ImageHeader(of: Data([0xFF, 0xD8]) + parts + plain.dropFirst(2)).orientation
  }

  private func orientation(of tiff: [UInt8]) throws -> Int {
    try orientation(segments: [Data("Exif\0\0".utf8) + Data(tiff)])
  }

  private func orientation(xmp: String) throws -> Int {
    try orientation(segments: [Data("http://ns.adobe.com/xap/1.0/\0".utf8) + Data(xmp.utf8)])
  }

  @Test("EXIF's orientation may be of any integer type, in either byte order")
  func types() throws {
    // BYTE, SHORT, LONG, SBYTE, SSHORT, SLONG: bytes a value.
    let types: [(UInt16, Int)] = [(1, 1), (3, 2), (4, 4), (6, 1), (8, 2), (9, 4), (13, 4)]
    for (type, size) in types {
      for orientation in 1...8 {
        var value = [UInt8](repeating: 0, count: size)
        value[0] = UInt8(orientation)
        let rest = [UInt8](repeating: 0xEE, count: 4 - size)  // what lies beside it means nothing
        let little = block(big: false, type: type, value: value + rest)
        let big = block(big: true, type: type, value: value.reversed() + rest)
        #expect(try self.orientation(of: little) == orientation, "type \(type)")
        #expect(try self.orientation(of: big) == orientation, "type \(type)")
      }
    }
    for type in [2, 5, 7, 10, 11, 12, 0, 999] as [UInt16] {  // ASCII, RATIONAL, UNDEFINED, …
      #expect(try orientation(of: block(big: true, type: type, value: [0, 6, 0, 6])) == 1)
    }
  }

  @Test("of several values the first counts, also where they lie outside the entry")
  func counts() throws {
    #expect(try orientation(of: block(big: true, type: 3, count: 2, value: [0, 6, 0, 3])) == 6)
    // Three SHORTs do not fit: the entry has the offset 26 of where they are.
    let after: [UInt8] = [0, 8, 0, 3, 0, 1]
    #expect(
      try orientation(of: block(big: true, type: 3, count: 3, value: [0, 0, 0, 26], after: after))
        == 8)
    #expect(try orientation(of: block(big: true, type: 3, count: 0, value: [0, 6, 0, 0])) == 1)
  }

  @Test("values outside 1 to 8 are none, and then the next that says something counts")
  func impossible() throws {
    for value in [0, 9, 255] as [UInt8] {
      #expect(try orientation(of: block(big: true, type: 3, value: [0, value, 0, 0])) == 1)
    }
    #expect(try orientation(of: block(big: true, type: 9, value: [255, 255, 255, 250])) == 1)
    let head = Data("Exif\0\0".utf8)
    let none = head + Data(block(big: true, type: 3, value: [0, 0, 0, 0]))
    let six = head + Data(block(big: false, type: 4, value: [6, 0, 0, 0]))
    let eight = head + Data(block(big: true, type: 3, value: [0, 8, 0, 0]))
    #expect(try orientation(segments: [Data("other".utf8), none, six, eight]) == 6)
    let xmp = Data("http://ns.adobe.com/xap/1.0/\0<x tiff:Orientation='3'/>".utf8)
    #expect(try orientation(segments: [xmp, six]) == 6)
    #expect(try orientation(segments: [xmp, none]) == 3)
    #expect(try orientation(segments: [head + head + six.dropFirst(6)]) == 6)
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

  @Test("XMP's orientation is an attribute or an element of TIFF's namespace, whatever its prefix")
  func xmp() throws {
    let tiff = "http://ns.adobe.com/tiff/1.0/"
    let right = [
      #"<r:D xmlns:tiff="\#(tiff)" tiff:Orientation="6"/>"#,
      #"<r:D tiff:Orientation = '6' xmlns:tiff = '\#(tiff)'></r:D>"#,
      "<r:D\n\txmlns:a=\"b\"\n\txmlns:ps='\(tiff)'\n\tps:Orientation\n=\n'6'>",
      #"<tiff:Orientation xmlns:tiff="\#(tiff)">6</tiff:Orientation>"#,
      #"<r:D xmlns:t="\#(tiff)"><t:Make>a &gt; b</t:Make><t:Orientation> 6\#n</t:Orientation>"#,
      #"<D xmlns="\#(tiff)"><Orientation>6</Orientation></D>"#,
      "<r:D tiff:Orientation=\"6\"/>",
      #"<!-- tiff:Orientation="3" --><r:D a="x > tiff:Orientation='3'" tiff:Orientation="6"/>"#,
      #"<r:D tiff:Orientation="0"/><r:D tiff:Orientation="6"/>"#,
    ]
    for packet in right { #expect(try orientation(xmp: packet) == 6, "\(packet)") }
    let none = [
      #"<r:D xmlns:exif="http://ns.adobe.com/exif/1.0/" exif:Orientation="6"/>"#,
      #"<r:D xmlns:tiff="http://example.com/" xmlns:t="\#(tiff)" tiff:Orientation="6"/>"#,
      #"<r:D tiff:Orientation="9"/>"#, #"<r:D tiff:Orientation="16"/>"#,
      #"<r:D tiff:Orientation=""/>"#, #"<r:D tiff:Orientation="6"#, "<tiff:Orientation>6",
      "tiff:Orientation=\"6\"", "<!-- <r:D tiff:Orientation=\"6\"/> -->", "",
    ]
    for packet in none.dropLast(4) { #expect(try orientation(xmp: packet) == 1, "\(packet)") }
    for packet in right + none {  // cut anywhere: nothing but an answer
      for length in 0..<packet.utf8.count {
        _ = try orientation(xmp: String(decoding: packet.utf8.prefix(length), as: UTF8.self))
      }
    }
  }

  @Test("PNG's texts, WebP's chunks and TIFF's tag say it too, before or behind the pixels")
  func containers() throws {
    for name in [
      "xmp-orientation-6.png", "xmp-compressed-orientation-6.png", "raw-exif-orientation-6.png",
      "raw-app1-orientation-6.png", "xmp-orientation-6.webp", "xmp-orientation-6.jpg",
      "tiff-orientation-6.tif", "exif-orientation-6.png", "xmp-orientation-6.gif",
      "xmp-orientation-6.tif",
    ] {
      let header = try ImageHeader(of: TestImages.data(name))
      #expect(header.orientation == 6 && header.width == 16 && header.height == 24, "\(name)")
    }
    // The chunk with EXIF moved from before the pixels to before the end.
    var png = try TestImages.data("exif-orientation-6.png")
    let name = try #require(png.range(of: Data("eXIf".utf8)))
    let length = Int(png[name.lowerBound - 1]) + 12
    let chunk = png[name.lowerBound - 4..<name.lowerBound - 4 + length]
    let moved = Data(chunk)
    png.removeSubrange(name.lowerBound - 4..<name.lowerBound - 4 + length)
    png.insert(contentsOf: moved, at: png.count - 12)
    #expect(try ImageHeader(of: png).orientation == 6)
  }

  @Test("a text that inflates without end, and thousands of them, cost little")
  func bombs() throws {
    // 64 MB of zeros as zlib has them, in a chunk that is named like a profile.
    let bomb = try TestImages.data("large-blank.png")
    let plain = try TestImages.data("one-pixel.png")
    let idat = try #require(bomb.range(of: Data("IDAT".utf8)))
    let end = try #require(bomb.range(of: Data("IEND".utf8)))
    let stream = bomb[idat.upperBound..<end.lowerBound - 8]
    let contents = Data("Raw profile type exif\0\0".utf8) + stream
    let length = UInt32(contents.count)
    let head = Data([24, 16, 8, 0].map { UInt8(truncatingIfNeeded: length >> $0) })
    let chunk = head + Data("zTXt".utf8) + contents + Data(count: 4)
    var png = plain.prefix(33)
    for _ in 0..<2000 { png += chunk }
    png += plain.dropFirst(33)
    let start = ContinuousClock.now
    #expect(try ImageHeader(of: png).orientation == 1)
    #expect(start.duration(to: .now) < .seconds(1))
  }
}
