import Foundation
import TestSupport
import Testing

@testable import ImageData
@testable import Shards

@Suite("Labelled shards")
struct LabelledCollectionTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Writes a shard whose samples have these members beside their pictures.
  private func write(_ members: [(String, String)?], to name: String) throws {
    var tar = TarBuilder()
    for (number, member) in members.enumerated() {
      tar.add("\(number).jpg", "picture \(number)")
      if let (ending, text) = member { tar.add("\(number).\(ending)", text) }
    }
    try folder.write(Data(tar.finished), to: name)
  }

  private func labels(_ dataset: any ImageDataset) -> [String] {
    (0..<dataset.count).map { index in
      dataset.label(at: index).map { dataset.classes[$0] } ?? "-"
    }
  }

  private func indexed() throws -> String {
    let index = folder.path + "/d.index"
    try buildIndex(of: folder.path + "/d", in: index)
    return index
  }

  @Test(
    "the classes are those that occur; numbers without names are called by their digits, in order")
  func digits() throws {
    try write([("cls", "10"), ("cls", "2\n"), nil, ("cls", "10")], to: "d/0.tar")
    try write([("json", #"{"label": 7}"#)], to: "d/1.tar")
    let dataset = try IndexedCollection(folder: indexed()).labelled()
    #expect(dataset.classes == ["2", "7", "10"])
    #expect(labels(dataset) == ["10", "2", "-", "10", "7"])
    #expect(dataset.key(at: 4) == "1/0")
    #expect(try dataset.read(at: 1).bytes == Data("picture 1".utf8))
  }

  @Test("space around a label is no part of it; two Unicode spellings of one are refused with both")
  func spellings() throws {
    try write(
      [("cls", "cat \n"), ("json", #"{"label": "cat\u00a0"}"#), ("cls", "dog")], to: "d/0.tar")
    #expect(try labels(openDataset(indexed())) == ["cat", "cat", "dog"])
    try write([("cls", "caf\u{E9}"), ("cls", "cafe\u{301}"), ("cls", "caf\u{E9}")], to: "d/1.tar")
    let index = try indexed()
    let error = #expect(throws: ImageDataError.self) { _ = try openDataset(index) }
    #expect(
      error?.description.contains(
        #"the labels cafe\u{0301} (1 picture) and caf\u{00E9} (2 pictures) are one name"#) == true)
    #expect(try openDataset(index, unlabelled: true).count == 6)
  }

  @Test("numbers are called as classes.txt says, beside the shards or in the index's folder")
  func named() throws {
    try write([("cls", "2"), ("cls", "0")], to: "d/0.tar")
    let index = try indexed()
    try folder.write("air\nearth\nfire\nwater\n", to: "d.index/classes.txt")
    let dataset = try openDataset(index)
    #expect(dataset.classes == ["air", "fire"] && labels(dataset) == ["fire", "air"])
    try folder.write("air\nearth\n", to: "d.index/classes.txt")
    let error = #expect(throws: ImageDataError.self) { _ = try openDataset(index) }
    #expect(
      error?.description
        == "cannot open data set \(index)/classes.txt: it names 2 classes, but label 2 occurs; give each "
        + "label from 0 to 2 a line")
    try FileManager.default.moveItem(
      atPath: index + "/classes.txt", toPath: folder.path + "/d/classes.txt")
    var notes: [String] = []
    try buildIndex(of: folder.path + "/d", in: index, note: { notes.append($0) })
    #expect(
      notes == [
        "classes.txt beside the shards has 2 names, but label 2 occurs; classes are called by their "
          + "numbers"
      ])
    try folder.write("air\nearth\nfire\n", to: "d/classes.txt")
    try buildIndex(of: folder.path + "/d", in: index)
    #expect(try openDataset(index).classes == ["air", "fire"])
  }

  @Test("JSON says the class under the usual keys; what is called a name goes before numbers")
  func json() throws {
    try write(
      [
        ("json", #"{"class": "cat"}"#), ("json", #"{"label": 3, "label_name": "dog"}"#),
        ("json", #"{"class_name": "owl", "cls": 1}"#), ("json", #"{"category": "cat"}"#),
        ("json", #"{"target": "dog", "width": 3}"#),
        ("json", #"{"text": "a cat", "filename": "label"}"#),
      ], to: "d/0.tar")
    let dataset = try openDataset(indexed())
    #expect(dataset.classes == ["cat", "dog", "owl"])
    #expect(labels(dataset) == ["cat", "dog", "owl", "cat", "dog", "-"])
    var metadata = SampleMetadata()
    let isObject = metadata.take(json: Array(#"{"label_name": "dog"}"#.utf8))
    metadata.take(cls: Array("3".utf8))
    #expect(isObject && metadata.label == "dog")
  }

  @Test("an archive beside class folders makes no shards of them")
  func besideFolders() throws {
    try folder.add("one-pixel.png", as: "lab/cat/1.png")
    try folder.write("x", to: "lab/download.tar.gz")
    #expect(namesShards(folder.path + "/lab") && !namesLabelledShards(folder.path + "/lab"))
    try write([("cls", "0")], to: "d/0.tar")
    try write([("cls", "0")], to: "tree/a/0.tar")
    for name in ["d", "tree", "d/*.tar", "d/{0..3}.tar"] {
      #expect(namesLabelledShards("\(folder.path)/\(name)"), "\(name)")
    }
  }

  @Test("what cannot be read in any order is told by its name")
  func order() throws {
    try write([("cls", "0")], to: "d/0.tar")
    #expect(try whyReadInOrder(shards: folder.path + "/d") == nil)
    try write([("cls", "0")], to: "d/1.tar.gz")
    let gz = folder.path + "/d/1.tar.gz is compressed"
    #expect(try whyReadInOrder(shards: folder.path + "/d/*") == gz)
    #expect(
      try whyReadInOrder(shards: "pipe:cat a.tar")
        == "pipe:cat a.tar can only be read from its beginning to its end")
    #expect(
      try whyReadInOrder(shards: "http://localhost/a.tar")
        == "http://localhost/a.tar is on a server")
  }

  @Test("two lines of one name in classes.txt are refused as lines; two spellings of a tag are one")
  func twinLines() throws {
    for name in ["0", "1"] { try write([("cls", name), ("cls", "2")], to: "d/\(name).tar") }
    try folder.write("crane\nowl\ncrane\n", to: "d/classes.txt")
    let lines = #expect(throws: ImageDataError.self) { _ = try openDataset(try indexed()) }
    #expect(lines?.description.contains("the lines of classes.txt have crane twice; write") == true)
    let map = TagMap([("caf\u{E9}", "bar"), ("Cafe\u{301}", "bar")])
    #expect(map.classes(ofTag: "CAF\u{E9}") == ["bar"] && map.matches(["cafe\u{301}"]))
    #expect(TagMap([("a", "caf\u{E9}"), ("b", "cafe\u{301}")]).classes.count == 1)
  }
}
