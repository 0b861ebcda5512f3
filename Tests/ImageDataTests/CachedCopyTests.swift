import Copies
import Foundation
import TestSupport
import Testing

@testable import ImageData

@Suite("Copies for a cache")
struct CachedCopyTests {
  private let decoder: ImageDecoder

  init() throws { decoder = try ImageDecoder() }

  /// What a cache of `format` keeps of `image`.
  private func copy(_ image: EncodedImage, _ format: CacheFormat) throws -> EncodedImage {
    let preset = EvaluationPreset(resize: 8, crop: 8, channels: format.channels)
    var out = [UInt8](repeating: 0, count: 8 * 8 * format.channels)
    return try out.withUnsafeMutableBytes { raw in
      try #require(
        try decoder.render(
          image, hash: ContentHash(of: image), preset: preset, copying: format, key: "a picture",
          into: raw
        ).copy)
    }
  }

  private func size(_ image: EncodedImage) throws -> [Int] {
    let (_, width, height) = try decoder.pixels(of: image)
    return [width, height]
  }

  /// All pixels of `image`, resized as Pillow would with its cubic filter.
  private func resized(_ image: EncodedImage, _ width: Int, _ height: Int) throws -> [UInt8] {
    let (pixels, fromWidth, fromHeight) = try decoder.pixels(of: image)
    var out = [UInt8](repeating: 0, count: width * height * 3)
    // Pixels of the caller's may not be resized where they lie.
    let given = EncodedImage.pixels(Data(pixels), width: fromWidth, height: fromHeight, channels: 3)
    try decoder.withOpened(given, key: "") { opened in
      let picture = try decoder.decode(opened, channels: 3, part: nil, least: nil)
      try out.withUnsafeMutableBufferPointer { out in
        try decoder.resize(
          picture, width: width, height: height, filter: .bicubic,
          window: PixelRectangle(x: 0, y: 0, width: width, height: height),
          out: try #require(out.baseAddress), stride: width * 3)
      }
    }
    return out
  }

  @Test("raw copies are the upright picture resized, the shorter side to the size asked for")
  func raw() throws {
    // 8 orientations, CMYK, palettes, 16 bits, an animation, transparency: as they are decoded.
    let names =
      (1...8).map { "exif-orientation-\($0).jpg" } + [
        "photo.jpg", "cmyk.jpg", "ycck-adobe.jpg", "palette.png", "rgb-16-bit.png", "animated.webp",
        "gif-frames.gif", "rgba.png", "tiff-cmyk.tif", "grey.jpg", "portrait.jpg",
        "xmp-orientation-6.png",
      ]
    for name in names {
      let image = EncodedImage.file(try TestImages.data(name))
      let (_, width, height) = try decoder.pixels(of: image)
      let shorter = min(width, height) - 3
      let long = shorter * max(width, height) / min(width, height)
      let expected = width <= height ? [shorter, long] : [long, shorter]
      let made = try copy(image, CacheFormat(size: shorter, encoding: .raw))
      #expect(try size(made) == expected, "\(name)")
      #expect(
        try Array(made.bytes) == resized(image, expected[0], expected[1]), "\(name)")
    }
  }

  @Test(
    "JPEG copies are near the raw ones, nearer at a higher quality, and have no orientation left")
  func jpeg() throws {
    let image = EncodedImage.file(try TestImages.data("exif-orientation-6.jpg"))
    let size = try min(self.size(image)[0], self.size(image)[1]) - 5
    let exact = try copy(image, CacheFormat(size: size, encoding: .raw))
    func distance(_ quality: Int) throws -> Double {
      let made = try copy(image, CacheFormat(size: size, quality: quality))
      let header = try ImageHeader(of: made.bytes)
      #expect(header.format == .jpeg && header.orientation == 1)
      #expect(try self.size(made) == self.size(exact))
      let apart = zip(try decoder.pixels(of: made).pixels, exact.bytes).map {
        abs(Int($0) - Int($1))
      }
      return Double(apart.reduce(0, +)) / Double(apart.count)
    }
    let (low, high) = (try distance(40), try distance(95))
    #expect(high < low && high < 6, "\(high) \(low)")
  }

  @Test(
    "a picture that is no larger stays as it is: its file in a JPEG cache, all its pixels in a raw one"
  )
  func small() throws {
    for name in ["exif-orientation-6.jpg", "cmyk.jpg", "palette.png", "grey.png"] {
      let image = EncodedImage.file(try TestImages.data(name))
      let (pixels, width, height) = try decoder.pixels(of: image)
      for size in [min(width, height), 500] {
        guard case .file(let kept) = try copy(image, CacheFormat(size: size)) else {
          Issue.record("\(name) is no file")
          continue
        }
        #expect(kept == image.bytes)
        let raw = try copy(image, CacheFormat(size: size, encoding: .raw))
        guard case .pixels(let bytes, width, height, 3) = raw else {
          Issue.record("\(name) is no picture of \(width) × \(height)")
          continue
        }
        #expect(Array(bytes) == pixels)
      }
    }
  }

  @Test("a picture of a few bytes stays what it is", arguments: 1...6)
  func tiny(width: Int) throws {
    // Foundation keeps up to 14 bytes of a `Data` elsewhere than more.
    let pixels = Data((0..<width * 3).map { UInt8($0 * 11 + 5) })
    let kept = try copy(
      .pixels(pixels, width: width, height: 1, channels: 3), CacheFormat(size: 4, encoding: .raw))
    guard case .pixels(let bytes, let keptWidth, 1, 3) = kept else {
      Issue.record("\(kept)")
      return
    }
    #expect(keptWidth == width)
    #expect(bytes == pixels)
  }

  @Test("pixels without a file are resized as files are, in grey, too")
  func plain() throws {
    let (image, pixels) = BlobImage(seed: 3).image(width: 60, height: 40)
    let made = try copy(image, CacheFormat(size: 20, encoding: .raw))
    #expect(try Array(made.bytes) == resized(image, 30, 20))
    let grey = EncodedImage.pixels(
      Data(stride(from: 0, to: pixels.count, by: 3).map { pixels[$0] }), width: 60, height: 40,
      channels: 1)
    let greyMade = try copy(grey, CacheFormat(size: 20, encoding: .raw, channels: 1))
    // The picture is grey: each of its channels is the grey one.
    #expect(try decoder.pixels(of: greyMade).pixels == resized(image, 30, 20))
    #expect(greyMade.bytes.count == 30 * 20)
    // As large as the evaluation wants it, where nothing is decoded for that.
    let (small, _) = BlobImage(seed: 4).image(width: 8, height: 8)
    #expect(
      try Array(copy(small, CacheFormat(size: 4, encoding: .raw)).bytes) == resized(small, 4, 4))
  }

  @Test("random crops of raw pixels are those of the picture as a PNG")
  func crops() throws {
    let (image, pixels) = BlobImage(seed: 5).image(width: 61, height: 47)
    let png = EncodedImage.file(
      try Thumbnail(pixels: pixels, width: 61, height: 47, channels: 3, format: .png).bytes)
    for sample in 0..<40 {
      let random = CounterRandom(seed: 1, pass: 0, sample: sample)
      let preset = Preset.train(TrainPreset(size: 16))
      #expect(
        try decoder.rendered(image, preset, random: random)
          == decoder.rendered(png, preset, random: random))
    }
  }

  @Test("a loader hands out copies in the order of its rows, whatever the number of its threads")
  func loading() throws {
    let pictures = MadeDataset(count: 20) { index in
      if index == 13 { throw ImageDataError.unreadable(key: "13", reason: "made to be bad") }
      return BlobImage(seed: UInt64(index)).image(width: 30 + index, height: 25).image
    }
    var all: [[EncodedImage?]] = []
    for workers in [1, 3] {
      let loader = try BatchLoader(
        dataset: pictures, order: SequentialOrder(), positions: 0..<20, batchSize: 8,
        preset: .evaluation(EvaluationPreset(resize: 12, crop: 12)), seed: 0, workers: workers,
        copying: CacheFormat(size: 20), onUnreadable: .mark)
      var copies: [EncodedImage?] = []
      while let batch = try loader.next() {
        #expect(batch.contents.isEmpty)
        copies += batch.copies
      }
      all.append(copies)
    }
    #expect(all[0].map { $0?.bytes } == all[1].map { $0?.bytes })
    #expect(all[0].indices.filter { all[0][$0] == nil } == [13])
    for (index, copy) in all[0].enumerated() where index != 13 {
      #expect(try size(try #require(copy)) == [(30 + index) * 20 / 25, 20])
    }
  }
}
