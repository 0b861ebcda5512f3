import Foundation

/// A rectangle of whole pixels.
struct PixelRectangle: Equatable {
  var x: Int, y: Int, width: Int, height: Int
}

/// Where torchvision's transforms cut, in its own arithmetic.
enum CropGeometry {
  /// `RandomResizedCrop`: ten attempts at a random part, then the largest centred one.
  static func randomResized(
    width: Int, height: Int, scale: ClosedRange<Double>, ratio: ClosedRange<Double>,
    random: inout CounterRandom
  ) -> PixelRectangle {
    let area = Double(width) * Double(height)
    for _ in 0..<10 {
      let target = area * random.uniform(in: scale)
      let aspect = random.logUniform(in: ratio)
      let w = Int((target * aspect).squareRoot().rounded(.toNearestOrEven))
      let h = Int((target / aspect).squareRoot().rounded(.toNearestOrEven))
      guard w > 0, h > 0, w <= width, h <= height else { continue }
      let y = random.integer(below: height - h + 1)
      let x = random.integer(below: width - w + 1)
      return PixelRectangle(x: x, y: y, width: w, height: h)
    }
    var w = width, h = height
    let shape = Double(width) / Double(height)
    if shape < ratio.lowerBound {
      h = Int((Double(w) / ratio.lowerBound).rounded(.toNearestOrEven))
    } else if shape > ratio.upperBound {
      w = Int((Double(h) * ratio.upperBound).rounded(.toNearestOrEven))
    }
    w = min(max(w, 1), width)
    h = min(max(h, 1), height)
    return PixelRectangle(x: (width - w) / 2, y: (height - h) / 2, width: w, height: h)
  }

  /// `RandomErasing`: ten attempts at a rectangle smaller than the square, or none.
  static func erased(
    size: Int, erasing: TrainPreset.Erasing, random: inout CounterRandom
  ) -> PixelRectangle? {
    guard random.happens(erasing.probability) else { return nil }
    for _ in 0..<10 {
      let target = Double(size * size) * random.uniform(in: erasing.scale)
      let aspect = random.logUniform(in: erasing.ratio)
      let h = Int((target * aspect).squareRoot().rounded(.toNearestOrEven))
      let w = Int((target / aspect).squareRoot().rounded(.toNearestOrEven))
      guard h < size, w < size else { continue }
      let y = random.integer(below: size - h + 1)
      let x = random.integer(below: size - w + 1)
      return PixelRectangle(x: x, y: y, width: w, height: h)
    }
    return nil
  }

  /// `Resize`: the shorter side becomes `shorter`, the other follows, rounded down.
  static func resized(width: Int, height: Int, shorter: Int) -> (width: Int, height: Int) {
    let long = Int(Double(shorter * max(width, height)) / Double(min(width, height)))
    return width <= height ? (shorter, long) : (long, shorter)
  }

  /// The size of a picture after resizing as `mode` says, in timm's arithmetic.
  static func resized(
    width: Int, height: Int, to side: Int, mode: CropMode
  ) -> (width: Int, height: Int) {
    switch mode {
    case .center: return resized(width: width, height: height, shorter: side)
    case .squash: return (side, side)
    case .border:
      let ratio = Double(max(width, height)) / Double(side)
      func scaled(_ length: Int) -> Int {
        max(1, Int((Double(length) / ratio).rounded(.toNearestOrEven)))
      }
      return (scaled(width), scaled(height))
    }
  }

  /// Whether Pillow, from 13 on, reduces rows before columns, which gives other last bits: where many
  /// more rows than columns go. Where a picture keeps its shape it never does.
  static func reducesRowsFirst(
    width: Int, height: Int, to size: (width: Int, height: Int)
  ) -> Bool {
    size.height < height && height - size.height > 2 * (width - size.width)
  }

  /// `CenterCrop`: where a square's side begins along a side of `length`; below 0 where the picture
  /// is smaller and black goes around it.
  static func centre(length: Int, crop: Int) -> Int {
    guard crop <= length else { return -((crop - length) / 2) }
    return Int((Double(length - crop) / 2).rounded(.toNearestOrEven))
  }
}
