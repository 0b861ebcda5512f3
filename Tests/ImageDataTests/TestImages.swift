import Foundation
import ImageData
import TestSupport
import Testing

/// Pillow's pixels of the pictures.
extension TestImages {
  struct Decoded: Decodable, Sendable, CustomTestStringConvertible {
    let name: String
    let width: Int, height: Int, offset: Int
    var testDescription: String { name }
    var pixels: [UInt8] { TestImages.block(offset, width * height * 3) }
    /// Whether every decoder has to give the same bytes.
    var isLossless: Bool {
      [".png", ".gif", ".bmp", ".dib"].contains { name.hasSuffix($0) } || name == "png-named.jpg"
        || isLosslessTIFF || isLosslessWebP
    }
    private var isLosslessTIFF: Bool { name.hasSuffix(".tif") && name != "tiff-cmyk.tif" }
    private var isLosslessWebP: Bool {
      name.hasPrefix("lossless") || name == "animated.webp" || name == "xmp-orientation-6.webp"
    }
    /// Whether the file's end is missing, or what stands for it.
    var lacksEnd: Bool { ["no-", "zeros-", "wrong-end"].contains { name.hasPrefix($0) } }
  }

  struct Evaluated: Decodable, Sendable, CustomTestStringConvertible {
    let name: String
    let resize: Int, crop: Int, channels: Int, offset: Int
    let filter: String
    var testDescription: String { "\(name) \(resize) \(crop) x\(channels) \(filter)" }
    var pixels: [UInt8] { TestImages.block(offset, crop * crop * channels) }
    var preset: EvaluationPreset {
      get throws {
        EvaluationPreset(
          resize: resize, crop: crop, channels: channels,
          interpolation: try #require(Interpolation(rawValue: filter)))
      }
    }
  }

  struct Refused: Decodable, Sendable, CustomTestStringConvertible {
    let name: String
    let reason: String
    var testDescription: String { name }
  }

  private struct Index: Decodable {
    var decoded: [Decoded] = [], evaluated: [Evaluated] = [], refused: [Refused] = []
  }

  private static let index =
    (try? JSONDecoder().decode(Index.self, from: data("expected.json"))) ?? Index()
  private static let blocks = (try? [UInt8](data("expected.bin"))) ?? []

  // Empty lists would pass every test over them; `DecodingTests` counts them.
  static var decoded: [Decoded] { index.decoded }
  static var evaluated: [Evaluated] { index.evaluated }
  static var refused: [Refused] { index.refused }

  private static func block(_ offset: Int, _ count: Int) -> [UInt8] {
    guard offset + count <= blocks.count else { return [] }
    return Array(blocks[offset..<offset + count])
  }
}

/// How far two pictures are apart.
struct PixelDifference: CustomStringConvertible {
  let largest: Int
  let shareWithinOne: Double

  init(_ ours: [UInt8], _ theirs: [UInt8]) {
    let apart = zip(ours, theirs).map { abs(Int($0) - Int($1)) }
    let isComparable = ours.count == theirs.count && !ours.isEmpty
    largest = isComparable ? apart.max() ?? 255 : 255
    shareWithinOne = isComparable ? Double(apart.count { $0 <= 1 }) / Double(apart.count) : 0
  }

  var description: String { "at most \(largest), \(shareWithinOne * 100) % within 1" }
}

extension ImageDecoder {
  /// What `preset` makes of `image`.
  func rendered(
    _ image: EncodedImage, _ preset: Preset,
    random: CounterRandom = CounterRandom(seed: 0, pass: 0, sample: 0)
  ) throws -> [UInt8] {
    var out = [UInt8](repeating: 0xA5, count: preset.size * preset.size * preset.channels)
    try out.withUnsafeMutableBytes { raw in
      try render(image, preset: preset, random: random, key: "a picture", into: raw)
    }
    return out
  }
}

/// The reason that `body` gives for refusing a picture, or nil when it does not refuse it.
func reasonForRefusal(_ body: () throws -> Void) -> String? {
  do {
    try body()
    return nil
  } catch ImageDataError.unreadable(_, let reason) {
    return reason
  } catch {
    return nil
  }
}
