import Foundation
import ImageData

/// Pictures with copies of some of them: first the originals, then exact copies, then copies with
/// one alteration each, then copies of the same pictures with all three.
struct PlantedImages: ImageDataset {
  /// Where the originals come from: scenes, or the pictures of a folder.
  enum Source {
    case scenes(seed: UInt64)
    case dataset(any ImageDataset)
  }

  let source: Source
  let originals: Int
  let planted: Int
  let name = "planted"
  let classes: [String] = []
  static let kinds: [Alteration] = [.encoded, .resized, .cropped]

  var count: Int { originals + 3 * planted }
  var exactRows: Range<Int> { originals..<originals + planted }
  /// With one alteration each, in turn.
  var alteredRows: Range<Int> { exactRows.upperBound..<exactRows.upperBound + planted }
  /// With all three.
  var combinedRows: Range<Int> { alteredRows.upperBound..<alteredRows.upperBound + planted }

  /// The original of a copy, which is itself of an original.
  func original(of row: Int) -> Int {
    if row < originals { return row }
    let number = row - originals
    return number < planted ? number : planted + number % planted
  }

  func key(at index: Int) -> String { "picture-\(index)" }
  func label(at index: Int) -> Int? { nil }

  func read(at row: Int) throws -> EncodedImage {
    let number = original(of: row)
    if row < alteredRows.lowerBound {
      switch source {
      case .scenes: return try raster(number).jpeg(quality: 95)
      case .dataset(let dataset): return try dataset.read(at: number)
      }
    }
    var random = SceneRandom(seed: 99, stream: row)
    let kind =
      alteredRows.contains(row)
      ? Self.kinds[(row - alteredRows.lowerBound) % Self.kinds.count] : .all
    return try raster(number).altered(kind, random: &random)
  }

  private func raster(_ number: Int) throws -> Raster {
    switch source {
    case .scenes(let seed): return Scene.raster(number, seed: seed)
    case .dataset(let dataset):
      let read = try ImageDecoder().pixels(
        of: dataset.read(at: number), key: dataset.key(at: number))
      return Raster(width: read.width, height: read.height, pixels: read.pixels)
    }
  }
}
