import Foundation
import TestSupport
import Testing

@testable import ImageData
@testable import Shards

@Suite("BuildIndex without some shards")
struct MissingShardsTests {
  let folder: TemporaryFolder
  var index: String { folder.path + "/U.index" }
  var options = IndexOptions(workers: 2)

  init() throws {
    folder = try TemporaryFolder()
    options.patience.firstWait = 1
  }

  private func write(_ shards: [Int]) throws {
    for shard in shards {
      try folder.write(Data(TarBuilder.shard(2, first: 2 * shard)), to: "U/\(shard).tar")
    }
  }

  private func message(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "none"
    } catch {
      #expect((error as? ImageDataError)?.isSource == true)
      return "\(error)".replacingOccurrences(of: folder.path, with: "")
    }
  }

  @Test("files that are not there are counted and the first five named before any work is done")
  func files() throws {
    try write([0, 4])
    let text = message { try buildIndex(of: folder.path + "/U/{0..8}.tar", in: index) }
    #expect(
      text
        == "7 of 9 shards are not there or cannot be read: "
        + [1, 2, 3, 5, 6].map {
          "\($0) (cannot open /U/\($0).tar: No such file or directory)"
        }.joined(separator: "; ")
        + "; and 2 more. Mend them and run halcyon index again, which goes on where it was, "
        + "or leave them out with its --allow-missing")
    #expect(!FileManager.default.fileExists(atPath: index))
    try write([1, 2, 3, 5, 6, 7])
    let one = message { try buildIndex(of: folder.path + "/U/{0..8}.tar", in: index) }
    #expect(one.hasPrefix("1 of 9 shards is not there or cannot be read: 8 (cannot open"))
    #expect(one.contains("). Mend it and run halcyon index again"))
  }

  @Test("allowed, they are left out, counted and listed, and come in once they are there")
  func allowed() throws {
    try write([0, 4])
    var allowing = options
    allowing.allowsMissing = true
    let pattern = folder.path + "/U/{0..8}.tar"
    let summary = try buildIndex(of: pattern, in: index, options: allowing)
    #expect(summary.shards == 2 && summary.missingShards == 7 && summary.samples == 4)
    #expect(summary.missingNames == ["1", "2", "3", "5", "6"] && summary.problems == 0)
    let ocean = try IndexedCollection(folder: index)
    #expect((0..<4).map(ocean.key) == ["0/s0", "0/s1", "4/s8", "4/s9"])
    let problems = try String(contentsOfFile: index + "/problems.csv", encoding: .utf8)
    #expect(problems.split(separator: "\n").count == 8)
    #expect(problems.contains("\n1,,cannot open \(folder.path)/U/1.tar: No such file"))
    // One that goes away for a while is not read again when it comes back.
    let away = folder.path + "/away.tar"
    try FileManager.default.moveItem(atPath: folder.path + "/U/4.tar", toPath: away)
    #expect(try buildIndex(of: pattern, in: index, options: allowing).missingShards == 8)
    try FileManager.default.moveItem(atPath: away, toPath: folder.path + "/U/4.tar")
    try write([1, 2, 3, 5, 6, 7, 8])
    let whole = try buildIndex(of: pattern, in: index, options: options)
    #expect(whole.reusedShards == 2 && whole.samples == 18 && whole.missingShards == 0)
  }

  @Test("none at all is an error even where some may be missing")
  func none() throws {
    var allowing = options
    allowing.allowsMissing = true
    try folder.write("", to: "U/x")
    let text = message {
      try buildIndex(of: folder.path + "/U/{0..1}.tar", in: index, options: allowing)
    }
    #expect(text.hasPrefix("2 of 2 shards are not there"))
  }

  @Test("commands that fail are told together when the others are done, whose indexes are kept")
  func commands() throws {
    try write([0, 2, 5])
    let text = "pipe:cat \(folder.path)/U/{0..5}.tar 2>/dev/null"
    let error = message { try buildIndex(of: text, in: index, options: options) }
    #expect(error.hasPrefix("3 of 6 shards are not there or cannot be read: 1 (the command cat"))
    #expect(error.contains("exit status 1 after 0 bytes); 3 ("))
    #expect(!Catalogue.isIndex(folder: index))
    try write([1, 3, 4])
    #expect(try buildIndex(of: text, in: index, options: options).reusedShards == 3)
  }

  @Test("when one after the other fails it is given up, unless they may be missing")
  func inARow() throws {
    let text = "pipe:exit {101..160}"
    let error = message { try buildIndex(of: text, in: index, options: options) }
    let expected = /2[56] in a row of 60 shards are not there .* and 2[01] more\..*/
    #expect(error.wholeMatch(of: expected) != nil)
    var allowing = options
    allowing.allowsMissing = true
    #expect(
      message { try buildIndex(of: text, in: index, options: allowing) }
        .hasPrefix("60 of 60 shards"))
  }

  @Test("what spoils all shards ends the work at once, also where some may be missing")
  func fatal() throws {
    try write([0, 1])
    try buildIndex(of: folder.path + "/U", in: index, options: options)
    var allowing = options
    allowing.allowsMissing = true
    allowing.readsAll = true
    try write([0])
    // A folder where the index of shard 0 is to be written.
    try FileManager.default.removeItem(atPath: index + "/0.index")
    try folder.write("x", to: "U.index/0.index/x")
    #expect(throws: (any Error).self) {
      try buildIndex(of: folder.path + "/U", in: index, options: allowing)
    }
  }
}
