import Foundation
import TestSupport
import Testing

@testable import ImageData
@testable import Shards

@Suite("Refused indexes")
struct RefusedIndexTests {
  let folder: TemporaryFolder
  var index: String { folder.path + "/U.index" }

  init() throws { folder = try TemporaryFolder() }

  @Test("an index that is refused leaves no folder; one that has something keeps it")
  func withdrawn() throws {
    try folder.write(Data(TarBuilder.shard(0)), to: "shards/00000.tar")
    let source = folder.path + "/shards/{00000..00001}.tar"
    var options = IndexOptions()
    options.allowsEmpty = false
    options.allowsMissing = true
    let place = folder.path + "/deep/er.index"
    let error = #expect(throws: ImageDataError.self) {
      try buildIndex(of: source, in: place, options: options)
    }
    #expect(error.map { "\($0)".hasSuffix("there is no picture to list") } ?? false)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["shards"])
    // A folder that was there stays; so does what an index was made of before.
    try FileManager.default.createDirectory(atPath: index, withIntermediateDirectories: false)
    #expect(throws: ImageDataError.self) { try buildIndex(of: source, in: index, options: options) }
    #expect(try FileManager.default.contentsOfDirectory(atPath: index).isEmpty)
    try folder.write(Data(TarBuilder.shard(10)), to: "shards/00000.tar")
    try buildIndex(of: source, in: index, options: options)
    try folder.write(Data(TarBuilder.shard(0)), to: "shards/00000.tar")
    #expect(throws: ImageDataError.self) { try buildIndex(of: source, in: index, options: options) }
    #expect(try IndexedCollection(folder: index).count == 10)
  }
}
