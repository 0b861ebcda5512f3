import Foundation
import Testing

@testable import ImageData

/// The expected pixels are those of Pillow 13:
///
/// ```python
/// a = ((numpy.arange(5)[None, :] * 37 + numpy.arange(9)[:, None] * 53) % 256).astype(numpy.uint8)
/// Image.fromarray(a).resize((width, height), Image.BILINEAR)
/// ```
@Suite("Pictures that are no squares")
struct CropModeTests {
  private func rendered(_ resize: Int, _ crop: Int, _ mode: CropMode) throws -> [[UInt8]] {
    let pixels: [UInt8] = (0..<45).map { place in
      let (x, y) = (place % 5, place / 5)
      return UInt8((x * 37 + y * 53) % 256)
    }
    let image = EncodedImage.pixels(Data(pixels), width: 5, height: 9, channels: 1)
    let bytes = try ImageDecoder().rendered(
      image,
      .evaluation(EvaluationPreset(resize: resize, crop: crop, channels: 1, mode: mode)))
    return (0..<crop).map { Array(bytes[$0 * crop..<($0 + 1) * crop]) }
  }

  @Test("squash makes a square of all of it, the rows first where many more of them go")
  func squash() throws {
    #expect(
      try rendered(4, 4, .squash) == [
        [53, 96, 140, 183], [154, 174, 123, 122], [88, 108, 115, 142], [133, 176, 164, 85],
      ])
  }

  @Test("border shows all of it, with the colour beside it, one more column at the right")
  func border() throws {
    let all: [[UInt8]] = [
      [36, 94, 152], [110, 162, 198], [187, 147, 75], [99, 90, 129], [90, 148, 157],
      [164, 187, 65],
    ]
    #expect(try rendered(6, 6, .border(fill: [77])) == all.map { [77] + $0 + [77, 77] })
  }

  @Test("border of a resized picture that is larger than the square has its middle")
  func largerBorder() throws {
    let middle: [[UInt8]] = [
      [75, 118, 162, 205], [134, 177, 168, 174], [192, 187, 81, 66], [109, 105, 81, 124],
      [52, 95, 139, 182], [111, 154, 198, 97],
    ]
    #expect(try rendered(8, 6, .border(fill: [9])) == middle.map { [9] + $0 + [9] })
  }

  @Test("rows go first only where they lose more than twice what columns lose")
  func order() {
    func rowsFirst(_ width: Int, _ height: Int, _ side: Int) -> Bool {
      CropGeometry.reducesRowsFirst(width: width, height: height, to: (side, side))
    }
    #expect(rowsFirst(70, 131, 67))
    #expect(rowsFirst(50, 90, 67))
    #expect(!rowsFirst(120, 80, 67))
    #expect(!rowsFirst(90, 50, 67))
    #expect(rowsFirst(100, 130, 90))
    #expect(!rowsFirst(110, 130, 90))
    #expect(!rowsFirst(20, 20, 40))
  }

  @Test("a border's colour has as many bytes as a pixel")
  func colour() {
    #expect(throws: ImageDataError.self) {
      try Preset.evaluation(
        EvaluationPreset(resize: 8, crop: 8, channels: 3, mode: .border(fill: [1]))
      ).validate()
    }
  }
}
