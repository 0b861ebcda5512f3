import Foundation
import TestSupport
import Testing

@testable import ImageData
@testable import Shards

@Suite("Commands of strangers")
struct CommandPermissionTests {
  let folder: TemporaryFolder
  var index: String { folder.path + "/U.index" }

  init() throws {
    folder = try TemporaryFolder()
    try folder.write(Data(TarBuilder.shard(3)), to: "a.tar")
  }

  /// A command that gives a shard and leaves a trace.
  private var command: String {
    "pipe:touch \(folder.path)/ran; cat \(folder.path)/a.tar"
  }

  private var hasRun: Bool { FileManager.default.fileExists(atPath: folder.path + "/ran") }

  private func refusal(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "allowed"
    } catch {
      return "\(error)"
    }
  }

  @Test("what stands in the argument itself runs, with its braces; what a list says does not")
  func named() throws {
    #expect(try buildIndex(of: command + " # {1..2}", in: index).shards == 2)
    #expect(hasRun)
    unlink(folder.path + "/ran")
    try folder.write("\(command)\na.tar\n", to: "inner.list")
    try folder.write("inner.list\n", to: "outer.list")
    for list in ["inner.list", "outer.list"] {
      let text = refusal {
        try buildIndex(of: "\(folder.path)/\(list)", in: folder.path + "/L.index")
      }
      #expect(
        text.contains("it would run a shell command that nobody has named, `touch "), "\(text)")
      #expect(text.hasSuffix("give --allow-commands"))
    }
    #expect(!hasRun)
    var options = IndexOptions()
    options.commands = .all
    let all = try buildIndex(
      of: folder.path + "/outer.list", in: folder.path + "/L.index", options: options)
    #expect(all.shards == 2)
    #expect(hasRun)
  }

  @Test("an index with commands opens where each of them is named, or all are allowed")
  func opened() throws {
    try buildIndex(of: command + " # {1..12}", in: index)
    unlink(folder.path + "/ran")
    let text = refusal { _ = try IndexedCollection(folder: index) }
    #expect(text.contains("12 shell commands that nobody has named, the first `touch "), "\(text)")
    let few = CommandPermission(namedIn: command + " # {1..11}")
    #expect(refusal { _ = try IndexedCollection(folder: index, commands: few) }.contains("# 12`"))
    let named = CommandPermission(namedIn: command + " # {1..12}")
    #expect(try IndexedCollection(folder: index, commands: named).count == 36)
    #expect(!hasRun)
    _ = try IndexedCollection(folder: index, commands: .all).read(at: 0)
    #expect(hasRun)
  }

  @Test("a name that a list gives to a command is none that anybody has named")
  func variables() {
    let location = ShardLocation(kind: .pipe, text: "cat $SHARD", variable: "a.tar")
    let permission = CommandPermission(namedIn: "pipe:cat $SHARD")
    #expect(refusal { try permission.check([location], of: "U") } != "allowed")
  }

  @Test("what steers a terminal is not printed")
  func escapes() {
    let location = ShardLocation(kind: .pipe, text: "a\u{1B}[2Jb\nc")
    let text = refusal { try CommandPermission.denied.check([location], of: "U") }
    #expect(text.contains("`a [2Jb c`"), "\(text)")
  }

  @Test(
    "libcurl is given nothing but addresses of http and https",
    arguments: ["file:///etc/passwd", "-o/x", "@/etc/passwd", "ftp://h/a.tar", ""])
  func addresses(text: String) {
    let line = refusal { _ = try ShardSource(ShardLocation(kind: .url, text: text)) }
    #expect(line.contains("is no http(s) address"), "\(line)")
  }
}
