import Foundation
import ImageData

/// What was done to a copy, so that it is another file of the same picture.
enum Alteration: String, CaseIterable {
  case encoded, resized, cropped, all
}

extension Raster {
  /// A JPEG of these pixels.
  func jpeg(quality: Int) throws -> EncodedImage {
    let file = try Thumbnail(
      pixels: pixels, width: width, height: height, channels: 3, format: .jpeg, quality: quality)
    return .file(file.bytes)
  }

  /// The file of an altered copy: encoded again at quality 40 to 90, resized to 0.5 to 2 times its
  /// size, up to 5 % of its width and of its height cut away, or all three.
  ///
  /// Where only the size changes, the copy is saved at quality 90, as editors do.
  func altered(_ alteration: Alteration, random: inout SceneRandom) throws -> EncodedImage {
    var copy = self
    if alteration == .cropped || alteration == .all { copy = copy.cropped(&random) }
    if alteration == .resized || alteration == .all {
      let factor = exp2(random.uniform(-1...1))
      copy = copy.resized(
        width: max(1, Int((Float(copy.width) * factor).rounded())),
        height: max(1, Int((Float(copy.height) * factor).rounded())))
    }
    let isEncoded = alteration == .encoded || alteration == .all
    return try copy.jpeg(quality: isEncoded ? random.integer(40...90) : 90)
  }

  /// Without up to 5 % of each side's length, cut away on both ends in a random proportion.
  private func cropped(_ random: inout SceneRandom) -> Raster {
    let newWidth = width - Int(Float(width) * random.uniform(0...0.05))
    let newHeight = height - Int(Float(height) * random.uniform(0...0.05))
    let left = random.integer(0...width - newWidth), top = random.integer(0...height - newHeight)
    var out = Raster(width: newWidth, height: newHeight, pixels: [])
    out.pixels.reserveCapacity(newWidth * newHeight * 3)
    for y in top..<top + newHeight {
      out.pixels += pixels[(y * width + left) * 3..<(y * width + left + newWidth) * 3]
    }
    return out
  }

  /// Resampled with the triangle, as wide as the reduction: columns first, then rows.
  private func resized(width newWidth: Int, height newHeight: Int) -> Raster {
    let columns = Self.taps(from: width, to: newWidth)
    let rows = Self.taps(from: height, to: newHeight)
    var narrow = [Float](repeating: 0, count: newWidth * height * 3)
    for y in 0..<height {
      for x in 0..<newWidth {
        let to = (y * newWidth + x) * 3
        for (source, weight) in columns[x] {
          let from = (y * width + source) * 3
          for c in 0..<3 { narrow[to + c] += Float(pixels[from + c]) * weight }
        }
      }
    }
    var out = Raster(
      width: newWidth, height: newHeight,
      pixels: [UInt8](repeating: 0, count: newWidth * newHeight * 3))
    var line = [Float](repeating: 0, count: newWidth * 3)
    for y in 0..<newHeight {
      for index in line.indices { line[index] = 0 }
      for (source, weight) in rows[y] {
        let start = source * newWidth * 3
        for index in line.indices { line[index] += narrow[start + index] * weight }
      }
      for index in line.indices {
        out.pixels[y * newWidth * 3 + index] = UInt8(min(255, max(0, line[index] + 0.5)))
      }
    }
    return out
  }

  private static func taps(from: Int, to: Int) -> [[(source: Int, weight: Float)]] {
    let scale = Float(from) / Float(to), reach = max(1, scale)
    return (0..<to).map { index in
      let centre = (Float(index) + 0.5) * scale
      let first = max(0, Int(centre - reach)), last = min(from - 1, Int(centre + reach))
      let weights = (first...last).map { max(0, 1 - abs((Float($0) + 0.5 - centre) / reach)) }
      let sum = weights.reduce(0, +)
      return zip(first...last, weights).map { ($0, $1 / sum) }
    }
  }
}
