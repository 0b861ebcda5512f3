import Copies
import Foundation
import TestSupport
import Testing

@testable import ImageData

@Suite("Perceptual hash")
struct PerceptualHashTests {
  let decoder: ImageDecoder

  init() throws { decoder = try ImageDecoder() }

  func hash(_ image: EncodedImage) throws -> PerceptualHash {
    try decoder.contents(of: image).perceptualHash
  }

  @Test("the bits are the signs of the lowest frequencies")
  func signs() throws {
    // Grey pictures of 32 × 32 are looked at as they are: the transform from its definition.
    let picture = BlobImage(seed: 1).image(width: 32, height: 32).pixels
    let grey = stride(from: 0, to: picture.count, by: 3).map { Double(picture[$0]) }
    let image = EncodedImage.pixels(
      Data(grey.map { UInt8($0) }), width: 32, height: 32, channels: 1)
    let hash = try hash(image)
    var order = (0..<13).flatMap { down in (0..<13).map { (down, $0) } }
    order.sort { ($0.0 * $0.0 + $0.1 * $0.1, $0.0, $0.1) < ($1.0 * $1.0 + $1.1 * $1.1, $1.0, $1.1) }
    for (bit, (down, across)) in order.dropFirst().prefix(128).enumerated() {
      var sum = 0.0
      for y in 0..<32 {
        for x in 0..<32 {
          sum +=
            grey[32 * y + x] * cos(.pi * Double(down * (2 * y + 1)) / 64)
            * cos(.pi * Double(across * (2 * x + 1)) / 64)
        }
      }
      let word = bit < 64 ? hash.whole.low : hash.whole.high
      // Whole numbers round: what is next to nothing may fall on either side.
      if abs(sum) > 1 {
        #expect(word >> UInt64(bit % 64) & 1 == (sum > 0 ? 1 : 0), "bit \(bit): \(sum)")
      }
    }
  }

  @Test(
    "a copy of another size is near",
    arguments: [
      (64, 64), (128, 128), (512, 512), (333, 111), (47, 200), (700, 40), (255, 257), (6000, 30),
    ])
  func sizes(width: Int, height: Int) throws {
    for seed in 1...3 {
      let picture = BlobImage(seed: UInt64(seed))
      let whole = try hash(picture.image(width: 256, height: 256).image)
      let copy = try hash(picture.image(width: width, height: height).image)
      #expect(whole.carriesInformation)
      #expect(whole.distance(to: copy) <= 8)
    }
  }

  @Test("a copy that was encoded again is near", arguments: [40, 65, 90])
  func encoded(quality: Int) throws {
    for seed in 1...3 {
      let picture = BlobImage(seed: UInt64(seed)).image(width: 256, height: 192)
      let file = try Thumbnail(
        pixels: picture.pixels, width: 256, height: 192, channels: 3, format: .jpeg,
        quality: quality)
      #expect(try hash(picture.image).distance(to: hash(.file(file.bytes))) <= 8)
    }
  }

  @Test(
    "a copy without up to 5 % on each side is near",
    arguments: [(0.02, 0.03, 0.95), (0.01, 0.01, 0.96), (0.05, 0.05, 0.9), (0.03, 0.04, 0.92)])
  func cropped(left: Double, top: Double, share: Double) throws {
    for seed in 1...4 {
      let picture = BlobImage(seed: UInt64(seed))
      let copy = picture.image(width: 122, height: 122, left: left, top: top, share: share)
      let whole = try hash(picture.image(width: 128, height: 128).image)
      #expect(try whole.distance(to: hash(copy.image)) <= PerceptualHash.nearDistance)
    }
  }

  @Test("the inner fingerprint is that of the picture without 3 % on each side")
  func inner() throws {
    let picture = BlobImage(seed: 8)
    let whole = try hash(picture.image(width: 200, height: 200).image)
    let inner = try hash(
      picture.image(width: 188, height: 188, left: 0.03, top: 0.03, share: 0.94).image)
    #expect(whole.inner.distance(to: inner.whole) <= 4)
    #expect(whole.whole.distance(to: inner.whole) > whole.distance(to: inner))
    #expect(whole.distance(to: inner) == inner.distance(to: whole))
  }

