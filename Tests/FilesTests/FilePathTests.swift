import Files
import Foundation
import SystemPackage
import Testing

@Suite("Paths")
struct FilePathTests {
  @Test(
    "an entry's folder, also of one letter, of the root and of what leads upwards",
    arguments: [
      ("x", "."), ("x/", "."), ("a/b", "a"), ("/a", "/"), ("/", "/"), ("..", "../.."),
      (".", "./.."),
      ("a/..", "a/../.."), ("", "."),
    ])
  func folder(_ path: String, _ folder: String) {
    #expect(FilePath(text: path).folder.text == folder)
  }

  @Test("an entry's name, and without what follows its last dot")
  func name() {
    #expect(FilePath(text: "x").name == "x")
    #expect(FilePath(text: "/a/b.c/").name == "b.c")
    #expect(FilePath(text: "/").name == "/")
    #expect(FilePath(text: "a/b/..").name == "a")
    #expect(FilePath(text: ".").name == FilePath.workingFolder.name)
    #expect(FilePath(text: #"sub/caf\xE9.v2.yaml"#).nameWithoutExtension == #"caf\xE9.v2"#)
    #expect(FilePath(text: "r").nameWithoutExtension == "r")
    #expect(FilePath(text: ".yaml").nameWithoutExtension == ".yaml")
  }

  @Test("an absolute path has no dots in it")
  func absolute() {
    let here = FilePath.workingFolder.text
    #expect(FilePath(text: "x").absolute.text == "\(here)/x")
    #expect(FilePath(text: "./x/./y").absolute.text == "\(here)/x/y")
    #expect(FilePath(text: "nowhere/../x").absolute.text == "\(here)/x")
    #expect(FilePath(text: "/../a/../..").absolute.text == "/")
  }

  @Test("upwards from a link is out of the folder that it is to, as for the system")
  func links() throws {
    let root = FilePath(text: NSTemporaryDirectory()).joined("paths-\(UUID().uuidString)").absolute
    try root.joined("far/deep").makeFolder()
    defer { try? root.remove() }
    #expect(symlink(root.joined("far/deep").text, root.joined("link").text) == 0)
    #expect(
      root.joined("link/../x").absolute.text == root.joined("far/x").real?.text
        ?? root.joined("far").real?.joined("x").text)
    #expect(root.joined("link/x").absolute == root.joined("link/x"))
  }

  @Test("what is not UTF-8 is made, listed, read and removed by its own bytes")
  func bytes() throws {
    let root = FilePath(text: NSTemporaryDirectory()).joined("paths-\(UUID().uuidString)")
    let folder = root.joined(#"d\xE9"#)
    try folder.makeFolder()
    defer { try? root.remove() }
    for name in [#"caf\xE9"#, #"caf\xE8"#, #"caf\x5CxE9"#] {
      try DurableFile.write(name, to: folder.joined(name).text)
    }
    #expect(try folder.names().sorted() == [#"caf\x5CxE9"#, #"caf\xE8"#, #"caf\xE9"#])
    for name in try folder.names() {
      #expect(try String(decoding: folder.joined(name).contents(), as: UTF8.self) == name)
    }
    #expect(try root.entriesBelow().count == 4)
    try root.remove()
    #expect(!root.exists)
  }

  @Test("removing a link leaves what it is to")
  func removingLinks() throws {
    let root = FilePath(text: NSTemporaryDirectory()).joined("paths-\(UUID().uuidString)")
    try root.joined("kept").makeFolder()
    defer { try? root.remove() }
    try DurableFile.write("a", to: root.joined("kept/a").text)
    try root.joined("gone").makeFolder()
    #expect(symlink("../kept", root.joined("gone/link").text) == 0)
    try root.joined("gone").remove()
    #expect(root.joined("kept/a").exists)
    #expect(!root.joined("gone").exists)
  }
}
