import Files
import Foundation
import ImageData

/// What a set of pictures was when a run was made from it: names, classes and contents, one by one.
///
/// Hashes tell that a set is another one; this file tells in which pictures. After the magic bytes and
/// the number of pictures, each has the 16 bytes of its content hash, its class's name and its key,
/// both ended by a zero byte.
struct PictureList {
  /// One picture.
  struct Entry: Equatable {
    var key: String
    /// Empty where it has none.
    var className: String
    var contents: ContentHash.Prefix
  }

  private(set) var entries: [Entry] = []
  private static let magic = Data("HALLIST1".utf8)

  /// The pictures of `dataset` as they are.
  init(of dataset: any ImageDataset, _ contents: [PictureContents]) {
    entries = (0..<dataset.count).map { index in
      Entry(
        key: dataset.key(at: index),
        className: dataset.label(at: index).map { dataset.classes[$0] } ?? "",
        contents: contents.indices.contains(index)
          ? contents[index].known(in: dataset, at: index) : .none)
    }
  }

  /// Reads the file at `path`; nil where there is none or it is broken.
  init?(contentsOf path: String) {
    guard let data = try? FileContents.data(of: path), data.count >= 16,
      data.prefix(8) == Self.magic
    else { return nil }
    func word(_ place: Int) -> UInt64 {
      (0..<8).reduce(0) { $0 | UInt64(data[data.startIndex + place + $1]) << (8 * UInt64($1)) }
    }
    var place = 16
    func text() -> String? {
      guard let end = data[(data.startIndex + place)...].firstIndex(of: 0) else { return nil }
      defer { place = end - data.startIndex + 1 }
      return String(decoding: data[(data.startIndex + place)..<end], as: UTF8.self)
    }
    for _ in 0..<word(8) {
      guard place + 16 <= data.count else { return nil }
      let contents = ContentHash.Prefix(first: word(place), second: word(place + 8))
      place += 16
      guard let className = text(), let key = text() else { return nil }
      entries.append(Entry(key: key, className: className, contents: contents))
    }
  }

  /// Writes the list to `path`, durably.
  /// - Throws: `FileError` naming `path`.
  func write(to path: String) throws {
    var data = Self.magic
    withUnsafeBytes(of: UInt64(entries.count).littleEndian) { data.append(contentsOf: $0) }
    for entry in entries {
      data.append(entry.contents)
      for text in [entry.className, entry.key] {
        data.append(contentsOf: text.utf8)
        data.append(0)
      }
    }
    try DurableFile.write(data, to: path)
  }
}
