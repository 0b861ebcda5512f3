import Foundation
import TestSupport
import Testing

@testable import ImageData

/// The Huffman decoder that stands in for libjpeg's, against libjpeg's own.
@Suite("JPEG's Huffman codes")
struct HuffmanTests {
  private let ours: ImageDecoder
  private let libjpegs: ImageDecoder

  init() throws {
    (ours, libjpegs) = (try ImageDecoder(), try ImageDecoder())
    libjpegs.usePlainLoops()
  }

  /// The pixels of a picture, of random parts of it and of reduced ones, or why it is refused.
  private func outcome(of data: Data, _ decoder: ImageDecoder, _ seed: Int) -> [[UInt8]: String] {
    var found: [[UInt8]: String] = [:]
    let presets: [Preset] = [
      .evaluation(EvaluationPreset(resize: 30, crop: 30)),
      .train(TrainPreset(size: 24)), .train(TrainPreset(size: 3, channels: 1)),
    ]
    for preset in presets {
      do {
        let random = CounterRandom(seed: UInt64(seed), pass: 0, sample: 0)
        found[try decoder.rendered(.file(data), preset, random: random)] =
          "lacks end \(decoder.lacksEnd)"
      } catch {
        found[[UInt8(found.count)]] = "\(error)"
      }
    }
    return found
  }

  private static let names = [
    "photo.jpg", "colour.jpg", "colour-4-2-2.jpg", "colour-4-4-4.jpg", "grey.jpg", "cmyk.jpg",
    "ycck-adobe.jpg", "restart-markers.jpg", "stored-as-rgb.jpg", "exif-orientation-6.jpg",
    "one-pixel.jpg", "progressive.jpg", "trailing-garbage.jpg", "icc-profile.jpg",
  ]

  @Test("pixels are libjpeg's, byte by byte", arguments: names)
  func whole(name: String) throws {
    let data = try TestPictures.data(name)
    for seed in 0..<20 {
      #expect(outcome(of: data, ours, seed) == outcome(of: data, libjpegs, seed), "\(seed)")
    }
  }

  @Test("of damaged files, too, or they are refused for libjpeg's reasons", arguments: names)
  func damaged(name: String) throws {
    let data = try TestPictures.data(name)
    var random = SeededGenerator(seed: 11)
    var refused = 0
    for seed in 0..<150 {
      var bad = seed % 5 == 4 ? data.prefix(Int.random(in: 1...data.count, using: &random)) : data
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        let place = Int.random(in: bad.count / 3..<bad.count, using: &random)
        switch seed % 3 {
        case 0: bad[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 1: bad[place] = 0xFF
        default:
          // A marker where none belongs.
          bad[place] = 0xFF
          if place + 1 < bad.count {
            bad[place + 1] = 0xD0 + UInt8.random(in: 0..<10, using: &random)
          }
        }
      }
      let expected = outcome(of: bad, libjpegs, seed)
      #expect(outcome(of: bad, ours, seed) == expected, "\(seed)")
      if expected.values.contains(where: { $0.contains("cannot read") }) { refused += 1 }
    }
    #expect(refused > 0)
  }
}
