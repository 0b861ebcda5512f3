import Foundation
import TestSupport
import Testing

@testable import ImageData
@testable import Shards

@Suite("FetchedStream")
struct FetchedStreamTests {
  let folder: TemporaryFolder
  let tar = TarBuilder.shard(40, imageBytes: 3000)
  var options = IndexOptions(workers: 2)

  init() throws {
    folder = try TemporaryFolder()
    options.patience = FetchedStream.Patience(attempts: 3, firstWait: 1, stallSeconds: 1)
  }

  private func keysAndPictures(
    _ server: ImageServer, notes: NoteList = NoteList()
  ) throws -> IndexedCollection {
    let index = folder.path + "/\(UUID().uuidString)"
    try buildIndex(
      of: "http://127.0.0.1:\(server.port)/a.tar", in: index, options: options,
      note: { notes.append($0) })
    return try IndexedCollection(folder: index, patience: options.patience, commands: .all) {
      notes.append($0)
    }
  }

  private func expectAll(_ ocean: IndexedCollection) throws {
    #expect(ocean.count == 40 && !ocean.isRandomAccess && ocean.key(at: 1) == "a/s1")
    for number in 0..<40 {
      #expect(
        try ocean.read(at: number).bytes == Data(TarBuilder.picture(number, bytes: 3000)))
    }
  }

  @Test("a server that breaks off is asked for the rest, from the byte where it stopped")
  func resumes() throws {
    let server = try ImageServer(tar, most: 30_000)
    let notes = NoteList()
    try expectAll(try keysAndPictures(server, notes: notes))
    // Once when it is indexed and once when it is read, however often it fails.
    #expect(notes.lines.count == 2)
    for line in notes.lines {
      #expect(line.hasPrefix("shard a: http://127.0.0.1:\(server.port)/a.tar failed after 30000 "))
      #expect(line.hasSuffix("; it is asked again"))
    }
    // 40 samples of 8 or 9 blocks: more than five answers of 30,000 bytes, twice.
    #expect(server.requests.filter { $0 > 0 }.count >= 10)
    #expect(server.requests.prefix(3) == [0, 30_000, 60_000])
  }

  @Test("without ranges it is read from the start once more, and what is known is passed over")
  func withoutRanges() throws {
    let server = try ImageServer(tar, most: 100_000, growth: 50_000, hasRanges: false)
    try expectAll(try keysAndPictures(server))
  }

  @Test("a stall is an end of the connection: the rest is asked for")
  func stalls() throws {
    let server = try ImageServer(tar, most: 900, growth: 1_000_000, stallsOnce: true)
    try expectAll(try keysAndPictures(server))
  }

  @Test("a server that gives nothing, or refuses, is an error of the shard that says what happened")
  func fails() throws {
    let broken = try ImageServer(tar, most: 0)
    let error = #expect(throws: ImageDataError.self) { try keysAndPictures(broken) }
    #expect(error?.description.contains("after 0 bytes and 3 attempts in a row") == true)
    #expect(error?.description.hasPrefix("shard a: cannot fetch http://127.0.0.1:") == true)
    let refusing = try ImageServer(tar, status: "404 Not Found")
    let refused = #expect(throws: ImageDataError.self) { try keysAndPictures(refusing) }
    #expect(refused?.description.contains("404") == true && refusing.requests.count == 1)
    let busy = try ImageServer(tar, status: "503 Busy")
    #expect(throws: ImageDataError.self) { try keysAndPictures(busy) }
    #expect(busy.requests.count == 3)
  }

  @Test(
    "a server that is busy for a moment is asked again, and one that sends elsewhere is followed")
  func busyOnce() throws {
    let server = try ImageServer(tar, first: ["503 Busy", "302 Found\r\nLocation: /b.tar"])
    let notes = NoteList()
    try expectAll(try keysAndPictures(server, notes: notes))
    #expect(notes.lines.count == 1 && notes.lines.first?.contains("503") == true)
    #expect(server.requests == [0, 0, 0, 0])
  }

  @Test(
    "redirects without end, and those that lead away from the web, are errors that no attempt mends",
    arguments: [("/a.tar", 11, 47), ("file:///etc/passwd", 1, 1), ("ftp://127.0.0.1/a.tar", 1, 1)])
  func redirects(location: String, requests: Int, code: Int) throws {
    let server = try ImageServer(tar, status: "302 Found\r\nLocation: \(location)")
    let error = #expect(throws: ImageDataError.self) { try keysAndPictures(server) }
    let end = "(libcurl's error \(code)) after 0 bytes and 1 attempts in a row"
    #expect(error?.description.hasSuffix(end) == true, "\(String(describing: error))")
    #expect(server.requests.count == requests)
  }

  @Test("a server without certificates gives nothing to an https address")
  func withoutTLS() throws {
    let server = try ImageServer(tar)
    let error = #expect(throws: StreamFailure.self) {
      _ = try ShardSource(
        ShardLocation(kind: .url, text: "https://127.0.0.1:\(server.port)/a.tar"),
        patience: options.patience)
    }
    #expect(error?.reason.contains("after 0 bytes and 3 attempts in a row") == true)
  }

  @Test("whoever waits for a server that gives nothing is told to stop without it")
  func stops() throws {
    let server = try ImageServer(tar, most: 100, stallsOnce: true)
    var patience = FetchedStream.Patience(stallSeconds: 1_000_000)
    patience.shouldStop = { !server.requests.isEmpty }
    let stream = try FetchedStream("http://127.0.0.1:\(server.port)/a.tar", patience: patience)
    let failure = #expect(throws: StreamFailure.self) { try stream.readToTheEnd() }
    #expect(failure?.kind == .stopped)
  }

  @Test("what nobody has read yet takes no memory, however fast it comes")
  func memory() throws {
    let bytes = [UInt8](repeating: 7, count: 64 << 20)
    let server = try ImageServer(bytes)
    let stream = try FetchedStream("http://127.0.0.1:\(server.port)/a.tar")
    var room = [UInt8](repeating: 0, count: 5000)
    var count = 0
    let growth = try ProcessMemory.peakGrowth {
      while true {
        let got = try room.withUnsafeMutableBytes { try stream.read(into: $0) }
        if got == 0 { break }
        count += got
      }
    }
    #expect(count == bytes.count)
    #expect(growth < 8 << 20, "\(growth >> 20) MiB")
  }

  @Test("an index notes a served file's size and ETag, and another file is found before it is read")
  func changed() throws {
    let server = try ImageServer(tar, tag: "\"one\"")
    let ocean = try keysAndPictures(server)
    let row = try Catalogue(folder: ocean.folder).row(0)
    #expect(row.source.size == tar.count && row.source.changed != 0)
    _ = try ocean.read(at: 0)
    server.give(TarBuilder.shard(40, first: 3, imageBytes: 3000), tag: "\"two\"")
    let error = #expect(throws: ImageDataError.self) {
      try IndexedCollection(folder: ocean.folder, patience: options.patience, commands: .all).read(
        at: 5)
    }
    let reason = "a.tar has changed since it was indexed; run halcyon index --redo"
    #expect(error?.description.hasSuffix(reason) == true)
    // The same again, and a server that no longer says what it gives, are no error.
    server.give(tar, tag: "\"one\"")
    try expectAll(
      try IndexedCollection(folder: ocean.folder, patience: options.patience, commands: .all))
    server.give(tar, tag: nil)
    try expectAll(
      try IndexedCollection(folder: ocean.folder, patience: options.patience, commands: .all))
  }

  @Test(
    "a file that changes between an answer and the rest of it is an error, never half of each",
    arguments: [true, false])
  func changedBetween(heedsConditions: Bool) throws {
    let server = try ImageServer(
      tar, most: 60_000, growth: 1_000_000, tag: "\"one\"", heedsConditions: heedsConditions)
    server.giveNext(TarBuilder.shard(40, first: 3, imageBytes: 3000), tag: "\"two\"")
    let error = #expect(throws: ImageDataError.self) { try keysAndPictures(server) }
    #expect(error?.description.contains("changed while it was read, after 60000 bytes") == true)
    // The rest was asked for of this very file only; in place of it a server gives all of the other.
    #expect(server.conditions == (heedsConditions ? ["", "\"one\"", ""] : ["", "\"one\""]))
  }

  @Test("what tells files apart is taken from the last answer: strong ETags, dates, whole sizes")
  func headers() {
    let moved = "HTTP/1.1 302 Found\r\nETag: \"x\"\r\nContent-Length: 7\r\n\r\n"
    let whole = ServedFile(
      headers: moved + "HTTP/2 200 \r\netag: \"a:b\"\r\ncontent-length: 100\r\n\r\n")
    #expect(whole.size == 100 && whole.tag == "\"a:b\"" && whole.validator == whole.tag)
    let part = ServedFile(
      headers: "HTTP/1.1 206 Partial\r\nContent-Length: 40\r\nContent-Range: bytes 60-99/100\r\n"
        + "Last-Modified: Mon, 02 Jan 2006 15:04:05 GMT\r\nETag: W/\"weak\"\r\n")
    #expect(part.size == 100 && part.tag == nil && part.validator?.hasPrefix("Mon, 02") == true)
    #expect(!part.differs(from: whole) && !whole.differs(from: ServedFile()))
    #expect(ServedFile(headers: "HTTP/1.1 200\r\nContent-Length: 99").differs(from: whole))
    #expect(ServedFile(headers: "HTTP/1.1 200\r\nETag: \"b\"").differs(from: whole))
    for text in ["", "HTTP/", "\r\n:\r\nETag", "Content-Length: -5", "Content-Range: bytes */"] {
      #expect(ServedFile(headers: text) == ServedFile(), "\(text)")
    }
    #expect(ServedFile().state == SourceState() && whole.state.changed > 0)
  }
}

/// Lines that any thread may add to.
final class NoteList: @unchecked Sendable {
  private let lock = NSLock()
  private var all: [String] = []

  var lines: [String] { lock.withLock { all } }
  func append(_ line: String) { lock.withLock { all.append(line) } }
}
