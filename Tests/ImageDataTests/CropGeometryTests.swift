import Foundation
import Testing

@testable import ImageData

@Suite("CropGeometry")
struct CropGeometryTests {
  private func crops(
    _ width: Int, _ height: Int, scale: ClosedRange<Double>, ratio: ClosedRange<Double>,
    count: Int = 20_000
  ) -> [PixelRectangle] {
    (0..<count).map { sample in
      var random = CounterRandom(seed: 9, pass: 0, sample: sample)
      return CropGeometry.randomResized(
        width: width, height: height, scale: scale, ratio: ratio, random: &random)
    }
  }

  /// How many of `values` lie in each quarter of `range`.
  private func quarters(_ values: [Double], _ range: ClosedRange<Double>) -> [Int] {
    var counts = [Int](repeating: 0, count: 4)
    for value in values {
      let share = (value - range.lowerBound) / (range.upperBound - range.lowerBound)
      counts[min(max(Int(share * 4), 0), 3)] += 1
    }
    return counts
  }

  @Test("a random part lies inside, and its area and ratio in their ranges")
  func ranges() {
    for part in crops(500, 375, scale: 0.08...1, ratio: 3.0 / 4...4.0 / 3) {
      #expect(part.x >= 0 && part.y >= 0 && part.width > 0 && part.height > 0)
      #expect(part.x + part.width <= 500 && part.y + part.height <= 375)
      let area = Double(part.width * part.height) / (500 * 375)
      let ratio = Double(part.width) / Double(part.height)
      // Sides are rounded to whole pixels, the shortest of which is some 105.
      #expect(area > 0.08 * 0.99 && area <= 1)
      #expect(ratio > 3.0 / 4 * 0.99 && ratio < 4.0 / 3 * 1.01)
    }
  }

  @Test("area, logarithm of the ratio and place are uniform where every attempt fits")
  func uniform() {
    // The largest side is 2000 × √(0.3 × 2) < 2000, so that no attempt is repeated.
    let parts = crops(2000, 2000, scale: 0.1...0.3, ratio: 0.5...2)
    let areas = parts.map { Double($0.width * $0.height) / 4e6 }
    let ratios = parts.map { log2(Double($0.width) / Double($0.height)) }
    let across = parts.map { Double($0.x) / Double(2000 - $0.width + 1) }
    let down = parts.map { Double($0.y) / Double(2000 - $0.height + 1) }
    #expect(isEven(quarters(areas, 0.1...0.3), total: parts.count))
    #expect(isEven(quarters(ratios, -1...1), total: parts.count))
    #expect(isEven(quarters(across, 0...1), total: parts.count))
    #expect(isEven(quarters(down, 0...1), total: parts.count))
  }

  @Test("where ten attempts fail the largest part of an allowed ratio is taken from the middle")
  func fallback() {
    // torchvision: w = round(10 × 4/3) = 13, x = (1000 - 13) // 2; h = round(10 / 0.75) = 13.
    let wide = Set(crops(1000, 10, scale: 0.9...1, ratio: 0.75...4.0 / 3, count: 50).map(\.text))
    #expect(wide == ["493,0 13x10"])
    let tall = Set(crops(10, 1000, scale: 0.9...1, ratio: 0.75...4.0 / 3, count: 50).map(\.text))
    #expect(tall == ["0,493 10x13"])
    let whole = Set(crops(1, 1, scale: 0.01...0.02, ratio: 1...1, count: 50).map(\.text))
    #expect(whole == ["0,0 1x1"])
  }

  @Test("an erased rectangle has its share of the area and is never the whole")
  func erased() {
    let erasing = TrainPreset.Erasing(probability: 1, fill: [0])
    let parts = (0..<5000).compactMap { sample -> PixelRectangle? in
      var random = CounterRandom(seed: 2, pass: 0, sample: sample)
      return CropGeometry.erased(size: 100, erasing: erasing, random: &random)
    }
    #expect(parts.count == 5000)
    for part in parts {
      #expect(part.width < 100 && part.height < 100)
      #expect(part.x + part.width <= 100 && part.y + part.height <= 100)
      let area = Double(part.width * part.height) / 10_000
      #expect(area > 0.02 * 0.9 && area < 0.33 * 1.1)
    }
  }

  // int(size × long / short); round((length - crop) / 2) with halves to even, as Python has it.
  @Test("the longer side is rounded down and the centre to even, as in torchvision")
  func evaluation() {
    #expect(CropGeometry.resized(width: 500, height: 375, shorter: 256) == (341, 256))
    #expect(CropGeometry.resized(width: 375, height: 500, shorter: 256) == (256, 341))
    #expect(CropGeometry.resized(width: 7, height: 7, shorter: 3) == (3, 3))
    #expect(CropGeometry.centre(length: 341, crop: 224) == 58)
    #expect(CropGeometry.centre(length: 227, crop: 224) == 2)
    #expect(CropGeometry.centre(length: 225, crop: 224) == 0)
    #expect(CropGeometry.centre(length: 20, crop: 29) == -4)
  }
}

extension PixelRectangle {
  fileprivate var text: String { "\(x),\(y) \(width)x\(height)" }
}
