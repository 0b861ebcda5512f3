import Foundation
import ImageData

/// Pictures of noise in memory, as large as a network sees them, each with one of 1,000 classes.
struct NoiseImages: ImageDataset {
  let name = "noise"
  let classes = (0..<1000).map(String.init)
  let count: Int
  private let size: Int
  private let pictures: [Data]

  /// `count` pictures of `size` × `size` pixels, of which each comes again after 32 others.
  init(count: Int, size: Int) {
    (self.count, self.size) = (count, size)
    var random = SplitMix(state: 0)
    pictures = (0..<min(count, 32)).map { _ in
      let words = (0...size * size * 3 / 8).map { _ in random.next() }
      return words.withUnsafeBytes { Data($0.prefix(size * size * 3)) }
    }
  }

  func key(at index: Int) -> String { "picture-\(index)" }
  func label(at index: Int) -> Int? { index * 31 % classes.count }

  func read(at index: Int) throws -> EncodedImage {
    .pixels(pictures[index % pictures.count], width: size, height: size, channels: 3)
  }
}
