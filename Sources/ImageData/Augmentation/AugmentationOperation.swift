import CImage
import Foundation

/// What AutoAugment and RandAugment do to a picture: torchvision's operations, in Pillow's arithmetic.
enum AugmentationOperation: String, CaseIterable {
  case identity, shearX, shearY, translateX, translateY, rotate
  case brightness, color, contrast, sharpness
  case posterize, solarize, autoContrast, equalize, invert

  /// Whether it is done in one direction or the other, as a coin falls.
  var isSigned: Bool {
    switch self {
    case .shearX, .shearY, .translateX, .translateY, .rotate, .brightness, .color, .contrast,
      .sharpness:
      true
    default: false
    }
  }

  /// torchvision's magnitude of step `bin` of so many `bins`, for pictures of `size` pixels a side; 0 where
  /// there is only one way to do it. In float32, as torch's `linspace`, whose last bits depend on the processor.
  /// `isWide` reaches as far as TrivialAugment does.
  func magnitude(_ bin: Int, of bins: Int, size: Int, isWide: Bool = false) -> Double {
    let last = bins - 1
    func step(from start: Float = 0, to end: Float) -> Double {
      let step = (end - start) / Float(last)
      return Double(
        bin < bins / 2 ? start + step * Float(bin) : end - step * Float(last - bin))
    }
    switch self {
    case .shearX, .shearY: return step(to: isWide ? 0.99 : 0.3)
    case .translateX, .translateY:
      return step(to: isWide ? 32 : Float(150.0 / 331.0 * Double(size)))
    case .rotate: return step(to: isWide ? 135 : 30)
    case .brightness, .color, .contrast, .sharpness: return step(to: isWide ? 0.99 : 0.9)
    case .posterize:
      return Double(8 - (Float(bin) / (Float(last) / (isWide ? 6 : 4))).rounded(.toNearestOrEven))
    case .solarize: return step(from: 255, to: 0)
    case .identity, .autoContrast, .equalize, .invert: return 0
    }
  }

  /// Does it to a square picture of `size` pixels a side; `room` has as many bytes.
  func apply(
    _ magnitude: Double, to pixels: UnsafeMutablePointer<UInt8>, size: Int, channels: Int,
    room: UnsafeMutablePointer<UInt8>
  ) {
    let picture = SquarePixels(pixels: pixels, size: size, channels: channels, room: room)
    switch self {
    case .identity: return
    case .shearX: picture.move(by: .shear(x: magnitude))
    case .shearY: picture.move(by: .shear(y: magnitude))
    case .translateX: picture.move(by: .translation(x: Int(magnitude)))
    case .translateY: picture.move(by: .translation(y: Int(magnitude)))
    case .rotate: picture.move(by: .rotation(degrees: magnitude, size: size))
    case .brightness: picture.blend(from: 0, by: 1 + magnitude)
    case .contrast: picture.blend(from: picture.meanGrey, by: 1 + magnitude)
    case .color:
      cimage_saturate(pixels, Int64(size * size), Int32(channels), Float(1 + magnitude))
    case .sharpness: picture.sharpen(by: 1 + magnitude)
    case .posterize:
      let mask = UInt8(truncatingIfNeeded: ~((1 << (8 - Int(magnitude))) - 1))
      picture.replace { _ in { $0 & mask } }
    case .solarize: picture.replace { _ in { Double($0) < magnitude ? $0 : 255 - $0 } }
    case .invert: picture.replace { _ in { 255 - $0 } }
    case .autoContrast: picture.replace(Self.stretched)
    case .equalize: picture.replace(Self.equalized)
    }
  }

  /// `ImageOps.autocontrast`: the darkest value of a channel becomes 0, the brightest 255.
  private static func stretched(_ counts: UnsafeBufferPointer<UInt32>) -> (UInt8) -> UInt8 {
    guard let low = counts.firstIndex(where: { $0 > 0 }),
      let high = counts.lastIndex(where: { $0 > 0 }), high > low
    else { return { $0 } }
    let scale = 255 / Double(high - low)
    let offset = -Double(low) * scale
    return { UInt8(max(0, min(255, Double($0) * scale + offset))) }
  }

  /// `ImageOps.equalize`: values become their ranks, as far as a channel has enough of them.
  private static func equalized(_ counts: UnsafeBufferPointer<UInt32>) -> (UInt8) -> UInt8 {
    let present = counts.filter { $0 > 0 }
    let step = (present.reduce(0) { $0 + Int($1) } - Int(present.last ?? 0)) / 255
    guard present.count > 1, step > 0 else { return { $0 } }
    var sum = step / 2
    let table = counts.map { count in
      defer { sum += Int(count) }
      return UInt8(min(255, sum / step))
    }
    return { table[Int($0)] }
  }
}
