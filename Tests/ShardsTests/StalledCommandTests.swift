import Foundation
import TestSupport
import Testing

@testable import ImageData
@testable import Shards

@Suite("CommandStream that stalls")
struct StalledCommandTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// What `command` gives, the numbers of its first line's processes, and why it ended.
  private func read(
    _ command: String
  ) throws -> (bytes: Int, children: [pid_t], reason: String?) {
    var patience = FetchedStream.Patience()
    patience.commandIdleSeconds = 1
    let stream = try CommandStream(command, patience: patience)
    var text: [UInt8] = []
    var room = [UInt8](repeating: 0, count: 1000)
    var reason: String?
    do {
      while true {
        let got = try room.withUnsafeMutableBytes { try stream.read(into: $0) }
        if got == 0 { break }
        text += room.prefix(got)
      }
    } catch let failure as StreamFailure {
      #expect(failure.kind == .source)
      reason = failure.reason
    }
    let line = String(decoding: text, as: UTF8.self).split(separator: "\n").first ?? ""
    return (text.count, line.split(separator: " ").compactMap { pid_t($0) }, reason)
  }

  /// Whether the process is gone, or dead and only not yet collected by whoever inherited it.
  private func isGone(_ process: pid_t) -> Bool {
    for _ in 0..<200 {
      guard kill(process, 0) == 0,
        let status = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
        !status.contains(") Z ")
      else { return true }
      usleep(10_000)
    }
    return false
  }

  @Test("a command that gives nothing is ended with all its children, and the error says so")
  func stalls() throws {
    // The child takes no polite request.
    let command = "(trap '' TERM; sleep 1000) & echo $$ $!; sleep 1000"
    let (bytes, children, reason) = try read(command)
    #expect(
      reason == "the command \(command) gave nothing for 1 s after \(bytes) bytes and was ended")
    #expect(children.count == 2)
    for child in children { #expect(isGone(child)) }
  }

  @Test("a command that closes its output and goes on is ended too")
  func closes() throws {
    let (_, children, reason) = try read("echo $$; exec >&-; sleep 1000")
    #expect(reason?.contains("gave nothing for 1 s after") == true)
    #expect(children.count == 1 && isGone(children[0]))
  }

  @Test("a slow command is no stalled one")
  func slow() throws {
    let (bytes, _, reason) = try read("for i in 1 2 3 4; do echo $i; sleep 0.4; done")
    #expect(bytes == 8 && reason == nil)
  }

  @Test("an index is told once that its command was tried again, and names the shard at the end")
  func index() throws {
    var options = IndexOptions(workers: 1)
    options.patience.firstWait = 1
    options.patience.commandIdleSeconds = 1
    var notes: [String] = []
    let error = #expect(throws: ImageDataError.self) {
      try buildIndex(
        of: "pipe:sleep 1000; cat a.tar", in: folder.path + "/U.index", options: options,
        note: { notes.append($0) })
    }
    let reason = "shard a: the command sleep 1000; cat a.tar gave nothing for 1 s after 0 bytes"
    #expect(error?.description == reason + " and was ended")
    #expect(notes == [reason + " and was ended; it is tried again"])
  }

  @Test("whoever waits for a command is asked to stop: indexing ends at once, and so does reading")
  func stopped() throws {
    var asked = 0
    #expect(throws: IndexingStopped.self) {
      try buildIndex(
        of: "pipe:sleep 1000; cat a.tar", in: folder.path + "/U.index",
        options: IndexOptions(workers: 1),
        shouldStop: {
          asked += 1
          return asked > 4
        })
    }

    try folder.write(Data(TarBuilder.shard(1, first: 0)), to: "a.tar")
    let source = "pipe:cat \(folder.path)/a.tar; test ! -e \(folder.path)/stall || sleep 1000"
    let index = folder.path + "/V.index"
    try buildIndex(of: source, in: index)
    try folder.write(Data(), to: "stall")
    let collection = try IndexedCollection(
      folder: index, commands: .all, shouldStop: { true })
    let error = #expect(throws: ImageDataError.self) { try collection.read(at: 0) }
    #expect(error?.description.contains("it was asked to stop") == true)
  }
}
