import Files
import Foundation
import TestSupport
import Testing

@testable import ImageData
@testable import Shards

@Suite("ShardTable")
struct ShardTableTests {
  let folder: TemporaryFolder
  var index: String { folder.path + "/U.index" }

  init() throws { folder = try TemporaryFolder() }

  /// Four samples: bare, with tags of its own, with a text without any, with a class.
  private func writeTar(to name: String = "U/00000.tar") throws {
    var tar = TarBuilder()
    tar.add("000.jpg", "one")
    tar.add("a/001.jpg", "two")
    tar.add("a/001.json", "{\"tags\": [\"own\"]}")
    tar.add("002.jpg", "three")
    tar.add("002.txt", "no tags here")
    tar.add("003.jpg", "four")
    tar.add("003.cls", "cat")
    try folder.write(Data(tar.finished), to: name)
  }

  private let csv = """
    Key,url,caption,tags,label,status
    000,x,a #Bird and #fish,,dog,success
    001,x,#other,"#blue, red",dog,success
    002,x,#unread,,,success
    003,x,,"#blue, red",dog,success
    003,x,,second,,success
    004,x,#gone,,,failed

    """

  private func described(_ ocean: IndexedCollection) -> [String] {
    (0..<ocean.count).map { number in
      let label = ocean.label(at: number).map { ocean.classes[$0] } ?? "-"
      return "\(ocean.key(at: number)) \(label) \(ocean.tags(at: number).joined(separator: " "))"
    }
  }

  /// What the members of the four and the table tell together.
  private let expected = [
    "00000/000 dog Bird fish", "00000/a/001 dog own", "00000/002 - ", "00000/003 cat blue red",
  ]

  @Test("a CSV beside a shard tells what the members do not: tags, captions' hashtags, classes")
  func besideIt() throws {
    try writeTar()
    try folder.write(csv, to: "U/00000.csv")
    var notes: [String] = []
    let summary = try buildIndex(of: folder.path + "/U", in: index, note: { notes.append($0) })
    #expect(summary.samples == 4 && summary.problems == 0 && notes.isEmpty)
    // 001's caption has one too, but its tags were told; 002 has a text, which is its caption.
    #expect(described(try IndexedCollection(folder: index)) == expected)
    // A compressed shard's table, and --require-tags by it.
    try folder.write(Data(Stored.gzip(TarBuilder.shard(4))), to: "z/7.tar.gz")
    try folder.write("key,hashtags\ns2,#Bird\ns3,fish\n", to: "z/7.csv")
    var options = IndexOptions(workers: 1)
    options.requiredTags = TagMap([("bird", "bird")])
    try buildIndex(of: folder.path + "/z", in: folder.path + "/z.index", options: options)
    #expect(described(try IndexedCollection(folder: folder.path + "/z.index")) == ["7/s2 2 Bird"])
  }

  @Test("a table that comes, changes or goes makes its shard's index anew, and no other's")
  func freshness() throws {
    try writeTar()
    try writeTar(to: "U/00001.tar")
    let before = try buildIndex(of: folder.path + "/U", in: index)
    #expect(before.samples == 8)
    let identity = try IndexedCollection(folder: index).identity
    try folder.write("key,tags\n000,new\n", to: "U/00001.csv")
    #expect(try buildIndex(of: folder.path + "/U", in: index).reusedShards == 1)
    let ocean = try IndexedCollection(folder: index)
    #expect(ocean.tags(at: 4) == ["new"] && ocean.tags(at: 0) == [])
    #expect(try buildIndex(of: folder.path + "/U", in: index).reusedShards == 2)
    try FileManager.default.removeItem(atPath: folder.path + "/U/00001.csv")
    #expect(try buildIndex(of: folder.path + "/U", in: index).reusedShards == 1)
    #expect(try IndexedCollection(folder: index).identity == identity)
  }

