import Foundation
import TestSupport
import Testing

@testable import ImageData

@Suite("Evaluation pixels")
struct EvaluationTests {
  let decoder: ImageDecoder

  init() throws { decoder = try ImageDecoder() }

  @Test(
    "resize and centre crop give Pillow's pixels, all within 2 and most within 1",
    arguments: TestImages.evaluated)
  func pillow(_ expected: TestImages.Evaluated) throws {
    let image = EncodedImage.file(try TestImages.data(expected.name))
    let ours = try decoder.rendered(image, .evaluation(expected.preset))
    let difference = PixelDifference(ours, expected.pixels)
    #expect(difference.largest <= 2, "\(difference)")
    #expect(difference.shareWithinOne >= 0.95, "\(difference)")
  }

  @Test("bicubic is not bilinear")
  func interpolation() throws {
    let image = EncodedImage.file(try TestImages.data("photo.jpg"))
    let pictures = try Interpolation.allCases.map { filter in
      try decoder.rendered(
        image, .evaluation(EvaluationPreset(resize: 64, crop: 45, interpolation: filter)))
    }
    #expect(PixelDifference(pictures[0], pictures[1]).largest > 5)
  }

  @Test("the vector loops give the plain loops' bytes", arguments: TestImages.evaluated)
  func kernels(_ expected: TestImages.Evaluated) throws {
    let image = EncodedImage.file(try TestImages.data(expected.name))
    let plain = try ImageDecoder()
    plain.usePlainLoops()
    for crop in [expected.crop, 1, 31, 33] {
      var preset = try expected.preset
      preset.crop = crop
      let expected = try plain.rendered(image, .evaluation(preset))
      #expect(try decoder.rendered(image, .evaluation(preset)) == expected)
    }
  }

  @Test("a step edge overshoots under bicubic by Pillow's amounts and stays a byte")
  func overshoot() throws {
    // Doubling 0 0 0 255 255 255. Result 5 lies at 2.75: the white pixels, 0.75 and 1.75 away, have
    // Keys' weights (a = -0.5) 0.2266 - 0.0234 there, and 255 × 0.2031 = 51.8. Result 4 lies at
    // 2.25, 1.25 from white: a weight of -0.0703, cut off at 0. The other side mirrors this.
    let row: [UInt8] = [0, 0, 0, 255, 255, 255]
    let image = EncodedImage.pixels(
      Data(Array(repeating: row, count: 6).joined()), width: 6, height: 6, channels: 1)
    let preset = EvaluationPreset(resize: 12, crop: 12, channels: 1, interpolation: .bicubic)
    let line = Array(try decoder.rendered(image, .evaluation(preset)).prefix(12))
    #expect(line == [0, 0, 0, 0, 0, 52, 203, 255, 255, 255, 255, 255])
  }

  @Test("a picture as large as asked for passes unchanged, in its middle")
  func identity() throws {
    let image = MadeDataset.plain(3)
    let preset = EvaluationPreset(resize: 4, crop: 4, channels: 1)
    let bytes = [UInt8](image.bytes)
    // 5 × 4 cropped to 4: half a column, which Python's round() takes to the even 0.
    let expected = (0..<4).flatMap { bytes[$0 * 5..<$0 * 5 + 4] }
    #expect(try decoder.rendered(image, .evaluation(preset)) == expected)
  }

  @Test("a picture too elongated to resize is refused")
  func elongated() throws {
    let image = EncodedImage.pixels(
      Data(count: 1_000_000), width: 1_000_000, height: 1, channels: 1)
    let preset = EvaluationPreset(resize: 16384, crop: 8, channels: 1)
    let reason = reasonForRefusal { _ = try decoder.rendered(image, .evaluation(preset)) }
    #expect(reason == "1000000x1 is too elongated")
  }
}
