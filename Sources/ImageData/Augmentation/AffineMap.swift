import Foundation

/// Where the pixels of a moved picture come from: x' = a·x + b·y + c and y' = d·x + e·y + f, in torchvision's
/// and Pillow's arithmetic.
struct AffineMap: Equatable {
  /// a to f.
  let matrix: [Double]

  /// Shears along x by `x` of the height, or along y by `y` of the width, about the upper left corner.
  static func shear(x: Double = 0, y: Double = 0) -> AffineMap {
    // By way of degrees, as torchvision goes.
    func tangent(_ value: Double) -> (tan: Double, sin: Double, cos: Double) {
      let radians = atan(value) * (180 / Double.pi) * (Double.pi / 180)
      return (tan(radians), sin(radians), cos(radians))
    }
    let (across, down) = (tangent(x), tangent(y))
    return AffineMap(matrix: [1, across.tan, 0, down.sin / down.cos, 1, 0])
  }

  /// Moves by whole pixels.
  static func translation(x: Int = 0, y: Int = 0) -> AffineMap {
    AffineMap(matrix: [1, 0, Double(-x), 0, 1, Double(-y)])
  }

  /// Turns a square picture of `size` pixels a side about its middle, against the clock.
  static func rotation(degrees: Double, size: Int) -> AffineMap {
    // `Image.rotate` takes the angle from 0 to 360 and 15 decimals.
    let turned = degrees.truncatingRemainder(dividingBy: 360)
    let radians = -(turned < 0 ? turned + 360 : turned) * (Double.pi / 180)
    func rounded(_ value: Double) -> Double { (value * 1e15).rounded(.toNearestOrEven) / 1e15 }
    let (cosine, sine) = (rounded(cos(radians)), rounded(sin(radians)))
    let centre = Double(size) / 2
    return AffineMap(matrix: [
      cosine, sine, cosine * -centre + sine * -centre + centre,
      -sine, cosine, -sine * -centre + cosine * -centre + centre,
    ])
  }
}
