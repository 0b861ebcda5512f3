import Foundation
import TestSupport
import Testing

@testable import ImageData

@Suite("MissingEnd")
struct MissingEndTests {
  let decoder: ImageDecoder

  init() throws { decoder = try ImageDecoder() }

  @Test("a file that lacks its end and no row is read, and the decoder says so")
  func isTold() throws {
    #expect(TestImages.decoded.count { $0.lacksEnd } == 9)
    for picture in TestImages.decoded {
      let image = EncodedImage.file(try TestImages.data(picture.name))
      _ = try decoder.pixels(of: image)
      #expect(decoder.lacksEnd == picture.lacksEnd, "\(picture.name)")
      _ = try decoder.rendered(image, .train(TrainPreset(size: 8)))
      #expect(decoder.lacksEnd == picture.lacksEnd, "\(picture.name), cropped")
    }
  }

  @Test(
    "parts and reduced pictures of a file without its end are those of the whole file",
    arguments: ["photo.jpg", "progressive-photo.jpg", "rgb.png", "restart-markers.jpg"])
  func parts(name: String) throws {
    let whole = try TestImages.data(name)
    let cut = whole.dropLast(name.hasSuffix(".png") ? 12 : 2)
    for sample in 0..<20 {
      let preset = Preset.train(TrainPreset(size: sample % 2 == 0 ? 9 : 40))
      let random = CounterRandom(seed: 3, pass: 0, sample: sample)
      let expected = try decoder.rendered(.file(whole), preset, random: random)
      #expect(!decoder.lacksEnd)
      for tail in [Data(), Data(count: 1), Data(count: 999)] {
        let image = EncodedImage.file(cut + tail)
        #expect(try decoder.rendered(image, preset, random: random) == expected)
        #expect(decoder.lacksEnd)
      }
    }
  }

  @Test(
    "a file that lacks rows is refused as before, also where zeros stand for them",
    arguments: ["photo.jpg", "progressive-photo.jpg", "grey.jpg", "rgb.png", "palette.png"])
  func truncated(name: String) throws {
    let whole = try TestImages.data(name)
    let least = name.hasSuffix(".png") ? 17 : 12  // the end, and some of what must be there
    for cut in [least, least + 1, least + 7, whole.count / 4, whole.count / 2] {
      for tail in [Data(), Data(count: 50), Data(count: 9000), Data(repeating: 0xFF, count: 9)] {
        let image = EncodedImage.file(whole.dropLast(cut) + tail)
        for preset in [
          Preset.evaluation(EvaluationPreset(resize: 8, crop: 8)),
          .train(TrainPreset(size: 8)), .train(TrainPreset(size: 8, crop: .none)),
        ] {
          let reason = reasonForRefusal { _ = try decoder.rendered(image, preset) }
          #expect(reason != nil, "\(name) without \(cut) bytes and \(tail.count) others")
        }
      }
    }
  }

  @Test("a progressive file is refused that ends between two of its scans")
  func betweenScans() throws {
    let whole = try TestImages.data("progressive-photo.jpg")
    // A scan begins with FF DA, and before it come its tables, FF C4.
    let scans = whole.indices.dropLast().filter { whole[$0] == 0xFF && whole[$0 + 1] == 0xDA }
    #expect(scans.count > 5)
    for scan in scans {
      let image = EncodedImage.file(whole.prefix(scan))
      #expect(reasonForRefusal { _ = try decoder.pixels(of: image) } != nil)
    }
  }

  @Test("a wrong checksum among the pixels is damage, at the end it is none")
  func checksums() throws {
    var png = try TestImages.data("rgb.png")
    let end = try #require(png.range(of: Data("IEND".utf8))).lowerBound
    png[end - 5] ^= 1  // the last byte of the checksum of the last IDAT
    #expect(reasonForRefusal { _ = try decoder.pixels(of: .file(png)) } == "PNG: IDAT: CRC error")
    png[end - 5] ^= 1
    png[png.count - 1] ^= 1
    #expect(try decoder.pixels(of: .file(png)).width == 32)
    #expect(decoder.lacksEnd)
  }
}
