import Copies
import Files
import Foundation

@testable import ImageData

/// A picture made of soft blobs, defined at every point, so that it has any size and any part.
struct BlobImage {
  private var blobs: [(x: Double, y: Double, size: Double, strength: Double)] = []

  init(seed: UInt64) {
    var state = seed
    func draw() -> Double {
      state &+= 0x9E37_79B9_7F4A_7C15
      return Double(SplitMix64.finalized(state) >> 11) / 0x1p53
    }
    for _ in 0..<60 {
      blobs.append((draw(), draw(), 0.02 + 0.13 * draw() * draw(), draw() - 0.5))
    }
  }

  /// The part (`left`, `top`, `left` + `share`, `top` + `share`) as `width` × `height` RGB pixels.
  func image(
    width: Int, height: Int, left: Double = 0, top: Double = 0, share: Double = 1,
    contrast: Double = 200, brightness: Double = 128
  ) -> (image: EncodedImage, pixels: [UInt8]) {
    var pixels: [UInt8] = []
    for y in 0..<height {
      for x in 0..<width {
        let u = left + share * (Double(x) + 0.5) / Double(width)
        let v = top + share * (Double(y) + 0.5) / Double(height)
        var sum = 0.0
        for blob in blobs {
          let far = ((u - blob.x) * (u - blob.x) + (v - blob.y) * (v - blob.y)) / blob.size
          sum += blob.strength * exp(-far / blob.size)
        }
        let level = UInt8(min(255, max(0, brightness + contrast * sum)))
        pixels += [level, level, level]
      }
    }
    return (.pixels(Data(pixels), width: width, height: height, channels: 3), pixels)
  }
}

extension ImageDecoder {
  /// What loading with a usual preset notes of `image`.
  func contents(of image: EncodedImage) throws -> ImageContents {
    var out = [UInt8](repeating: 0, count: 32 * 32 * 3)
    return try out.withUnsafeMutableBytes {
      try renderNoting(
        image, hash: ContentHash(of: image), preset: EvaluationPreset(resize: 36, crop: 32),
        key: "a picture", into: $0)
    }
  }
}
