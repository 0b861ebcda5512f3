import Files
import Foundation
import TestSupport
import Testing

@testable import ImageData
@testable import Shards

@Suite("Classes of one name")
struct DistinctClassesTests {
  let folder: TemporaryFolder
  /// é as one character, and as e with an accent.
  let composed = "caf\u{E9}", decomposed = "cafe\u{301}"

  init() throws { folder = try TemporaryFolder() }

  private func reason(_ body: () throws -> Void) -> String? {
    guard case .dataset(_, let reason)? = #expect(throws: ImageDataError.self, performing: body)
    else { return nil }
    return reason
  }

  @Test("class folders that differ in Unicode's form alone are refused with both and their counts")
  func folders() throws {
    for name in ["1", "2"] { try folder.add("one-pixel.png", as: "d/\(composed)/\(name).png") }
    try folder.add("one-pixel.png", as: "d/\(decomposed)/1.png")
    try folder.add("one-pixel.png", as: "d/dog/1.png")
    let reason = reason { _ = try FolderDataset(root: folder.path + "/d") }
    #expect(
      reason == #"the class folders cafe\u{0301} (1 picture) and caf\u{00E9} (2 pictures) are one "#
        + "name, written with other Unicode characters; bring the pictures of both into one folder, "
        + "or rename one of them")
    // Without labels the folders mean nothing, and each picture is one.
    let dataset = try FolderDataset(root: folder.path + "/d", unlabelled: true)
    #expect(dataset.count == 4)
    #expect(Set((0..<4).map { Array(dataset.key(at: $0).utf8) }).count == 4)
  }

  @Test("a class is called without the space around its folder's name, and two such are refused")
  func spaces() throws {
    for name in ["cat\u{A0}", " dog", " "] {
      try folder.add("one-pixel.png", as: "d/\(name)/1.png")
    }
    let dataset = try FolderDataset(root: folder.path + "/d")
    #expect(Set(dataset.classes) == ["cat", "dog", " "])
    #expect((0..<3).allSatisfy { (try? dataset.read(at: $0)) != nil })
    try folder.add("one-pixel.png", as: "d/cat/1.png")
    try folder.add("one-pixel.png", as: "d/cat/2.png")
    let reason = reason { _ = try FolderDataset(root: folder.path + "/d") }
    #expect(
      reason == #"the class folders cat (2 pictures) and cat\u{00A0} (1 picture) are one name, "#
        + "written with other white space around it; bring the pictures of both into one folder, or "
        + "rename one of them")
  }

  @Test("names that differ in case, white space or underscores alone are told with their counts")
  func lookalikes() throws {
    for name in [
      "Cat", "cat", "gold fish", "gold_fish", "gold\u{A0}fish", "gold  fish", "goldfish",
    ] {
      try folder.add("one-pixel.png", as: "d/\(name)/1.png")
    }
    try folder.add("one-pixel.png", as: "d/cat/2.png")
    let dataset = try FolderDataset(root: folder.path + "/d")
    #expect(
      dataset.lookalikesLine
        == "classes that differ in case, white space or underscores alone: Cat (1 picture) and cat "
        + #"(2 pictures), gold \u{0020}fish (1 picture) and gold fish (1 picture) and gold_fish "#
        + #"(1 picture) and goldfish (1 picture) and gold\u{00A0}fish (1 picture); where they are one "#
        + "class, bring their pictures under one name")
    // Letters are classes of their own, and so are numbers that spaces part.
    for names in [["A", "a", "B", "b"], ["1 12", "11 2", "112"], ["cat", "cats"]] {
      #expect(ClassName.lookalikes(among: names).isEmpty)
    }
    #expect(ClassName.firstTwins(["a", "b", "b "]).map { [$0.first, $0.second] } == [1, 2])
  }

  @Test("labels of a list that do are refused, too")
  func labels() throws {
    let list = try folder.write(
      "path,label\n1.png,\(composed)\n2.png,\(decomposed)\n3.png,\(composed)\n4.png,dog\n",
      to: "list.csv")
    let reason = reason { _ = try openDataset(list) }
    #expect(
      reason?.hasPrefix(
        #"the labels cafe\u{0301} (1 picture) and caf\u{00E9} (2 pictures) are one name"#) == true)
  }

  @Test("a line of classes.txt that comes twice is refused by name")
  func lines() throws {
    let header: [UInt8] = [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1]
    try folder.write(Data(header + [1, 2]), to: "train-images-idx3-ubyte")
    try folder.write(Data([0, 0, 8, 1, 0, 0, 0, 2, 0, 1]), to: "train-labels-idx1-ubyte")
    try folder.write("cat\ndog\ncat\n", to: "classes.txt")
    let reason = reason { _ = try openDataset(folder.path) }
    #expect(reason == "lines 1 and 3 have cat; write a name of its own for each class")
  }

  @Test("pictures and shards whose names do are all there, each with a key of its own")
  func names() throws {
    for name in [composed, decomposed] {
      try folder.add("one-pixel.png", as: "u/\(name).png")
      try folder.write(Data(TarBuilder.shard(2, first: 0)), to: "s/\(name).tar")
    }
    #expect(try FolderDataset(root: folder.path + "/u", unlabelled: true).count == 2)
    let index = folder.path + "/s.index"
    let summary = try buildIndex(of: folder.path + "/s", in: index)
    #expect(summary.shards == 2)
    let collection = try IndexedCollection(folder: index)
    #expect(Set((0..<4).map { Array(collection.key(at: $0).utf8) }).count == 4)
  }

  @Test("pictures whose names are not UTF-8 have keys of their own, in folders, indexes and lists")
  func bytes() throws {
    let data = try TestImages.data("one-pixel.png")
    let keys = [#"a\xE8.png"#, #"a\xE9.png"#, #"b\x5CxE9.png"#]
    for key in keys { try DurableFile.write(data, to: "\(folder.path)/\(key)") }
    let list = Data("path\n".utf8) + keys.flatMap { PathText.bytes(of: $0) + [10] }
    try folder.write(list, to: "list.csv")
    let index = folder.path + "/u.index"
    try buildIndex(of: folder.path + "/**", in: index)
    let sets: [any ImageDataset] = [
      try FolderDataset(root: folder.path), try openDataset(folder.path + "/list.csv"),
      try IndexedCollection(folder: index), try ImageFiles(expanding: [folder.path]),
    ]
    for set in sets {
      #expect(set.count == 3)
      let found = (0..<set.count).map { set.key(at: $0) }
      #expect(zip(found, keys).allSatisfy { $0.hasSuffix($1) }, "\(found)")
      for sample in 0..<set.count { #expect(try set.read(at: sample).bytes == data) }
    }
  }
}
