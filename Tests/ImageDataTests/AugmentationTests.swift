import Foundation
import TestSupport
import Testing

@testable import ImageData

@Suite("Augmentation")
struct AugmentationTests {
  let decoder: ImageDecoder
  /// 6 × 6 grey pixels 1 … 36: no two alike, and none black.
  let numbered = EncodedImage.pixels(Data(1...36), width: 6, height: 6, channels: 1)

  init() throws { decoder = try ImageDecoder() }

  private func random(_ sample: Int) -> CounterRandom {
    CounterRandom(seed: 3, pass: 1, sample: sample)
  }

  /// The numbered picture moved by (x, y) with black around it, and mirrored or not.
  private func moved(_ x: Int, _ y: Int, mirrored: Bool) -> [UInt8] {
    (0..<36).map { (at: Int) -> UInt8 in
      let across = mirrored ? 5 - at % 6 : at % 6
      let row = at / 6 + y, column = across + x
      guard 0..<6 ~= row, 0..<6 ~= column else { return 0 }
      return UInt8(1 + row * 6 + column)
    }
  }

  @Test("a padded crop is the picture moved by up to the padding, every move as often as any")
  func padded() throws {
    let preset = Preset.train(TrainPreset(size: 6, channels: 1, crop: .padded(2), flip: 0.5))
    var counts: [[UInt8]: Int] = [:]
    for y in -2...2 {
      for x in -2...2 {
        for mirrored in [false, true] { counts[moved(x, y, mirrored: mirrored)] = 0 }
      }
    }
    #expect(counts.count == 50)
    let total = 10_000
    for sample in 0..<total {
      let out = try decoder.rendered(numbered, preset, random: random(sample))
      try #require(counts[out] != nil, "\(out) is no move")
      counts[out, default: 0] += 1
    }
    #expect(isEven(Array(counts.values), total: total))
  }

  @Test("flipping happens as often as asked, never at 0 and always at 1")
  func flip() throws {
    let upright = moved(0, 0, mirrored: false), mirror = moved(0, 0, mirrored: true)
    for probability in [0, 0.25, 1] {
      let preset = Preset.train(
        TrainPreset(size: 6, channels: 1, crop: .none, flip: probability))
      let outs = try (0..<2000).map {
        try decoder.rendered(numbered, preset, random: random($0))
      }
      let flips = outs.count { $0 == mirror }
      #expect(outs.count { $0 == upright } == 2000 - flips)
      #expect(isEven([flips], total: 2000, shares: [probability]))
    }
  }

  @Test("erasing paints one rectangle of one colour and leaves the rest, as often as asked")
  func erasing() throws {
    let grey = EncodedImage.pixels(
      Data(repeating: 9, count: 32 * 32 * 3), width: 32, height: 32, channels: 3)
    let preset = Preset.train(
      TrainPreset(
        size: 32, crop: .none, flip: 0, erasing: .init(probability: 0.25, fill: [1, 2, 3])))
    var erased = 0
    for sample in 0..<2000 {
      let out = try decoder.rendered(grey, preset, random: random(sample))
      let pixels = stride(from: 0, to: out.count, by: 3).map { Array(out[$0..<$0 + 3]) }
      #expect(pixels.allSatisfy { $0 == [9, 9, 9] || $0 == [1, 2, 3] })
      let places = pixels.indices.filter { pixels[$0] == [1, 2, 3] }
      guard let first = places.first, let last = places.last else { continue }
      erased += 1
      let columns = Set(places.map { $0 % 32 }), rows = Set(places.map { $0 / 32 })
      #expect(places.count == columns.count * rows.count)
      #expect(last / 32 - first / 32 + 1 == rows.count)
      #expect(columns.count == (columns.max() ?? 0) - (columns.min() ?? 0) + 1)
    }
    #expect(isEven([erased], total: 2000, shares: [0.25]))
  }

