import Foundation
import TestSupport
import Testing

@testable import ImageData
@testable import Shards

@Suite("UniqueKeys")
struct UniqueKeysTests {
  private func keys(_ stems: [String]) -> [String] {
    var keys = UniqueKeys()
    return stems.map { String(decoding: keys.key(for: Array($0.utf8)), as: UTF8.self) }
  }

  @Test("a stem that comes again gets the next number that is free")
  func numbers() {
    #expect(keys(["a", "b", "a", "a", "b"]) == ["a", "b", "a#2", "a#3", "b#2"])
    #expect(keys(["a#2", "a", "a", "a#2", "a"]) == ["a#2", "a", "a#3", "a#2#2", "a#4"])
    #expect(keys(["a", "a", "a#2"]) == ["a", "a#2", "a#2#2"])
    #expect(keys(["", ""]) == ["", "#2"])
  }

  @Test("50,000 samples of one stem are as quick as of many, and no key is there twice")
  func many() {
    let stems = (0..<50_000).map { $0 % 3 == 0 ? "s#\($0)" : "s" }
    #expect(Set(keys(stems)).count == stems.count)
  }

  @Test(
    "members of one stem that are apart are two samples with keys of their own, however it is read",
    arguments: ["a.tar", "a.tar.gz"])
  func apart(_ name: String) throws {
    let folder = try TemporaryFolder()
    var tar = TarBuilder()
    for (stem, text) in [("x", "one"), ("y", "two"), ("x", "three"), ("x#2", "four")] {
      tar.add(stem + ".jpg", "picture " + text)
      tar.add(stem + ".txt", "#" + text)
    }
    let bytes = name.hasSuffix("gz") ? Stored.gzip(tar.finished) : tar.finished
    let path = try folder.write(Data(bytes), to: name)
    try buildIndex(of: path, in: folder.path + "/U.index")
    let ocean = try IndexedCollection(folder: folder.path + "/U.index")
    #expect((0..<ocean.count).map(ocean.key) == ["a/x", "a/y", "a/x#2", "a/x#2#2"])
    #expect((0..<ocean.count).map(ocean.tags) == [["one"], ["two"], ["three"], ["four"]])
    for (number, text) in ["one", "two", "three", "four"].enumerated() {
      #expect(try ocean.read(at: number).bytes == Data("picture \(text)".utf8))
    }
    // Which samples are kept makes no difference to their keys.
    var options = IndexOptions(workers: 1)
    options.requiredTags = TagMap([("three", "c")])
    try buildIndex(of: path, in: folder.path + "/U.index", options: options)
    #expect(try IndexedCollection(folder: folder.path + "/U.index").key(at: 0) == "a/x#2")
  }
}
