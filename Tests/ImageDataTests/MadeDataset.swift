import Foundation
import ImageData

/// A data set of pictures that a closure makes, for orders, faults and counts.
struct MadeDataset: ImageDataset {
  var name = "made"
  var classes: [String] = []
  let count: Int
  var labels: [Int?] = []
  var picture: @Sendable (Int) throws -> EncodedImage = { MadeDataset.plain($0) }

  func key(at index: Int) -> String { "sample-\(index)" }
  func label(at index: Int) -> Int? { labels.isEmpty ? nil : labels[index] }
  func read(at index: Int) throws -> EncodedImage { try picture(index) }

  /// 5 × 4 grey pixels that differ from sample to sample.
  static func plain(_ index: Int) -> EncodedImage {
    let bytes = (0..<20).map { UInt8(truncatingIfNeeded: index &* 7 &+ $0 &* 11 &+ index >> 8) }
    return .pixels(Data(bytes), width: 5, height: 4, channels: 1)
  }

  /// Plain pictures of which those that `isBad` picks cannot be read.
  static func broken(
    count: Int, _ isBad: @escaping @Sendable (Int) -> Bool
  ) -> MadeDataset {
    MadeDataset(count: count) { index in
      if isBad(index) {
        throw ImageDataError.unreadable(key: "sample-\(index)", reason: "made, to be \"bad\"")
      }
      return plain(index)
    }
  }
}