  @Test(
    "a table that is none costs nothing but itself, and problems.csv says why",
    arguments: [
      ("uid,tags\n000,a\n", "no column named key; columns found: uid, tags"),
      ("", "it is empty"),
      ("key,tags\n000,\"a\n", "line 2: a quote that is never closed"),
      ("key,tags\n000\n", "line 2: 1 fields under a header of 2"),
      ("\n\n", "it is empty"),
      ("key\n" + String(repeating: ",", count: 70_000), "line 2: more than 65536 fields"),
    ])
  func wrong(_ text: String, _ reason: String) throws {
    try writeTar()
    try folder.write(text, to: "U/00000.csv")
    let summary = try buildIndex(of: folder.path + "/U", in: index)
    #expect(summary.samples == 4 && summary.problems == 1)
    let ocean = try IndexedCollection(folder: index)
    #expect(
      ocean.problems(ofShard: 0)[0].reason
        == "cannot open data set \(folder.path)/U/00000.csv: \(reason); nothing is taken from it")
    #expect((0..<4).map(ocean.tags) == [[], ["own"], [], []])
  }

  @Test("a list's tags are in its index, and --require-tags keeps its pictures that carry one")
  func lists() throws {
    for name in ["a.jpg", "b.jpg", "c.jpg"] { try folder.write("x", to: name) }
    try folder.write("path,tags\na.jpg,#Cat sofa\nb.jpg,dog\nc.jpg,\n", to: "list.csv")
    try buildIndex(of: folder.path + "/list.csv", in: index)
    let ocean = try IndexedCollection(folder: index)
    #expect((0..<3).map(ocean.tags) == [["Cat", "sofa"], ["dog"], []])
    var options = IndexOptions(workers: 1)
    options.requiredTags = TagMap([("dog", "d")])
    let summary = try buildIndex(of: folder.path + "/list.csv", in: index, options: options)
    #expect(summary.samples == 1 && summary.problems == 0)
    #expect(try IndexedCollection(folder: index).key(at: 0) == "b.jpg")
  }

  @Test(
    "img2dataset's Parquet tells what the same lines in CSV do",
    .enabled(if: ParquetLibrary.isAvailable, "there is no Apache Arrow here: run `make parquet`"))
  func parquet() throws {
    try writeTar()
    let file = try ParquetWriter(
      path: folder.path + "/U/00000.parquet",
      fields: ["url", "caption", "key", "status", "tags", "label"].map {
        ParquetField($0, .string, isOptional: true)
      } + [ParquetField("width", .int32)])
    func texts(_ texts: String?...) -> ParquetColumn { .strings(ParquetStrings(texts)) }
    try file.write([
      texts("x", "x", "x", "x"), texts("a #Bird and #fish", "#other", "#unread", nil),
      texts("000", "001", "002", "003"), texts("success", nil, "success", "failed_to_download"),
      texts(nil, "#blue, red", nil, "#blue, red"), texts("dog", "dog", nil, "dog"),
      .int32([1, 2, 3, 4]),
    ])
    try file.finish()
    // It goes before a CSV.
    try folder.write("key,tags\n002,csv\n", to: "U/00000.csv")
    #expect(try buildIndex(of: folder.path + "/U", in: index).problems == 0)
    #expect(described(try IndexedCollection(folder: index)) == expected)
    // Its bytes broken or of another kind: a problem, and the members' own tags.
    try folder.write("PAR1 and no more", to: "U/00000.parquet")
    #expect(try buildIndex(of: folder.path + "/U", in: index).problems == 1)
    let reason = try IndexedCollection(folder: index).problems(ofShard: 0)[0].reason
    #expect(reason.contains("00000.parquet: Parquet: "))
  }

  @Test(
    "without the library one line says how many tables were not read and what to install",
    .enabled(if: !ParquetLibrary.isAvailable))
  func without() throws {
    for shard in 0..<3 {
      try writeTar(to: "U/\(shard).tar")
      try folder.write("PAR1", to: "U/\(shard).parquet")
    }
    var notes: [String] = []
    let summary = try buildIndex(of: folder.path + "/U", in: index, note: { notes.append($0) })
    #expect(summary.samples == 12 && summary.problems == 0 && notes.count == 1)
    #expect(notes[0].hasPrefix("shards with a .parquet beside them that may know their hashtags, "))
    #expect(notes[0].contains("not read: 3. Parquet needs"))
    #expect(notes[0].contains("run `make parquet`"))
  }
}
