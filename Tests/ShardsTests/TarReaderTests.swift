import Foundation
import TestSupport
import Testing

@testable import ImageData
@testable import Shards

@Suite("TarReader")
struct TarReaderTests {
  struct Result: Equatable {
    var names: [String] = []
    var contents: [[UInt8]] = []
    var offsets: [Int] = []
    var reasons: [String] = []
  }

  private func read(_ stream: any ByteStream) throws -> Result {
    var result = Result()
    let reader = TarReader(stream)
    while let event = try reader.next() {
      switch event {
      case .member(let member):
        result.names.append(String(decoding: member.name, as: UTF8.self))
        result.offsets.append(member.offset)
        result.contents.append(try reader.contents(most: 1 << 20))
      case .problem(let problem): result.reasons.append(problem.reason)
      }
    }
    return result
  }

  private func read(_ bytes: [UInt8]) throws -> Result {
    let whole = try read(BytesStream(bytes, knowsSize: true, most: 1 << 20))
    for most in [1, 511, 1000] where bytes.count < 20_000 {
      #expect(try read(BytesStream(bytes, knowsSize: true, most: most)) == whole)
    }
    return whole
  }

  @Test("members have names, places and contents, whatever the format gives them")
  func members() throws {
    var tar = TarBuilder()
    tar.add("plain.jpg", "one")
    tar.add("deep.jpg", Array("two".utf8), prefix: "a/folder")
    tar.add("gnu.jpg", Array("three".utf8), prefix: "not a prefix", magic: "ustar  \u{0}")
    tar.add("old.jpg", Array("four".utf8), kind: "\u{0}", magic: "")
    tar.add("folder/", "", kind: "5")
    tar.add("also-a-folder/", "")
    tar.add("./dot.jpg", "five")
    tar.addPax([("mtime", "1.5"), ("path", "päth.jpg")])
    tar.add("short.jpg", "six")
    let long = String(repeating: "long/", count: 100) + "name.jpg"
    tar.add("././@LongLink", Array((long + "\u{0}").utf8), kind: "L")
    tar.add("long", "seven")
    tar.add("././@LongLink", Array("a link's target\u{0}".utf8), kind: "K")
    tar.add("empty.jpg", "")
    let result = try read(tar.finished)
    #expect(
      result.names == [
        "plain.jpg", "a/folder/deep.jpg", "gnu.jpg", "old.jpg", "dot.jpg", "päth.jpg", long,
        "empty.jpg",
      ])
    let texts = ["one", "two", "three", "four", "five", "six", "seven", ""]
    #expect(result.contents == texts.map { Array($0.utf8) })
    #expect(result.reasons.isEmpty)
    for (offset, contents) in zip(result.offsets, result.contents) {
      #expect(Array(tar.finished[offset..<offset + contents.count]) == contents)
    }
  }

  @Test("lengths come in octal, in base 256 and in pax records, for one member or all")
  func lengths() throws {
    let data = Array("data".utf8) + [UInt8](repeating: 0, count: 508)
    var tar = TarBuilder()
    tar.append(
      TarBuilder.header(
        "base256.jpg", sizeField: [0x80] + [UInt8](repeating: 0, count: 10) + [4]) + data)
    tar.append(TarBuilder.header("spaces.jpg", sizeField: Array("         4 ".utf8)) + data)
    tar.addPax([("size", "4")])
    tar.append(TarBuilder.header("pax.jpg") + data)
    tar.addPax([("size", "4"), ("comment", "for all that follow")], kind: "g")
    tar.append(TarBuilder.header("global.jpg") + data)
    tar.append(TarBuilder.header("global2.jpg") + data)
    let result = try read(tar.finished)
    #expect(
      result.names == ["base256.jpg", "spaces.jpg", "pax.jpg", "global.jpg", "global2.jpg"])
    #expect(result.contents.allSatisfy { $0 == Array("data".utf8) } && result.reasons.isEmpty)
  }

  @Test("links, devices, bad names and unknown kinds are passed over, each with its reason")
  func refusals() throws {
    var tar = TarBuilder()
    for (kind, name) in [("1", "hard"), ("2", "soft"), ("3", "tty"), ("4", "disk"), ("6", "fifo")] {
      tar.append(TarBuilder.header(name + ".jpg", kind: Character(kind)))
    }
    for name in ["/etc/passwd", "../up.jpg", "a/../../b.jpg", "a/..", ""] { tar.add(name, "x") }
    tar.add("weird.jpg", "some data", kind: "Z")
    tar.add("sparse.jpg", "some data", kind: "S")
    tar.addPax([("GNU.sparse.major", "1")])
    tar.add("sparse2.jpg", "some data")
    tar.add("L", Array(repeating: 65, count: 5000), kind: "L")
    tar.add("too-long.jpg", "x")
    tar.add("pax", "12 path=x\n and so on", kind: "x")
    tar.add("malformed.jpg", "x")
    tar.add("pax", [UInt8](repeating: 65, count: (1 << 20) + 1), kind: "x")
    tar.add("too-much.jpg", "x")
    tar.addPax([("path", "/absolute.jpg")])
    tar.add("harmless.jpg", "x")
    tar.add("..good/a..b/...jpg", "still here")
    let result = try read(tar.finished)
    #expect(result.names == ["..good/a..b/...jpg"])
    let link = "it is a link, which is not followed", device = "it is a device or a pipe"
    let out = "its name leads out of the archive"
    #expect(
      result.reasons == [
        link, link, device, device, device, "its name is absolute", out, out, out,
        "it has no name", "it is of the unknown kind 90", "it is a sparse file",
        "it is a sparse file", "its header has 5000 bytes of names",
        "its pax records are malformed", "its header has 1048577 bytes of names",
        "its name is absolute",
      ])
  }

  @Test("after bytes that are no header it goes on at the next one that is")
  func resynchronises() throws {
    var tar = TarBuilder()
    tar.add("a.jpg", "a")
    tar.append([UInt8](repeating: 65, count: 512 * 5))
    tar.append([UInt8](repeating: 0, count: 512 * 3))
    var flipped = TarBuilder.header("b.jpg", size: 1)
    flipped[3] ^= 1
    tar.append(flipped + [UInt8](repeating: 66, count: 512))
    tar.add("c.jpg", "c")
    for field in [[255] + [UInt8](repeating: 255, count: 11), Array("99999999999".utf8)] {
      tar.append(TarBuilder.header("lying.jpg", sizeField: field))
      tar.add("after.jpg", "d")
    }
    tar.append(TarBuilder.header("huge", sizeField: [0xBF] + [UInt8](repeating: 255, count: 11)))
    tar.append([UInt8](repeating: 0, count: 512))  // a lone block of zeros ends nothing
    tar.add("last.jpg", "e")
    let result = try read(tar.finished)
    #expect(result.names == ["a.jpg", "c.jpg", "after.jpg", "after.jpg", "last.jpg"])
    #expect(
      result.reasons.map { $0.prefix { $0 != ";" } } == [
        "not a tar header: its checksum is wrong", "its length is negative",
        "its length is not a number", "its length is larger than any file",
      ])
  }

  @Test("a length beyond the end, a second archive and an empty file are each one problem")
  func ends() throws {
    var tar = TarBuilder()
    tar.add("a.jpg", "a")
    let one = tar.finished
    tar.append(TarBuilder.header("b.jpg", size: 1 << 33))
    tar.add("c.jpg", "c")
    let lying = try read(tar.finished)
    #expect(lying.names == ["a.jpg", "c.jpg"])
    #expect(
      lying.reasons == [
        "it has 8589934592 bytes, but the archive ends after 3584; going on at the next header"
      ])
    let unknown = try read(BytesStream(tar.finished))
    #expect(unknown.names == ["a.jpg", "b.jpg"])
    #expect(
      unknown.reasons == [
        "the archive ends within its data; the rest, 2048 of 8589934592 bytes, is not read"
      ])
    let two = try read(one + [UInt8](repeating: 0, count: 8192) + one)
    #expect(two.names == ["a.jpg"])
    #expect(two.reasons == ["another archive follows the end of this one; it is not read"])
    #expect(try read([]).reasons == ["the archive is empty"])
    #expect(try read(Array("<html>".utf8)).reasons == ["it is no tar archive"])
    #expect(try read(one + one.prefix(300)).reasons.isEmpty)
  }

  @Test("cut at any byte, an archive gives the members before the cut and one problem")
  func cut() throws {
    let bytes = TarBuilder.shard(4, imageBytes: 600)
    let whole = try read(BytesStream(bytes, knowsSize: true))
    #expect(whole.names.count == 8 && whole.reasons.isEmpty)
    for count in 0..<bytes.count {
      for knowsSize in [true, false] {
        let part = Array(bytes.prefix(count))
        let result = try read(BytesStream(part, knowsSize: knowsSize, most: 4096))
        #expect(whole.names.starts(with: result.names))
        // From the first of the two blocks of zeros on nothing is missing.
        #expect(result.reasons.count == (count < bytes.count - 512 ? 1 : 0))
      }
    }
  }

  @Test("any byte may be anything: seeded noise over an archive never breaks the reader")
  func noise() throws {
    var random = CounterRandom(seed: 7, pass: 0, sample: 0)
    let bytes = TarBuilder.shard(4, imageBytes: 200)
    for _ in 0..<3000 {
      var broken = bytes
      for _ in 0..<1 + random.integer(below: 20) {
        broken[random.integer(below: broken.count)] = UInt8(random.integer(below: 256))
      }
      let result = try read(BytesStream(broken, knowsSize: true, most: 4096))
      for (offset, contents) in zip(result.offsets, result.contents) {
        #expect(offset + contents.count <= broken.count)
      }
    }
  }

  @Test("a file is read by its headers alone and gives what a stream gives")
  func file() throws {
    let folder = try TemporaryFolder()
    var tar = TarBuilder()
    for number in 0..<50 { tar.add("\(number).jpg", TarBuilder.picture(number, bytes: 40_000)) }
    let path = try folder.write(Data(tar.finished), to: "a.tar")
    let source = try ShardSource(ShardLocation(kind: .file, text: path))
    #expect(!source.isReadInOrder && source.state.size == tar.finished.count)
    var offsets: [Int] = []
    let reader = TarReader(source.stream)
    while case .member(let member)? = try reader.next() { offsets.append(member.offset) }
    #expect(offsets == (try read(tar.finished)).offsets && offsets.count == 50)
  }

  @Test("what GNU tar writes is read: long names, pax, links")
  func gnu() throws {
    let folder = try TemporaryFolder()
    let long = String(repeating: "a-long-folder-name/", count: 8) + "picture.jpg"
    try folder.write("long", to: "in/" + long)
    try folder.write("short", to: "in/b.jpg")
    symlink("b.jpg", folder.path + "/in/link.jpg")
    for format in ["gnu", "pax", "v7"] {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/bin/sh")
      let names = format == "v7" ? "b.jpg link.jpg" : "."
      process.arguments = ["-c", "tar --format=\(format) -C in -cf \(format).tar \(names)"]
      process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
      try process.run()
      process.waitUntilExit()
      try #require(process.terminationStatus == 0)
      let result = try read(
        ShardSource(ShardLocation(kind: .file, text: folder.path + "/\(format).tar")).stream)
      #expect(Set(result.names) == (format == "v7" ? ["b.jpg"] : [long, "b.jpg"]))
      #expect(result.reasons == ["it is a link, which is not followed"])
    }
  }
}
