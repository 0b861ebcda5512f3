import Files
import Foundation
import Testing

@Suite("DurableFile")
struct DurableFileTests {
  let folder: String

  init() throws {
    folder = NSTemporaryDirectory() + "halcyon-files-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  }

  @Test("a file that is never committed leaves the old one and no temporary")
  func uncommitted() throws {
    let path = folder + "/a"
    try DurableFile.write("old", to: path)
    do {
      let file = try DurableFile(path: path)
      try file.write(Data("new".utf8))
    }
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "old")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a"])
  }

  @Test("a committed file replaces the old one whole")
  func committed() throws {
    let path = folder + "/a"
    try DurableFile.write("a longer old text", to: path)
    try DurableFile.write("new", to: path)
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "new")
  }

  @Test("what a killed process left goes after a day, and nothing else")
  func torn() throws {
    let old = Date(timeIntervalSinceNow: -100_000)
    for (name, date) in [
      ("a.tar.tmp-12-345", old), ("b.tar.tmp-12-345", Date()), ("a.tar", old), ("x.tmp-mine", old),
    ] {
      let path = "\(folder)/\(name)"
      try Data().write(to: URL(fileURLWithPath: path))
      try FileManager.default.setAttributes([.modificationDate: date], ofItemAtPath: path)
    }
    DurableFile.removeTorn(in: folder)
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        == ["a.tar", "b.tar.tmp-12-345", "x.tmp-mine"])
  }

  @Test("a folder that is not there is named in the error")
  func missingFolder() {
    let error = #expect(throws: FileError.self) {
      try DurableFile.write("x", to: folder + "/absent/b")
    }
    #expect(error?.description.contains("absent/b: No such file or directory") == true)
  }

  @Test("the checksum is the SHA-256 of FIPS 180-2's example")
  func checksum() throws {
    let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    #expect(Checksum.sha256(Data("abc".utf8)) == expected)
    try DurableFile.write("abc", to: folder + "/abc")
    #expect(try Checksum.sha256(file: folder + "/abc") == expected)
  }
}
