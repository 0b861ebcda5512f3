import Foundation
import TestSupport
import Testing

@testable import ImageData
@testable import Shards

@Suite("LyingLengths")
struct LyingLengthsTests {
  let folder: TemporaryFolder
  var index: String { folder.path + "/U.index" }
  /// 8,589,934,591 bytes in the eleven digits of the field.
  static let most = Array("77777777777\0".utf8)

  init() throws { folder = try TemporaryFolder() }

  /// Three samples, of which the second's picture, or a header before it, has `field` as its length.
  private func tar(kind: Character, _ field: [UInt8]) -> [UInt8] {
    var tar = TarBuilder()
    tar.add("a.jpg", "one")
    if kind == "0" {
      tar.append(TarBuilder.header("b.jpg", sizeField: field))
      tar.append(Array("two".utf8) + [UInt8](repeating: 0, count: 509))
    } else {
      tar.append(TarBuilder.header("names", kind: kind, sizeField: field))
      tar.append(Array("12 path=x\n".utf8) + [UInt8](repeating: 0, count: 502))
      tar.add("b.jpg", "two")
    }
    tar.add("c.jpg", "three")
    return tar.finished
  }

  private func open(_ bytes: [UInt8], _ name: String = "s.tar") throws -> IndexedCollection {
    let path = try folder.write(Data(bytes), to: name)
    try buildIndex(of: path, in: index)
    return try IndexedCollection(folder: index)
  }

  private func pictures(_ ocean: IndexedCollection) throws -> [String] {
    try (0..<ocean.count).map {
      "\(ocean.key(at: $0)): \(String(decoding: try ocean.read(at: $0).bytes, as: UTF8.self))"
    }
  }

  @Test(
    "a length that is larger than the archive, negative or no number costs its own sample only",
    arguments: [
      (most, "it has 8589934591 bytes, but the archive ends after 4096"),
      (Array("00000010000\0".utf8), "it has 4096 bytes, but the archive ends after 4096"),
      ([255] + [UInt8](repeating: 255, count: 11), "its length is negative"),
      (Array("99999999999\0".utf8), "its length is not a number"),
    ])
  func own(_ field: [UInt8], _ reason: String) throws {
    let ocean = try open(tar(kind: "0", field))
    #expect(try pictures(ocean) == ["s/a: one", "s/c: three"])
    #expect(
      ocean.problems(ofShard: 0).map { "\($0.key): \($0.reason)" } == [
        "b.jpg: \(reason); going on at the next header (at byte 1024)"
      ])
    // Whoever reads the same file in order gives the same.
    let shard = SequentialShard(
      name: "s", location: ShardLocation(kind: .file, text: folder.path + "/s.tar"),
      index: try ShardIndex(path: index + "/s.index"), patience: .init())
    let inOrder = try (0..<2).map { String(decoding: try shard.read($0, key: ""), as: UTF8.self) }
    #expect(inOrder == ["one", "three"])
  }

  @Test("so does one of a header with names; what it names is passed over, not called otherwise")
  func names() throws {
    for (kind, keys) in [
      ("L", ["s/a", "s/c"]), ("x", ["s/a", "s/c"]), ("K", ["s/a", "s/b", "s/c"]),
      ("g", ["s/a", "s/b", "s/c"]),
    ] {
      let ocean = try open(tar(kind: Character(kind), Self.most))
      #expect((0..<ocean.count).map { ocean.key(at: $0) } == keys, "\(kind)")
      let reasons = ocean.problems(ofShard: 0).map(\.reason)
      #expect(reasons.count == 4 - keys.count)
      #expect(reasons[0].contains("but the archive ends after 5120; going on at the next header"))
    }
  }

  @Test("without another header or an archive's end after it, the archive is cut there")
  func cut() throws {
    var tar = TarBuilder()
    tar.add("a.jpg", "one")
    tar.append(TarBuilder.header("b.jpg", sizeField: Self.most))
    for rest in [0, 100, 512, 1024, 5000] {
      let ocean = try open(tar.bytes + [UInt8](repeating: 7, count: rest))
      #expect(try pictures(ocean) == ["s/a: one"])
      #expect(ocean.problems(ofShard: 0).isEmpty)
      #expect(
        ocean.cutShard(0)?.reason
          == "is cut short at byte \(1536 + rest); 1 picture stands before it")
    }
    let ocean = try open(tar.finished)
    #expect(try pictures(ocean) == ["s/a: one"] && ocean.cutShards?.count == 0)
    #expect(
      ocean.problems(ofShard: 0).map(\.reason) == [
        "it has 8589934591 bytes, but the archive ends after 2560 (at byte 1024)"
      ])
  }

  @Test("where nobody knows how long the archive is, what is not read any more is said")
  func unknownLength() throws {
    let ocean = try open(Stored.gzip(tar(kind: "0", Self.most)), "s.tar.gz")
    #expect(try pictures(ocean) == ["s/a: one"])
    // A block of b, two of c and two of zeros.
    #expect(
      ocean.problems(ofShard: 0).map { "\($0.key): \($0.reason)" } == [
        "b.jpg: 8589934591 bytes are more than a picture has", "b: its sample has no picture",
      ])
    #expect(
      ocean.cutShard(0)?.reason
        == "is cut short at byte 4096 of what it inflates to; 1 picture stands before it")
  }
}
