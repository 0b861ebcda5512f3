import Foundation
import ImageData

/// Pictures of one pixel with the given tags.
struct TaggedDataset: ImageDataset {
  let tags: [[String]]
  let name = "tagged"
  let classes: [String] = []
  var count: Int { tags.count }

  init(_ tags: [[String]]) { self.tags = tags }

  func key(at index: Int) -> String { "\(index).png" }
  func label(at index: Int) -> Int? { nil }
  func tags(at index: Int) -> [String] { tags[index] }
  func read(at index: Int) throws -> EncodedImage {
    .pixels(Data([UInt8(index % 256)]), width: 1, height: 1, channels: 1)
  }
}
