import Copies
import Foundation
import TestSupport
import Testing

@testable import ImageData
@testable import Shards

@Suite("IndexHashes")
struct IndexHashesTests {
  let folder: TemporaryFolder
  var index: String { folder.path + "/U.index" }
  let plain = IndexOptions(workers: 2)
  var hashing = IndexOptions(workers: 2)

  // Their headers say 32 × 24, 24 × 16 to be turned upright, 1 × 1, and nothing.
  static let names = ["colour.jpg", "exif-orientation-6.jpg", "one-pixel.jpg", "html-named.jpg"]
  static let sizes = [
    ImageSize(width: 32, height: 24), ImageSize(width: 16, height: 24),
    ImageSize(width: 1, height: 1), nil,
  ]

  init() throws {
    folder = try TemporaryFolder()
    hashing.hashesContents = true
  }

  private func tar() throws -> [UInt8] {
    var tar = TarBuilder()
    for (number, name) in Self.names.enumerated() {
      tar.add("\(number).jpg", [UInt8](try TestImages.data(name)))
    }
    return tar.finished
  }

  private func expectHashes() throws {
    let ocean = try IndexedCollection(folder: index)
    for (number, name) in Self.names.enumerated() {
      #expect(ocean.contentHash(at: number) == ContentHash(of: try TestImages.data(name)))
      #expect(ocean.imageSize(at: number) == Self.sizes[number], "\(name)")
    }
    #expect(ocean.imageSize(at: 4) == nil)
  }

  @Test(
    "hashes and sizes are noted when asked for, and a later call without --hash keeps them",
    arguments: ["a.tar", "a.tar.gz"])
  func kept(_ name: String) throws {
    let bytes = try tar()
    let path = try folder.write(Data(name == "a.tar" ? bytes : Stored.gzip(bytes)), to: name)
    #expect(try buildIndex(of: path, in: index, options: plain).reusedShards == 0)
    let bare = try IndexedCollection(folder: index)
    #expect(bare.contentHash(at: 0) == nil && bare.imageSize(at: 0) == nil)
    // One without hashes does not say what is asked for; one with them says all.
    #expect(try buildIndex(of: path, in: index, options: hashing).reusedShards == 0)
    try expectHashes()
    #expect(try buildIndex(of: path, in: index, options: plain).reusedShards == 1)
    try expectHashes()
    #expect(try buildIndex(of: path, in: index, options: hashing).reusedShards == 1)
    var again = plain
    again.readsAll = true
    #expect(try buildIndex(of: path, in: index, options: again).reusedShards == 0)
    #expect(try IndexedCollection(folder: index).contentHash(at: 0) == nil)
  }

  @Test("hashes of single pictures are kept as long as no length and no time has changed")
  func pictures() throws {
    for (number, name) in Self.names.enumerated() { try folder.add(name, as: "U/\(number).jpg") }
    try buildIndex(of: folder.path + "/U", in: index, options: hashing)
    try expectHashes()
    #expect(try buildIndex(of: folder.path + "/U", in: index, options: plain).reusedShards == 1)
    #expect(try buildIndex(of: folder.path + "/U", in: index, options: hashing).reusedShards == 1)
    try expectHashes()
    // Another picture of the same length.
    var other = try TestImages.data("colour.jpg")
    other[other.count - 3] ^= 1
    let path = try folder.write(other, to: "U/0.jpg")
    try FileManager.default.setAttributes(
      [.modificationDate: Date(timeIntervalSince1970: 1)], ofItemAtPath: path)
    #expect(try buildIndex(of: folder.path + "/U", in: index, options: hashing).reusedShards == 0)
    #expect(try IndexedCollection(folder: index).contentHash(at: 0) == ContentHash(of: other))
    try FileManager.default.setAttributes(
      [.modificationDate: Date(timeIntervalSince1970: 2)], ofItemAtPath: path)
    #expect(try buildIndex(of: folder.path + "/U", in: index, options: plain).reusedShards == 0)
    #expect(try IndexedCollection(folder: index).contentHash(at: 0) == nil)
  }
}
