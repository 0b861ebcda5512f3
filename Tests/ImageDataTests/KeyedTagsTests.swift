import Foundation
import ImageData
import TestSupport
import Testing

@Suite("Tags by key")
struct KeyedTagsTests {
  private let folder: TemporaryFolder
  private let pictures: ManifestDataset

  init() throws {
    folder = try TemporaryFolder()
    pictures = try ManifestDataset(
      path: folder.write("path,tags\na.jpg,old\nb.jpg,\nc.jpg,old\n", to: "list.csv"))
  }

  private func tags(_ text: String) throws -> KeyedTags {
    try KeyedTags(pictures, tagsFrom: folder.write(text, to: "tags.csv"))
  }

  @Test(
    "each picture has the tags of its key, in whatever order the lines are, and none without one")
  func byKey() throws {
    let found = try tags("key,tags\na.jpg,\"#cat, sofa\"\nb.jpg,dog\nc.jpg,\n")
    #expect((0..<3).map(found.tags) == [["cat", "sofa"], ["dog"], []])
    let turned = try tags("tags,key\ndog,c.jpg\nsofa cat,a.jpg\n")
    #expect((0..<3).map(turned.tags) == [["sofa", "cat"], [], ["dog"]])
    #expect(turned.key(at: 2) == "c.jpg" && turned.count == 3 && turned.strayCount == 0)
  }

  @Test("lines of keys that no picture has are counted, and all such are refused")
  func strays() throws {
    let found = try tags("key,tags\nx.jpg,cat\nb.jpg,dog\ny.jpg,\n")
    #expect(found.strayCount == 2)
    #expect((0..<3).map(found.tags) == [[], ["dog"], []])
    try refuse(
      "key,tags\nx.jpg,cat\n", "none of its 1 key is one of list.csv; its first key is a.jpg")
  }

  @Test("two lines of one key, other columns and no column are refused by line or name")
  func refused() throws {
    try refuse("key,tags\na.jpg,b\na.jpg,c\n", "line 3: a.jpg has a line above already")
    try refuse("file,tags\na.jpg,b\n", "no column is named key; columns found: file, tags")
    try refuse("key,caption\na.jpg,b\n", "no column is named tags or hashtags")
    try refuse("key,tags\na.jpg,b,c\n", "line 2: 3 fields under a header of 2")
    try refuse("", "the file is empty")
  }

  private func refuse(_ text: String, _ reason: String) throws {
    let error = #expect(throws: ImageDataError.self) { try tags(text) }
    #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
  }
}
