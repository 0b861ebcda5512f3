import CImage

/// A square picture's bytes and as much room beside it, for operations on all pixels.
struct SquarePixels {
  let pixels: UnsafeMutablePointer<UInt8>
  let size: Int
  let channels: Int
  let room: UnsafeMutablePointer<UInt8>

  private var count: Int { size * size }

  /// The mean of the pixels' greys, rounded as Pillow does.
  var meanGrey: UInt8 {
    let sum = cimage_grey_sum(pixels, Int64(count), Int32(channels))
    return UInt8(Double(sum) / Double(count) + 0.5)
  }

  /// Replaces every value by what the function that `table` makes of a channel's 256 counts makes of it.
  func replace(_ table: (UnsafeBufferPointer<UInt32>) -> (UInt8) -> UInt8) {
    withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 256 * channels) { counts in
      withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 256 * channels) { tables in
        guard let first = counts.baseAddress, let to = tables.baseAddress else { return }
        cimage_count_values(pixels, Int64(count), Int32(channels), first)
        for channel in 0..<channels {
          let replaced = table(
            UnsafeBufferPointer(rebasing: counts[256 * channel..<256 * (channel + 1)]))
          for value in 0...255 { to[256 * channel + value] = replaced(UInt8(value)) }
        }
        cimage_look_up(pixels, Int64(count), Int32(channels), to)
      }
    }
  }

  /// Moves every value from `base`: Pillow's `Image.blend` with a picture of one colour.
  func blend(from base: UInt8, by factor: Double) {
    let factor = Float(factor)
    replace { _ in
      { UInt8(max(0, min(255, Float(base) + factor * Float(Int($0) - Int(base))))) }
    }
  }

  /// Moves every value from its surroundings'.
  func sharpen(by factor: Double) {
    cimage_sharpen(pixels, Int32(size), Int32(size), Int32(channels), Float(factor), room)
    pixels.update(from: room, count: count * channels)
  }

  /// Puts every pixel elsewhere; what comes from outside is black.
  func move(by map: AffineMap) {
    map.matrix.withUnsafeBufferPointer { matrix in
      guard let matrix = matrix.baseAddress else { return }
      cimage_affine(pixels, Int32(size), Int32(size), Int32(channels), matrix, room)
    }
    pixels.update(from: room, count: count * channels)
  }
}
