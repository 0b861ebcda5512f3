import Copies
import Files
import Foundation
import ImageData

/// What a set of pictures is: hashes over all of its names, all of its labels and all that it shows.
public struct ImagesIdentity: Codable, Equatable, Sendable {
  /// How many pictures there are.
  var count: Int
  /// The SHA-256 of their keys, in order.
  var keys: String
  /// The SHA-256 of the class names and of each picture's.
  var labels: String
  /// The SHA-256 of what each file holds.
  var contents: String

  /// Hashes `dataset`, whose pictures' contents are known.
  init(of dataset: any ImageDataset, _ contents: [ImageContents]) {
    count = dataset.count
    var keys = Data()
    var labels = Data(dataset.classes.map { $0 + "\0" }.joined().utf8)
    for index in 0..<dataset.count {
      keys.append(contentsOf: dataset.key(at: index).utf8)
      keys.append(0)
      withUnsafeBytes(of: Int32(dataset.label(at: index) ?? -1).littleEndian) {
        labels.append(contentsOf: $0)
      }
    }
    self.keys = Checksum.sha256(keys)
    self.labels = Checksum.sha256(labels)
    self.contents = Self.hash(of: contents.indices.map { contents[$0].known(in: dataset, at: $0) })
  }

  /// Of pictures whose hashes are known.
  init(count: Int, keys: String, labels: String, contents: String) {
    (self.count, self.keys, self.labels, self.contents) = (count, keys, labels, contents)
  }

  /// One hash for pictures that U must not hold, in whatever order and under whatever names.
  static func leftOut(_ contents: [[ImageContents]]) -> String {
    let all = Set(contents.joined().filter(\.isReadable).map(\.contentHash))
    return hash(of: all.sorted { ($0.first, $0.second) < ($1.first, $1.second) })
  }

  /// One hash for pictures in their order.
  static func hash(of contents: [ContentHash.Prefix]) -> String {
    var bytes = Data()
    for picture in contents { bytes.append(picture) }
    return Checksum.sha256(bytes)
  }
}

extension ImageContents {
  /// What the file at `index` holds, also where it is no picture that can be decoded.
  func known(in dataset: any ImageDataset, at index: Int) -> ContentHash.Prefix {
    guard !isReadable else { return contentHash }
    return (try? dataset.read(at: index)).map { ContentHash(of: $0).prefix } ?? .none
  }
}

extension Data {
  /// Appends the 16 bytes of a hash.
  mutating func append(_ hash: ContentHash.Prefix) {
    for word in [hash.first, hash.second] {
      Swift.withUnsafeBytes(of: word.littleEndian) { append(contentsOf: $0) }
    }
  }
}
