import Foundation
import ImageData
import Shards
import TestSupport
import Testing

@Suite("Tags of a list")
struct ManifestTagsTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("spaces and commas part tags, and their # is no part of them")
  func parted() throws {
    let path = try folder.write(
      "path,tags\na.jpg,\"#cat, sofa #Cat\"\nb.jpg,\nc.jpg,cat dog\nd.jpg,\" , # ,\"\n",
      to: "list.csv")
    let list = try ManifestDataset(path: path)
    #expect((0..<4).map(list.tags) == [["cat", "sofa", "Cat"], [], ["cat", "dog"], []])
  }

  @Test("a list without tags has none, and a split has those of its own lines")
  func splits() throws {
    let plain = try ManifestDataset(path: folder.write("path\na.jpg\n", to: "plain.csv"))
    #expect(plain.tags(at: 0) == [])
    let path = try folder.write(
      "path,split,tags\na.jpg,train,a\nb.jpg,test,b\nc.jpg,train,c d\n", to: "list.csv")
    let train = try ManifestDataset(path: path, split: "train")
    #expect((0..<2).map(train.tags) == [["a"], ["c", "d"]])
  }

  @Test("tags stay with a sample whose label is hidden and in a subset")
  func wrapped() throws {
    let path = try folder.write(
      "path,label,tags\na.jpg,x,a\nb.jpg,y,b\nc.jpg,x,c\n", to: "list.csv")
    let hidden = try openDataset(path, unlabelled: true)
    #expect((0..<3).map(hidden.tags) == [["a"], ["b"], ["c"]])
    let subset = try IndexedSubset(hidden, indices: [2, 0])
    #expect((0..<2).map(subset.tags) == [["c"], ["a"]])
    let untagged = try IndexedSubset(MadeDataset(count: 1), indices: [0])
    #expect(untagged.tags(at: 0) == [])
  }
}
