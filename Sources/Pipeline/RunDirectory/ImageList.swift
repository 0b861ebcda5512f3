import Copies
import Files
import Foundation
import ImageData

/// What a set of pictures was when a run was made from it: names, classes and contents, one by one.
///
/// Hashes tell that a set is another one; this file tells in which pictures, and what they were called
/// where they are no longer there. After the magic bytes and the number of pictures, each has the 16
/// bytes of its content hash, its class's name and its key, both ended by a zero byte.
final class ImageList: Sendable {
  /// One picture.
  struct Entry: Equatable {
    var key: String
    /// Empty where it has none.
    var className: String
    /// Zeros where they were not noted.
    var contents: ContentHash.Prefix
  }

  private let file: MappedFile
  /// Where each entry begins.
  private let places: [Int]
  private static let magic = Data("HALLIST1".utf8)
  private static let headBytes = 16

  /// How many pictures there are.
  var count: Int { places.count }

  /// Opens the list at `path`; nil where there is none or it is broken.
  init?(contentsOf path: String) {
    guard let file = try? MappedFile(path: path), file.bytes.count >= Self.headBytes,
      file.bytes.prefix(8).elementsEqual(Self.magic)
    else { return nil }
    self.file = file
    let count = Int(clamping: file.bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
    var places: [Int] = []
    var place = Self.headBytes
    for _ in 0..<count {
      places.append(place)
      place += Self.headBytes
      for _ in 0..<2 {
        guard place < file.bytes.count,
          let end = file.bytes[place...].firstIndex(of: 0)
        else { return nil }
        place = end + 1
      }
    }
    self.places = places
  }

  /// The picture at `index`.
  subscript(index: Int) -> Entry {
    withExtendedLifetime(file) {
      let place = places[index]
      func word(_ offset: Int) -> UInt64 {
        UInt64(littleEndian: file.bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
      }
      let name = file.bytes[(place + Self.headBytes)...].prefix { $0 != 0 }
      let key = file.bytes[(name.endIndex + 1)...].prefix { $0 != 0 }
      return Entry(
        key: String(decoding: key, as: UTF8.self),
        className: String(decoding: name, as: UTF8.self),
        contents: .init(first: word(place), second: word(place + 8)))
    }
  }

  /// The picture at `index` of `dataset` as it is now.
  static func entry(_ index: Int, of dataset: any ImageDataset, _ contents: [ImageContents])
    -> Entry
  {
    Entry(
      key: dataset.key(at: index),
      className: dataset.label(at: index).map { dataset.classes[$0] } ?? "",
      contents: contents.indices.contains(index)
        ? contents[index].known(in: dataset, at: index) : .none)
  }

  /// Writes the pictures of `dataset` to `path`, durably; without `contents` they are not noted.
  /// - Throws: `FileError` naming `path`.
  static func write(
    _ dataset: any ImageDataset, _ contents: [ImageContents] = [], to path: String
  ) throws {
    let file = try DurableFile(path: path)
    var data = magic
    withUnsafeBytes(of: UInt64(dataset.count).littleEndian) { data.append(contentsOf: $0) }
    for index in 0..<dataset.count {
      let entry = entry(index, of: dataset, contents)
      data.append(entry.contents)
      for text in [entry.className, entry.key] {
        data.append(contentsOf: text.utf8)
        data.append(0)
      }
      guard data.count > 1 << 20 else { continue }
      try file.write(data)
      data.removeAll(keepingCapacity: true)
    }
    try file.write(data)
    try file.commit()
  }
}