  @Test("a random resized crop is the part that the same draws name, resized as for evaluation")
  func randomResized() throws {
    let image = EncodedImage.file(try TestImages.data("rgb.png"))
    let square = 1.0...1.0  // so that an evaluation preset can resize the part too
    let preset = Preset.train(
      TrainPreset(size: 10, crop: .randomResized(scale: 0.08...1, ratio: square), flip: 0))
    let (pixels, width, height) = try decoder.pixels(of: image)
    for sample in 0..<200 {
      var draws = random(sample)
      let part = CropGeometry.randomResized(
        width: width, height: height, scale: 0.08...1, ratio: square, random: &draws)
      var rows = Data()
      for row in part.y..<part.y + part.height {
        let start = (row * width + part.x) * 3
        rows += pixels[start..<start + part.width * 3]
      }
      let cut = EncodedImage.pixels(
        rows, width: part.width, height: part.height, channels: 3)
      let expected = try decoder.rendered(
        cut, .evaluation(EvaluationPreset(resize: 10, crop: 10)))
      #expect(try decoder.rendered(image, preset, random: random(sample)) == expected)
    }
  }

  @Test("a part of a JPEG is decoded as the whole is and then cut")
  func partsOfJPEG() throws {
    for name in ["colour-4-4-4.jpg", "photo.jpg", "progressive-photo.jpg", "grey.jpg"] {
      let image = EncodedImage.file(try TestImages.data(name))
      let whole = try decoder.pixels(of: image)
      let plain = EncodedImage.pixels(
        Data(whole.pixels), width: whole.width, height: whole.height, channels: 3)
      // Larger than the picture, so that nothing is decoded at a reduced size.
      let preset = Preset.train(TrainPreset(size: 150))
      for sample in 0..<100 {
        let part = try decoder.rendered(image, preset, random: random(sample))
        let expected = try decoder.rendered(plain, preset, random: random(sample))
        #expect(part == expected, "\(name), sample \(sample)")
      }
    }
  }

  @Test("a picture decoded at a reduced size stays close to the exact one")
  func reducedSize() throws {
    let image = EncodedImage.file(try TestImages.data("photo.jpg"))
    let whole = try decoder.pixels(of: image)
    let plain = EncodedImage.pixels(
      Data(whole.pixels), width: whole.width, height: whole.height, channels: 3)
    let preset = Preset.train(
      TrainPreset(size: 24, crop: .randomResized(scale: 0.5...1, ratio: 0.75...4.0 / 3)))
    var isReduced = false
    for sample in 0..<100 {
      let reduced = try decoder.rendered(image, preset, random: random(sample))
      let exact = try decoder.rendered(plain, preset, random: random(sample))
      isReduced = isReduced || reduced != exact
      let error = zip(reduced, exact).reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }
      #expect(Double(error) / Double(exact.count) < 2.5, "sample \(sample)")
    }
    #expect(isReduced, "nothing was decoded at a reduced size")
  }

  @Test("a preset that cannot be is refused before any picture is read")
  func validation() throws {
    let impossible: [Preset] = [
      .train(TrainPreset(size: 0)), .train(TrainPreset(size: 20_000)),
      .train(TrainPreset(size: 8, channels: 2)), .train(TrainPreset(size: 8, flip: 1.5)),
      .train(TrainPreset(size: 8, crop: .padded(-1))),
      .train(TrainPreset(size: 8, crop: .randomResized(scale: 0...1, ratio: 1...1))),
      .train(TrainPreset(size: 8, crop: .randomResized(scale: 0.5...1.5, ratio: 1...1))),
      .train(TrainPreset(size: 8, erasing: .init(probability: 0.5, fill: [1]))),
      .train(TrainPreset(size: 8, erasing: .init(probability: 2, fill: [1, 1, 1]))),
      .evaluation(EvaluationPreset(resize: 0, crop: 8)),
      .evaluation(EvaluationPreset(resize: 8, crop: 8, channels: 4)),
    ]
    for preset in impossible {
      #expect(throws: ImageDataError.self, "\(preset)") {
        _ = try BatchLoader(
          dataset: MadeDataset(count: 1), order: SequentialOrder(), positions: 0..<1, batchSize: 1,
          preset: preset, seed: 0, workers: 1)
      }
    }
  }
}