  @Test("vector and plain loops give the same bits")
  func loops() throws {
    let plain = try ImageDecoder()
    plain.usePlainLoops()
    for (width, height) in [(301, 99), (97, 640), (31, 31), (4097, 50)] {
      let image = BlobImage(seed: 4).image(width: width, height: height).image
      #expect(try plain.contents(of: image) == decoder.contents(of: image))
    }
  }

  @Test("two inner parts are not compared, nor what says nothing")
  func parts() {
    let (first, second) = (Fingerprint(low: 7, high: 7), Fingerprint(low: ~7, high: 7))
    let left = PerceptualHash(whole: first, inner: second)
    #expect(left.distance(to: left) == 0)
    #expect(left.distance(to: PerceptualHash(whole: second, inner: first)) == 0)
    #expect(left.distance(to: PerceptualHash(whole: .none, inner: second)) == 64)
    #expect(left.distance(to: .none) == 128)
    #expect(PerceptualHash.none.distance(to: .none) == 128)
    #expect(!PerceptualHash.none.carriesInformation)
  }

  @Test("brightness and contrast do not matter")
  func levels() throws {
    let picture = BlobImage(seed: 5)
    let plain = try hash(picture.image(width: 100, height: 100, contrast: 80).image)
    let dim = try hash(
      picture.image(width: 100, height: 100, contrast: 50, brightness: 70).image)
    #expect(plain.distance(to: dim) <= 6)
  }

  @Test("unlike pictures are far apart")
  func unlike() throws {
    let hashes = try (1...40).map {
      try hash(BlobImage(seed: UInt64($0)).image(width: 48, height: 48).image)
    }
    for (index, left) in hashes.enumerated() {
      for right in hashes[..<index] {
        #expect(left.distance(to: right) > PerceptualHash.nearDistance)
      }
    }
  }

  @Test("flat colours, ramps and single edges carry no information")
  func flat() throws {
    let levels: [(Int, Int) -> Int] = [
      { _, _ in 0 }, { _, _ in 137 }, { x, _ in 2 * x }, { x, y in x + y / 2 }, { x, _ in x / 64 },
      { x, _ in x < 60 ? 0 : 255 },
    ]
    for level in levels {
      let pixels = (0..<100 * 100).map { UInt8(clamping: level($0 % 100, $0 / 100)) }
      let image = EncodedImage.pixels(Data(pixels), width: 100, height: 100, channels: 1)
      let hash = try hash(image)
      #expect(!hash.carriesInformation)
      #expect(hash == .none)
    }
  }

  @Test("pictures of one pixel and of extreme shapes are looked at", arguments: [1, 3])
  func extremes(channels: Int) throws {
    for (width, height) in [(1, 1), (1, 3000), (3000, 1), (40_000, 2), (2, 40_000), (65, 63)] {
      let pixels = Data((0..<width * height * channels).map { UInt8($0 * 167 & 255) })
      let image = EncodedImage.pixels(pixels, width: width, height: height, channels: channels)
      let hash = try decoder.withOpened(image, key: "one") { opened in
        try decoder.perceptualHash(
          of: decoder.decode(opened, channels: channels, part: nil, least: nil))
      }
      #expect(!hash.carriesInformation || hash.distance(to: hash) == 0)
    }
  }

  @Test("noting a picture changes none of its pixels")
  func pixels() throws {
    for expected in TestImages.evaluated {
      let image = EncodedImage.file(try TestImages.data(expected.name))
      let preset = try expected.preset
      var noted = [UInt8](repeating: 0, count: preset.crop * preset.crop * preset.channels)
      let contents = try noted.withUnsafeMutableBytes {
        try decoder.renderNoting(
          image, hash: ContentHash(of: image), preset: preset, key: expected.name, into: $0)
      }
      #expect(try decoder.rendered(image, .evaluation(preset)) == noted, "\(expected.name)")
      let size = try decoder.pixels(of: image)
      #expect(Int(contents.width) == size.width)
      #expect(Int(contents.height) == size.height)
    }
  }

  @Test("the prefix of a content hash is its first 16 bytes")
  func prefix() throws {
    let hash = try #require(ContentHash(bytes: 0..<32))
    #expect(hash.prefix.first == 0x0706_0504_0302_0100)
    #expect(hash.prefix.second == 0x0F0E_0D0C_0B0A_0908)
  }
}
